"""Importing in the back office: send a file, read the report, confirm."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inventory.models import Product
from operations.models import ImportJob

pytestmark = pytest.mark.django_db
ADD = "/admin/operations/importjob/add/"


def send(client, content, kind="products"):
    file = SimpleUploadedFile("goods.csv", content.encode())
    return client.post(ADD, {"kind": kind, "file": file}, follow=True)


def test_a_file_is_judged_shown_and_imported_on_confirmation(office):
    client = office("manager")
    assert "Check the file" in client.get(ADD).text

    page = send(client, "sku,name\nSKU-1,Hammer\n")

    job = ImportJob.objects.get()
    assert page.redirect_chain == [(f"/admin/operations/importjob/{job.pk}/change/", 302)]
    assert "Import now" in page.text
    assert "Checked, nothing written" in page.text
    assert not Product.objects.filter(name="Hammer").exists()
    client.post(f"/admin/operations/importjob/{job.pk}/confirm/", follow=True)
    assert Product.objects.get(code="SKU-1").name == "Hammer"
    job.refresh_from_db()
    assert job.state == "imported"


def test_what_is_wrong_stands_on_the_page_as_text_and_cannot_be_confirmed(office):
    client = office("manager")

    page = send(client, "sku,name,cost_price\nSKU-1,Hammer,<b>x</b>\n")

    assert "&lt;b&gt;x&lt;/b&gt;" in page.text
    assert "Not a number." in page.text
    assert "Import now" not in page.text
    assert not Product.objects.filter(name="Hammer").exists()


def test_a_file_that_cannot_be_read_is_said_in_the_form(office):
    page = send(office("manager"), "")

    assert "The file is empty." in page.text
    assert not Product.objects.filter(name="Hammer").exists()


def test_staff_import_stock_alone(office):
    client = office("staff")

    page = client.get(ADD).text
    assert 'value="stocks"' in page
    assert 'value="products"' not in page
    answer = send(client, "sku,name\nSKU-1,Hammer\n")
    assert "Select a valid choice." in answer.text
    assert ImportJob.objects.count() == 0


def test_the_list_leads_to_the_exports(office):
    page = office("staff").get("/admin/operations/importjob/").text

    assert "/api/products/export/?format=csv" in page
    assert "/api/low-stock-thresholds/export/?format=xlsx" in page


def test_files_to_fill_in_and_exports_are_those_of_the_role(office):
    staff, manager = office("staff"), office("manager")

    assert "/api/stocks/template/?format=csv" in staff.get(ADD).text
    assert "/api/purchase-orders/template/" not in staff.get(ADD).text
    assert "/api/purchase-orders/template/?format=csv" in manager.get(ADD).text
    assert "/api/sales-orders/export/" in staff.get("/admin/operations/importjob/").text


def test_refused_rows_are_told_by_kind_and_given_out_to_be_corrected(office):
    client = office("manager")
    lines = "".join(f"SKU-{number},Hammer,x\n" for number in range(300))

    page = send(client, f"sku,name,cost_price\n{lines}").text

    job = ImportJob.objects.get()
    assert f"/api/import-jobs/{job.pk}/rows/?format=xlsx" in page
    assert "most frequent first" in page
    assert "And 250 more, in the file of rows to correct." in page
    assert client.get(f"/api/import-jobs/{job.pk}/rows/?format=csv").status_code == 200


def test_a_column_alone_that_is_refused_offers_no_rows_to_correct(office):
    client = office("manager")

    page = send(client, "sku,name,xyz\nSKU-1,Hammer,\n").text

    job = ImportJob.objects.get()
    assert "Unknown column. Rename or remove it, or ignore unknown columns." in page
    assert "Rows to correct" not in page
    assert client.get(f"/api/import-jobs/{job.pk}/rows/?format=csv").status_code == 404


def test_a_checked_file_is_dropped_by_its_button(office):
    client = office("manager")
    send(client, "sku,name\nSKU-1,Hammer\n")
    job = ImportJob.objects.get()

    page = client.post(f"/admin/operations/importjob/{job.pk}/cancel/", follow=True)

    assert "nothing was imported" in page.text
    job.refresh_from_db()
    assert (job.state, Product.objects.filter(name="Hammer").exists()) == ("cancelled", False)
    assert "Import now" not in page.text


def test_the_form_of_dates_and_the_delimiter_can_be_told(office):
    file = SimpleUploadedFile("prices.csv", b"sku|price|valid_until\nSKU-1|5|31.01.2030\n")
    answer = office("manager").post(
        ADD,
        {"kind": "sales_prices", "file": file, "delimiter": "|", "date_format": "%d.%m.%Y"},
        follow=True,
    )

    assert "There is no such" in answer.text
    assert "Write the date as" not in answer.text


def test_the_page_explains_the_columns_of_what_one_may_import(office):
    page = office("staff").get(ADD).text

    assert "How many are on the shelf" in page
    assert "What sets this variation apart" not in page
    assert "/api/stocks/template/?format=xlsx&amp;example=true" in page

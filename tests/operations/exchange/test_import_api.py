"""Imports over HTTP: judged, confirmed, refused, and handed to the worker."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from common.exceptions import NotAllowed
from inventory.models import Product
from operations.exchange import jobs
from operations.exchange.jobs import run_due_imports
from operations.models import ImportJob, ImportPart
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db

GOOD = "sku,name,selling_price\nSKU-1,One,5\nSKU-2,Two,6\n"
BAD = "sku,name,selling_price\nSKU-1,One,five\n"


def send(client, content, query="", name="products.csv", **fields):
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return client.post(
        f"/api/products/import/{query}", {"file": file, **fields}, format="multipart"
    )


def test_an_import_is_a_dry_run_unless_told(api):
    manager = api("manager")

    answer = send(manager, GOOD)

    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert (body["state"], body["dry_run"], body["percent"]) == ("checked", True, 100)
    assert body["report"]["totals"] == {
        "rows": 2, "new": 2, "changed": 0, "unchanged": 0, "refused": 0,
    }  # fmt: skip
    assert Product.objects.count() == 0


def test_a_checked_file_is_imported_once_it_is_confirmed(api):
    manager = api("manager")
    key = send(manager, GOOD).json()["id"]

    answer = manager.post(f"/api/import-jobs/{key}/confirm/")

    assert (answer.status_code, answer.json()["state"]) == (200, "imported")
    assert list(Product.objects.values_list("code", "created_by")) == [
        ("SKU-1", manager.user.pk),
        ("SKU-2", manager.user.pk),
    ]
    assert ImportPart.objects.count() == 0
    again = manager.post(f"/api/import-jobs/{key}/confirm/")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert Product.objects.count() == 2


def test_a_confirmed_run_judges_the_rows_anew(api):
    manager = api("manager")
    content = "sku,name,cost_price\nSKU-1,,5\n"
    assert send(manager, "sku,name\nSKU-1,One\n", "?dry_run=false").status_code == 200
    key = send(manager, content).json()["id"]
    Product.objects.all().delete()

    answer = manager.post(f"/api/import-jobs/{key}/confirm/")

    assert (answer.status_code, answer.json()["code"]) == (400, "rows_refused")
    assert answer.json()["details"]["rows"] == [
        {"line": 2, "column": "name", "value": "", "problem": "New products need a name."}
    ]
    assert Product.objects.count() == 0


def test_one_refused_row_keeps_the_whole_file_out(api):
    answer = send(api("manager"), GOOD + "SKU-3,Three,five\n", "?dry_run=false")

    assert (answer.status_code, answer.json()["code"]) == (400, "rows_refused")
    assert answer.json()["details"]["rows"] == [
        {
            "line": 4,
            "column": "selling_price",
            "value": "five",
            "problem": "Not a number. Write it like 1234.5, without currency or unit.",
        }
    ]
    assert Product.objects.count() == 0
    assert list(ImportJob.objects.values_list("state", flat=True)) == ["refused"]


def test_a_problem_keeps_a_checked_file_from_being_confirmed(api):
    manager = api("manager")
    key = send(manager, BAD).json()["id"]

    answer = manager.post(f"/api/import-jobs/{key}/confirm/")

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert Product.objects.count() == 0


def test_a_file_that_is_no_table_is_refused_with_the_remedy(api):
    answer = send(api("manager"), b"\x89PNG\r\n\x1a\n" + bytes(50), name="products.csv")

    assert (answer.status_code, answer.json()["code"]) == (400, "cannot_read")
    assert answer.json()["message"] == (
        "This is a picture (PNG), whatever its name says. Save the table as CSV or XLSX."
    )


def test_a_file_beyond_the_limit_is_413_and_leaves_nothing(api, monkeypatch):
    monkeypatch.setattr(jobs, "MOST_BYTES", 20)

    answer = send(api("manager"), GOOD)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert ImportJob.objects.count() == ImportPart.objects.count() == 0


def test_a_large_file_is_imported_by_the_worker(api, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 20)
    manager = api("manager")

    answer = send(manager, GOOD, dry_run="false")

    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert Product.objects.count() == 0
    assert run_due_imports() == 1
    told = manager.get(f"/api/import-jobs/{answer.json()['id']}/").json()
    assert (told["state"], told["percent"], told["report"]["totals"]["new"]) == ("imported", 100, 2)
    assert Product.objects.count() == 2
    assert run_due_imports() == 0


def test_the_worker_notes_what_is_wrong_with_a_file_and_goes_on(api, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 5)
    manager = api("manager")
    bad, good = send(manager, "nothing,known\n1,2\n").json(), send(manager, GOOD).json()

    assert run_due_imports() == 2

    states = dict(ImportJob.objects.values_list("pk", "state"))
    assert states == {bad["id"]: "failed", good["id"]: "checked"}


def test_people_see_their_own_imports_and_admins_all(api, django_assert_num_queries):
    manager, other, admin = api("manager"), api("manager"), api("admin")
    key = send(manager, GOOD).json()["id"]

    assert other.get(f"/api/import-jobs/{key}/").status_code == 404
    assert admin.get(f"/api/import-jobs/{key}/").status_code == 200
    with django_assert_num_queries(1):
        one = manager.get("/api/import-jobs/").json()
    send(manager, BAD)
    send(manager, BAD)
    with django_assert_num_queries(1):
        three = manager.get("/api/import-jobs/").json()
    assert (len(one["import_jobs"]), len(three["import_jobs"])) == (1, 3)
    assert other.get("/api/import-jobs/").json()["import_jobs"] == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"decimal": "x"}, "decimal"),
        ({"delimiter": "xx"}, "delimiter"),
        ({"dry_run": "perhaps"}, "dry_run"),
    ],
)
def test_a_wrong_option_is_named(api, fields, name):
    answer = send(api("manager"), GOOD, **fields)

    assert (answer.status_code, list(answer.json()["details"])) == (400, [name])
    assert ImportJob.objects.count() == 0


def test_products_come_back_as_they_went_out(api):
    manager = api("manager")
    content = (
        "product_id,sku,name,description,category,subcategory,tags,attributes,cost_price,"
        "selling_price,weight,is_active,barcode,warehouse_location\n"
        '-5A,=A1,\'=1+1,@home,Tools,Hand,a; b,"{""n"": 1}",1.2345,2.5,0.125,no,0012,\'-x\n'
    ).replace(",=A1,", ",-5A,")
    assert send(manager, content, "?dry_run=false").status_code == 200
    before = rows_of_catalogue()

    answer = manager.get("/api/products/export/")
    text = b"".join(answer.streaming_content)
    book = manager.get("/api/products/export/?format=xlsx")
    packed = b"".join(book.streaming_content)
    assert answer["Content-Disposition"] == 'attachment; filename="products.csv"'
    assert before[0][:3] == ("-5A", "=1+1", "@home")

    for sent in (text, packed):
        Product.objects.all().delete()
        assert send(manager, sent, "?dry_run=false").json()["report"]["totals"]["new"] == 1
        assert rows_of_catalogue() == before
        assert send(manager, sent).json()["report"]["totals"]["unchanged"] == 1


def test_a_column_that_is_refused_is_told_as_one(api):
    answer = send(api("manager"), "sku,name,xyz\nSKU-1,One,\n", "?dry_run=false")

    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "Columns were refused, so nothing was imported. Correct them and send the file again.",
    )
    job = ImportJob.objects.get()
    assert (job.state, job.message, job.has_marked_rows) == (
        "refused", "Columns were refused, so nothing was imported.", False,
    )  # fmt: skip
    assert Product.objects.count() == 0


def rows_of_catalogue():
    return list(
        Product.objects.values_list(
            "code", "name", "description", "category__name", "category__parent__name", "tags",
            "weight", "warehouse_location", "variations__sku_code", "variations__attributes",
            "variations__cost_price", "variations__selling_price", "variations__is_active",
            "variations__barcode", "variations__is_default",
        )
    )  # fmt: skip


def test_a_checked_file_may_be_dropped_in_place_of_being_imported(api):
    manager, other = api("manager"), api("manager")
    key = send(manager, GOOD).json()["id"]

    assert other.post(f"/api/import-jobs/{key}/cancel/").status_code == 404
    answer = manager.post(f"/api/import-jobs/{key}/cancel/")

    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert answer.json()["message"] == "Cancelled: nothing was imported."
    for path in ("cancel", "confirm"):
        again = manager.post(f"/api/import-jobs/{key}/{path}/")
        assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert Product.objects.count() == ImportPart.objects.count() == 0


def test_imports_are_filtered_and_found_by_their_file(api):
    manager = api("manager")
    send(manager, GOOD, name="spring.csv")
    send(manager, BAD, "?dry_run=false", name="autumn.csv")

    def found(query):
        rows = manager.get(f"/api/import-jobs/?{query}").json()["import_jobs"]
        return [row["file_name"] for row in rows]

    assert found("state=refused") == found("search=autumn") == ["autumn.csv"]
    assert found("kind=stocks") == []
    assert manager.get("/api/import-jobs/?state=odd").status_code == 400


def test_an_import_needs_the_right_to_it_wherever_it_is_asked_for():
    with pytest.raises(NotAllowed):
        jobs.create_import(
            kind="products",
            chunks=[GOOD.encode()],
            file_name="x.csv",
            options=jobs.Options(),
            dry_run=True,
            acting_user=UserFactory(role="staff"),
        )
    assert ImportJob.objects.count() == 0


@pytest.mark.parametrize(
    ("query", "accept", "status"), [("?format=pdf", "*/*", 400), ("", "image/png", 406)]
)
def test_a_format_that_no_export_has_is_refused_in_json(api, query, accept, status):
    answer = api("manager").get(f"/api/products/export/{query}", HTTP_ACCEPT=accept)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
    assert answer.json().keys() == {"error", "message", "code", "details"}

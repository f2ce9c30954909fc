"""The page of company settings: one row, its ranges, and two people at once."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from common.models import CompanyLogo, CompanySettings
from tests.admin.pages import add_to, deletion_of, errors_of, filled, list_of, page_of
from tests.factories.warehouses import WarehouseFactory
from warehouses.models import Warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(office, place):
    Warehouse.objects.filter(pk=place.own.pk).update(is_default=True)
    return office("admin")


@pytest.fixture
def page(administrator):
    return page_of(CompanySettings.current())


def test_the_sidebar_leads_to_the_one_row(administrator, place, page):
    CompanySettings.objects.all().delete()

    assert f'href="{page}"' in administrator.get("/admin/").content.decode()
    assert administrator.get(page).status_code == 200
    assert CompanySettings.objects.count() == 1


def test_every_setting_is_on_the_page_and_is_saved(administrator, page):
    other = WarehouseFactory(code="WH-X")
    fields = set(administrator.get(page).context["adminform"].form.fields)
    columns = {field.name for field in CompanySettings._meta.fields if field.editable}
    assert fields == (columns - {"id"}) | {"default_warehouse", "logo"}

    body = filled(
        administrator, page, name="Acme", currency="eur",
        over_receipt_tolerance_percent="7.5", default_warehouse=other.pk,
    )  # fmt: skip
    answer = administrator.post(page, body)

    assert answer.status_code == 302, errors_of(answer)
    row = CompanySettings.current()
    assert (row.name, row.currency, row.over_receipt_tolerance_percent) == ("Acme", "EUR", 7.5)
    assert Warehouse.objects.get(is_default=True) == other


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("over_receipt_tolerance_percent", "-0.01", "greater than or equal to 0"),
        ("over_receipt_tolerance_percent", "100.01", "less than or equal to 100"),
        ("over_receipt_tolerance_percent", "NaN", "Enter a number"),
        ("over_receipt_tolerance_percent", "", "required"),
        ("currency", "EURO", "at most 3"),
        ("currency", "1", "currency"),
        ("name", "x" * 201, "at most 200"),
        ("letterhead", "x\x00y", "Null characters"),
        ("default_warehouse", "", "required"),
        ("default_warehouse", "999999", "valid choice"),
        ("default_warehouse", "'--", "valid choice"),
    ],
)
def test_a_value_out_of_range_is_named_and_nothing_is_lost(administrator, page, field, value, text):
    before = CompanySettings.objects.values().get()

    entered = {"letterhead": "Main Street 1", field: value}
    answer = administrator.post(page, filled(administrator, page, **entered))

    form = answer.context["adminform"].form
    assert list(form.errors) == [field]
    assert text in " ".join(form.errors[field])
    assert form[field].value() == value
    assert CompanySettings.objects.values().get() == before


def test_a_closed_warehouse_is_not_offered(administrator, page, place):
    closed = WarehouseFactory(is_active=False)

    answer = administrator.post(page, filled(administrator, page, default_warehouse=closed.pk))

    assert "valid choice" in errors_of(answer)
    assert Warehouse.objects.get(is_default=True) == place.own


@pytest.mark.parametrize("is_warehouse", [False, True])
def test_what_somebody_else_changed_meanwhile_is_not_overwritten(administrator, page, is_warehouse):
    body = filled(administrator, page, name="Mine")
    if is_warehouse:
        other = WarehouseFactory()
        Warehouse.objects.filter(is_default=True).update(is_default=False)
        Warehouse.objects.filter(pk=other.pk).update(is_default=True)
    else:
        administrator.post(page, filled(administrator, page, name="Theirs"))
    before = CompanySettings.objects.values().get()

    answer = administrator.post(page, body)

    assert "Somebody else changed this" in errors_of(answer)
    assert answer.context["adminform"].form["name"].value() == "Mine"
    assert CompanySettings.objects.values().get() == before


def test_nobody_makes_or_deletes_the_row(administrator, page):
    row = CompanySettings.current()

    assert administrator.get(add_to(CompanySettings)).status_code == 403
    assert administrator.post(deletion_of(row), {"post": "yes"}).status_code == 403
    assert CompanySettings.objects.count() == 1


def test_only_administrators_see_the_page(office, page):
    row = CompanySettings.current()

    for role in ("manager", "staff"):
        assert office(role).get(page_of(row)).status_code == 403
        assert office(role).get(list_of(CompanySettings)).status_code == 403
        assert office(role).post(page_of(row), {"name": "x"}).status_code == 403


def upload(name, content):
    return SimpleUploadedFile(name, content, "image/png")


def logo(size=(40, 20)):
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    return file.getvalue()


def test_a_logo_is_set_kept_and_taken_away(administrator, page):
    body = filled(administrator, page, logo=upload("l.png", logo()))
    answer = administrator.post(page, body)
    assert answer.status_code == 302, errors_of(answer)
    kept = CompanyLogo.objects.get().digest
    assert 'href="/api/settings/logo/"' in administrator.get(page).content.decode()

    administrator.post(page, filled(administrator, page, name="Acme", logo=""))
    assert (CompanyLogo.objects.get().digest, CompanySettings.current().name) == (kept, "Acme")

    administrator.post(page, filled(administrator, page, **{"logo": "", "logo-clear": "on"}))
    assert CompanyLogo.objects.count() == 0


def test_what_is_no_picture_is_named_at_its_field(administrator, page):
    body = filled(administrator, page, name="New", logo=upload("l.png", b"<svg></svg>"))

    answer = administrator.post(page, body)

    assert list(answer.context["adminform"].form.errors) == ["logo"]
    assert "no readable picture" in errors_of(answer)
    assert (CompanyLogo.objects.count(), CompanySettings.current().name) == (0, "")

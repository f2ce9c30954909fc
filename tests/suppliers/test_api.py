import pytest

from common.countries import ALPHA_2, ALPHA_3_TO_2
from suppliers.models import Supplier
from tests.factories.inventory import ProductFactory
from tests.factories.suppliers import SupplierFactory

pytestmark = pytest.mark.django_db

WHOLE = {
    "supplier_id": "SUP903",
    "company_name": "New Tech Components",
    "display_name": "NTC",
    "contact": {
        "primary_contact": "Alice Wonderland",
        "email": "alice@ntc.com",
        "phone": "+15553334444",
    },
    "address": {
        "street": "789 Innovation Drive",
        "city": "Future Town",
        "state": "TX",
        "postal_code": "78701",
        "country": "USA",
    },
    "business_info": {
        "payment_terms": 45,
        "currency": "USD",
        "lead_time_days": 14,
        "minimum_order_value": 100.00,
        "over_receipt_tolerance_percent": 2.5,
    },
    "status": "active",
    "preferred": False,
}


def test_create_answers_with_the_whole_supplier(api):
    answer = api("manager").post("/api/suppliers/", WHOLE)

    assert answer.status_code == 201
    body = answer.json()
    assert body["message"] == "Supplier created successfully"
    assert body["supplier_id"] == "SUP903"
    assert body["id"] == Supplier.objects.get().pk
    assert body["contact"] == {
        **WHOLE["contact"],
        "alternative_phone": "",
        "website": "",
    }
    assert body["address"] == {**WHOLE["address"], "country": "US"}
    assert body["business_info"] == {**WHOLE["business_info"], "tax_id": ""}
    assert body["performance"] == {
        "reliability_score": None,
        "average_lead_time": None,
        "lead_time_spread": None,
        "on_time_delivery_rate": None,
        "order_fulfillment_rate": None,
        "quality_rating": None,
        "return_rate": None,
        "total_orders": 0,
        "last_order_date": None,
    }
    assert body["rating"] == 3


def test_flat_names_are_understood_and_the_rest_has_defaults(api):
    client = api("manager")

    answer = client.post(
        "/api/suppliers/", {"name": "Acme", "email": "a@acme.example", "phone": "+1 (555) 111-2222"}
    )

    assert answer.status_code == 201
    supplier = Supplier.objects.get()
    assert supplier.code.startswith("SUP")
    assert supplier.company_name == "Acme"
    assert (supplier.email, supplier.phone) == ("a@acme.example", "+15551112222")
    assert (supplier.lead_time_days, supplier.payment_terms, supplier.currency) == (7, 30, "USD")
    assert supplier.created_by == client.user


def test_form_data_is_understood(api):
    answer = api("manager").post(
        "/api/suppliers/",
        {"name": "Acme", "contact.email": "a@acme.example", "country": "x"},
        format="multipart",
    )

    assert answer.status_code == 201
    assert Supplier.objects.get().email == "a@acme.example"


def test_a_name_given_twice_is_refused(api):
    answer = api("manager").post("/api/suppliers/", {"name": "A", "company_name": "B"})

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["name"]
    assert not Supplier.objects.exists()


def test_numeric_codes_and_keys_find_the_supplier_and_codes_win(api):
    first = SupplierFactory()
    second = SupplierFactory(code=str(first.pk) if first.pk > 9 else f"0{first.pk}")

    client = api("viewer")
    assert client.get(f"/api/suppliers/{second.code}/").json()["id"] == second.pk
    assert client.get(f"/api/suppliers/{first.code.lower()}").json()["id"] == first.pk


def test_a_code_with_a_slash_is_found(api):
    SupplierFactory(code="EU/BE/7")

    assert api("viewer").get("/api/suppliers/EU/BE/7/").json()["supplier_id"] == "EU/BE/7"


def test_unknown_supplier_is_not_found(api):
    answer = api("viewer").get("/api/suppliers/NOPE/")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"supplier_id": "SUP001"}, "supplier_id"),
        ({"contact": {"email": "Info@GlobalParts.com"}}, "contact.email"),
    ],
)
def test_duplicates_are_a_conflict_that_names_the_field(api, change, field):
    SupplierFactory(code="SUP001", email="info@globalparts.com")
    other = SupplierFactory(code="SUP002", email="other@example.com")
    client = api("manager")

    created = client.post("/api/suppliers/", {"name": "Twin", **change})
    updated = client.patch(f"/api/suppliers/{other.pk}/", change)

    for answer in (created, updated):
        assert answer.status_code == 409
        assert answer.json()["code"] == "duplicate"
        assert list(answer.json()["details"]) == [field]
    assert Supplier.objects.count() == 2
    other.refresh_from_db()
    assert (other.code, other.email) == ("SUP002", "other@example.com")


@pytest.mark.parametrize("method", ["put", "patch"])
def test_an_update_is_partial_and_says_what_changed(api, method):
    supplier = SupplierFactory(city="Ghent", rating="4.5")

    answer = getattr(api("manager"), method)(
        f"/api/suppliers/{supplier.code}/",
        {"name": "Renamed", "address": {"country": "bel"}, "status": "Inactive"},
    )

    assert answer.status_code == 200
    body = answer.json()
    assert sorted(body["updated_fields"]) == ["address.country", "company_name", "status"]
    assert body["message"] == "Supplier updated successfully"
    assert body["updated_at"].endswith("Z")
    assert body["address"]["city"] == "Ghent"
    supplier.refresh_from_db()
    assert (supplier.company_name, supplier.country, supplier.status) == (
        "Renamed",
        "BE",
        "inactive",
    )


def test_a_supplier_nobody_refers_to_is_deleted(api):
    supplier = SupplierFactory()

    assert api("manager").delete(f"/api/suppliers/{supplier.code}/").status_code == 204
    assert not Supplier.objects.exists()


def test_a_supplier_in_use_is_kept(api):
    supplier = SupplierFactory()
    ProductFactory().sourcing.create(supplier=supplier)

    answer = api("manager").delete(f"/api/suppliers/{supplier.code}/")

    assert answer.status_code == 409
    assert answer.json()["code"] == "in_use"
    assert "inactive" in answer.json()["message"]
    assert Supplier.objects.get() == supplier


BAD = [
    ({"company_name": ""}, "company_name"),
    ({"company_name": None}, "company_name"),
    ({"company_name": "x" * 201}, "company_name"),
    ({"company_name": ["A"]}, "company_name"),
    ({"company_name": "Acme\r\nBcc: all@example.com"}, "company_name"),
    ({"display_name": "Acme\u2028Ltd"}, "display_name"),
    ({"contact": {"primary_contact": "Ann\nBell"}}, "contact.primary_contact"),
    ({"contact": []}, "contact"),
    ({"contact": None}, "contact"),
    ({"contact": {"email": "nobody"}}, "contact.email"),
    ({"contact": {"phone": "0123"}}, "contact.phone"),
    ({"contact": {"website": "not a page"}}, "contact.website"),
    ({"address": {"country": "XX"}}, "address.country"),
    ({"address": {"country": 5}}, "address.country"),
    ({"business_info": {"lead_time_days": 0}}, "business_info.lead_time_days"),
    ({"business_info": {"lead_time_days": 10**30}}, "business_info.lead_time_days"),
    ({"business_info": {"payment_terms": -1}}, "business_info.payment_terms"),
    ({"business_info": {"payment_terms": True}}, "business_info.payment_terms"),
    ({"business_info": {"currency": "dollar"}}, "business_info.currency"),
    ({"business_info": {"minimum_order_value": "NaN"}}, "business_info.minimum_order_value"),
    ({"business_info": {"minimum_order_value": 1e30}}, "business_info.minimum_order_value"),
    ({"business_info": {"minimum_order_value": 1.005}}, "business_info.minimum_order_value"),
    (
        {"over_receipt_tolerance_percent": 100.01},
        "business_info.over_receipt_tolerance_percent",
    ),
    ({"over_receipt_tolerance_percent": -1}, "business_info.over_receipt_tolerance_percent"),
    ({"rating": 0.9}, "rating"),
    ({"rating": 5.1}, "rating"),
    ({"communication_score": 0.99}, "communication_score"),
    ({"communication_score": 5.01}, "communication_score"),
    ({"communication_score": "good"}, "communication_score"),
    ({"status": "asleep"}, "status"),
    ({"status": {}}, "status"),
    ({"preferred": "perhaps"}, "preferred"),
    ({"preferred": {}}, "preferred"),
    ({"notes": "x" * 1001}, "notes"),
    ({"supplier_id": "a b"}, "supplier_id"),
    ({"email": "x", "contact": {"email": "y@example.com"}}, "email"),
]


@pytest.mark.parametrize(("change", "field"), BAD)
def test_bad_input_is_refused_by_its_field(api, change, field):
    client = api("manager")

    answer = client.post("/api/suppliers/", {"company_name": "Acme", **change})

    assert answer.status_code == 400
    assert field in answer.json()["details"]
    assert not Supplier.objects.exists()


@pytest.mark.parametrize("body", ["[]", "null", "7", '"x"', "{", '{"name": NaN}', "false", "[{}]"])
def test_a_body_that_is_no_object_is_refused(api, body):
    answer = api("manager").post("/api/suppliers/", body, content_type="application/json")

    assert answer.status_code == 400
    assert not Supplier.objects.exists()


def test_list_row_and_filters(api):
    SupplierFactory(code="SUP001", company_name="Global Parts", preferred=True, rating="4.5")
    SupplierFactory(code="SUP002", status="inactive")
    client = api("viewer")

    row = client.get("/api/suppliers/?preferred=true").json()
    assert [one["supplier_id"] for one in row["suppliers"]] == ["SUP001"]
    assert set(row["suppliers"][0]) == {
        "id",
        "supplier_id",
        "company_name",
        "display_name",
        "contact",
        "status",
        "preferred",
        "rating",
        "performance",
    }
    assert row["suppliers"][0]["rating"] == 4.5
    assert set(row["suppliers"][0]["contact"]) == {"email", "phone"}

    def codes(query):
        return [
            one["supplier_id"] for one in client.get(f"/api/suppliers{query}").json()["suppliers"]
        ]

    assert codes("?status=inactive") == ["SUP002"]
    assert codes("?preferred=False") == ["SUP002"]
    assert codes("?search=global") == ["SUP001"]
    assert codes("?ordering=-code") == ["SUP002", "SUP001"]


@pytest.mark.parametrize(
    "query", ["status=asleep", "preferred=perhaps", "colour=red", "ordering=phone", "limit=0"]
)
def test_unknown_filter_values_are_refused(api, query):
    answer = api("viewer").get(f"/api/suppliers/?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [query.partition("=")[0]]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_one_query(api, django_assert_num_queries, count):
    SupplierFactory.create_batch(count)
    client = api("viewer")

    with django_assert_num_queries(1):
        assert len(client.get("/api/suppliers/").json()["suppliers"]) == count


@pytest.mark.parametrize("role", ["staff", "sales", "viewer"])
def test_only_managers_write(api, role):
    supplier = SupplierFactory()
    client = api(role)

    assert client.post("/api/suppliers/", {"name": "Acme"}).status_code == 403
    assert client.patch(f"/api/suppliers/{supplier.pk}/", {"name": "Acme"}).status_code == 403
    assert client.delete(f"/api/suppliers/{supplier.pk}/").status_code == 403
    assert Supplier.objects.get().company_name == supplier.company_name


def test_the_country_table_is_whole():
    assert len(ALPHA_3_TO_2) == 249
    assert len(ALPHA_2) == 249

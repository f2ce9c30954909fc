"""The OpenAPI document and the page that shows it."""

import json
import re

import jsonschema_rs
import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from rest_framework.test import APIClient

from common.api import browsable, openapi, schema_view

pytestmark = pytest.mark.django_db
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method} {path}", item[method]


def body_of(operation):
    return operation["requestBody"]["content"]["application/json"]


def test_it_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    assert len(document["paths"]) > 40


def test_every_operation_has_a_tag_that_is_described(document):
    described = {tag["name"]: tag["description"] for tag in document["tags"]}
    used = {tag for _, operation in operations(document) for tag in operation["tags"]}

    assert all(described.values())
    assert used - {"schema"} <= set(described)


def test_every_operation_documents_its_errors_in_one_shape(document):
    for name, operation in operations(document):
        errors = {code: answer for code, answer in operation["responses"].items() if code >= "400"}
        wanted = {"400"} | ({"404"} if "{" in name else set())
        wanted |= {"401", "403", "429"} if operation.get("security") != [{}] else set()
        wanted |= {"409"} if not name.startswith("get") else set()
        if "/health/" in name or "/schema/" in name or "/auth/" in name or "/token" in name:
            continue
        assert wanted <= errors.keys(), name
        for answer in errors.values():
            schema = answer["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Error"}, name


@pytest.mark.parametrize(
    "path", ["auth/login", "products", "stock-movements", "purchase-orders", "sales-orders"]
)
def test_the_main_bodies_have_examples(document, path):
    examples = body_of(document["paths"][f"/api/{path}/"]["post"])["examples"]

    assert all(example["value"] for example in examples.values())


@pytest.mark.parametrize("path", ["products", "suppliers", "purchase-orders", "users"])
def test_a_change_requires_no_field(document, path):
    for method in ("put", "patch"):
        schema = body_of(document["paths"][f"/api/{path}/{{id}}/"][method])["schema"]
        component = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        assert "required" not in component, method


def test_details_have_a_version_and_writes_may_name_it(document):
    item = document["paths"]["/api/suppliers/{id}/"]

    for method in ("get", "put", "patch"):
        answer = item[method]["responses"]["200"]
        assert "ETag" in answer["headers"]
        both = answer["content"]["application/json"]["schema"]["allOf"]
        assert both[1]["required"] == ["version"]
    for method in ("put", "patch", "delete"):
        assert "If-Match" in {one["name"] for one in item[method]["parameters"]}
        assert "412" in item[method]["responses"]
    assert "If-Match" not in {one["name"] for one in item["get"]["parameters"]}


def test_lists_say_their_formats_and_cursors(document):
    operation = document["paths"]["/api/stock-movements/"]["get"]
    parameters = {one["name"]: one["schema"] for one in operation["parameters"]}

    assert set(parameters["format"]["enum"]) == {"json", "csv", "xlsx"}
    assert "cursor" in parameters
    assert "text/csv" in operation["responses"]["200"]["content"]


def test_the_page_loads_nothing_from_elsewhere():
    page = APIClient().get("/api/docs/")

    assert page.status_code == 200
    sources = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page.content.decode())
    assert sources
    assert [one for one in sources if not one.startswith(("/", "data:"))] == []


def test_every_body_has_an_example_that_its_schema_accepts(document):
    missing, wrong = [], {}
    for name, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            examples = [one["value"] for one in content.get("examples", {}).values()]
            examples += [content["example"]] if "example" in content else []
            if not examples:
                missing.append(name)
            schema = {**content["schema"], "components": document["components"]}
            judge = jsonschema_rs.validator_for(json.loads(OpenApiJsonRenderer().render(schema)))
            for example in examples:
                wrong |= dict.fromkeys([name] if list(judge.iter_errors(example)) else [], example)

    assert (missing, wrong) == ([], {})


def test_a_made_example_shows_what_is_required_and_some_more(document):
    body = body_of(document["paths"]["/api/units/"]["post"])

    assert {"code", "name", "decimals"} <= body["example"].keys()


def test_it_is_made_once_whoever_asks_in_whatever_form(monkeypatch):
    """It takes a second, and anybody may ask for it; the forms of the API's pages need it, too."""
    made, make = [], SchemaGenerator.get_schema
    monkeypatch.setattr(
        SchemaGenerator,
        "get_schema",
        lambda *args, **kwargs: made.append(1) or make(*args, **kwargs),
    )
    for cached in (openapi.made_document, schema_view.written, browsable.documented_bodies):
        cached.cache_clear()

    for accepted, ending in (("openapi", "yaml"), ("openapi+json", "json")):
        answers = [
            APIClient().get(f"/api/schema/{query}", HTTP_ACCEPT=f"application/vnd.oai.{accepted}")
            for query in ("", "?version=%0d%0aX-Mine:1", '?version="', "?lang=xx")
        ]
        assert [answer.status_code for answer in answers] == [200] * 4
        assert len({answer.content for answer in answers}) == 1
        assert {answer["Cache-Control"] for answer in answers} == {"no-cache"}
        assert {answer["Content-Disposition"] for answer in answers} == {
            f'inline; filename="InventoryPulse.{ending}"'
        }
    assert browsable.example_for("/api/units/", "post") is not None
    assert made == [1]

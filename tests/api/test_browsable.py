"""The pages of the browsable API: answers in full, and an example of what may be sent."""

import json

import pytest
from django.test import Client

from common.api.browsable import documented_bodies, example_for
from inventory.models import Category
from tests.factories.inventory import CategoryFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(settings):
    settings.SECURE_SSL_REDIRECT = False
    client = Client(headers={"Accept": "text/html"})
    client.force_login(UserFactory(role="admin"))
    return client


def offered(answer, form):
    return json.loads(answer.context[form].fields["_content"].initial)


def test_a_list_offers_the_documented_body(browser):
    answer = browser.get("/api/sales-orders/")

    assert answer.status_code == 200
    assert offered(answer, "raw_data_post_form") == example_for("/api/sales-orders/", "post")
    assert "items" in example_for("/api/sales-orders/", "post")
    assert answer.context["post_form"] is None
    assert 'name="total_amount"' not in answer.content.decode()


def test_a_row_offers_a_change_of_it(browser):
    category = CategoryFactory(name="Tools")

    answer = browser.get(f"/api/categories/{category.code}/")

    assert "name" in offered(answer, "raw_data_put_form")
    assert answer.context["delete_form"]


def test_what_is_offered_can_be_sent(browser):
    body = example_for("/api/categories/", "post")
    body.pop("parent", None)

    answer = browser.post("/api/categories/", json.dumps(body), content_type="application/json")

    assert answer.status_code == 201, answer.content
    assert Category.objects.get().name == body["name"]


def test_every_documented_body_has_an_example():
    assert [pattern.pattern for pattern, _, example in documented_bodies() if example is None] == []


def test_paths_without_a_slot_come_before_those_with_one():
    assert example_for("/api/purchase-orders/from-shortage/", "post") != example_for(
        "/api/purchase-orders/PO-1/receive/", "post"
    )
    assert example_for("/api/nowhere/", "post") is None

"""The control on every list: keep the present filter, pick it, share it, delete it."""

import pytest
from django.contrib import admin

from common.models import SavedView
from inventory.models import Product, Stock
from tests.admin.pages import list_of
from users.models import PeopleGroup

pytestmark = pytest.mark.django_db
STOCK = "admin/inventory/stock"


def save(client, query="level=low", **fields):
    body = {"_saved_view": "save", "name": "Low here", **fields}
    return client.post(f"{list_of(Stock)}?{query}", body, follow=True)


def take(client, step, view):
    return client.post(list_of(Stock), {"_saved_view": step, "key": view.pk}, follow=True)


def test_the_present_filter_is_saved_and_picked(office, place):
    clerk = office("staff")

    page = save(clerk, "q=abc&level=low&p=2&o=-3")

    view = SavedView.objects.get()
    assert (view.resource, view.name, view.owner) == (STOCK, "Low here", clerk.user)
    assert view.query == "level=low&o=-3&q=abc"
    text = page.content.decode()
    assert "Saved as “Low here”." in text
    assert "?level=low&amp;o=-3&amp;q=abc" in text
    shown = clerk.get(f"{list_of(Stock)}?{view.query}")
    assert shown.context["present_query"] == view.query
    assert shown.context["cl"].query == "abc"


def test_a_filter_of_nothing_and_a_name_that_is_taken_are_refused(office, place):
    clerk = office("staff")
    save(clerk)
    before = list(SavedView.objects.values())

    nothing, taken, nameless = save(clerk, "p=0"), save(clerk), save(clerk, name=" ")

    assert "Filter, search or order the list first" in nothing.content.decode()
    assert "This name is taken" in taken.content.decode()
    assert "Give the filter a name" in nameless.content.decode()
    assert list(SavedView.objects.values()) == before


def test_what_the_list_does_not_know_is_refused(office, place):
    save(office("staff"), "no_such_column=1")

    assert not SavedView.objects.exists()


def test_a_filter_is_renamed_by_its_owner_alone(office, place):
    owner, colleague = office("staff"), office("manager")
    save(owner)
    save(owner, "level=out", name="None left")
    view = SavedView.objects.get(name="Low here")
    take(owner, "share", view)

    def rename(client, name):
        body = {"_saved_view": "rename", "key": view.pk, "name": name}
        page = client.post(list_of(Stock), body, follow=True).content.decode()
        view.refresh_from_db()
        return page

    assert "It is called “Low &amp; due” now." in rename(owner, "Low & due")
    assert view.name == "Low & due"
    for client, name in (
        (owner, " "),
        (owner, "None left"),
        (owner, 81 * "x"),
        (colleague, "Mine"),
    ):
        rename(client, name)
        assert (view.name, view.query) == ("Low & due", "level=low")


def test_a_filter_is_shared_and_taken_back(office, place):
    owner, colleague = office("staff"), office("manager")
    save(owner)
    view = SavedView.objects.get()
    assert "Low here" not in colleague.get(list_of(Stock)).content.decode()

    take(owner, "share", view)

    offered = colleague.get(list_of(Stock))
    assert offered.context["saved_views"] == [view]
    assert f"Shared by {owner.user.username}" in offered.content.decode()
    assert offered.context["own_saved_views"] == []
    refused = take(colleague, "delete", view)
    assert "Somebody else saved this filter" in refused.content.decode()
    assert SavedView.objects.filter(pk=view.pk).exists()
    take(owner, "unshare", view)
    assert colleague.get(list_of(Stock)).context["saved_views"] == []
    gone = take(colleague, "delete", view)
    assert "is not there any more" in gone.content.decode()


def test_a_filter_is_deleted_by_its_owner_and_a_shared_one_by_an_administrator(office, place):
    owner = office("staff")
    for name in ("First", "Second"):
        save(owner, name=name, is_shared="on")
    first, second = SavedView.objects.order_by("pk")

    take(owner, "delete", first)
    take(office("admin"), "delete", second)

    assert not SavedView.objects.exists()


def test_the_list_opens_with_the_default_when_one_comes_from_elsewhere(office, place):
    clerk = office("staff")
    save(clerk, is_default="on")
    view = SavedView.objects.get()
    assert view.is_default

    from_the_sidebar = clerk.get(list_of(Stock), headers={"referer": "http://testserver/admin/"})
    all_of_it = clerk.get(
        list_of(Stock), headers={"referer": f"http://testserver{list_of(Stock)}?level=low"}
    )
    chooser = clerk.get(f"{list_of(Stock)}?_popup=1")

    assert (from_the_sidebar.status_code, from_the_sidebar.url) == (
        302,
        f"{list_of(Stock)}?level=low",
    )
    assert (all_of_it.status_code, chooser.status_code) == (200, 200)
    assert "Saved filters</span>" not in chooser.content.decode()
    assert office("staff").get(list_of(Stock)).status_code == 200
    take(clerk, "open_without", view)
    assert clerk.get(list_of(Stock)).status_code == 200
    take(clerk, "open_with", view)
    assert clerk.get(list_of(Stock)).status_code == 302


@pytest.mark.parametrize("step", ["no_such_step", "save"])
def test_nobody_saves_on_a_page_that_is_not_theirs(office, place, step):
    answer = office("staff").post(
        f"{list_of(PeopleGroup)}?q=a", {"_saved_view": step, "name": "Mine"}
    )

    assert answer.status_code == 403
    assert not SavedView.objects.exists()


def test_names_are_text(office, place):
    page = save(office("staff"), name="<script>alert(1)</script>")

    assert "<script>alert(1)" not in page.content.decode()
    assert "&lt;script&gt;alert(1)" in page.content.decode()


def test_every_list_that_can_be_narrowed_offers_them(office, place):
    client = office("admin")

    for model, page in admin.site._registry.items():
        if page.list_filter or page.search_fields:
            answer = client.get(list_of(model))
            assert answer.context["saved_views"] == [], model
            assert "Saved filters</span>" in answer.content.decode(), model


def test_filters_of_other_lists_are_not_offered(office, place):
    clerk = office("staff")
    save(clerk)

    assert clerk.get(list_of(Product)).context["saved_views"] == []
    mine = clerk.get(list_of(SavedView)).context["cl"].result_list
    assert [row.resource for row in mine] == [STOCK]

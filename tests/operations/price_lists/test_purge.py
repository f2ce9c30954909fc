"""What is told of price lists goes after a month; that a file was taken stays known."""

from datetime import timedelta

import pytest
from django.utils import timezone

from operations.models import PriceListRun
from operations.price_lists.exceptions import PriceListTaken
from operations.tasks import purge_price_lists
from tests.admin.pages import page_of
from tests.operations.price_lists.lists import LIST, look, put, source, terms


def age(days):
    PriceListRun.objects.update(created_at=timezone.now() - timedelta(days=days))


def states():
    return sorted(PriceListRun.objects.values_list("file_name", "state"))


def test_lines_of_long_ago_go_and_a_file_is_taken_once_all_the_same(supplier, take, feed, base):
    source(supplier, "A-1", "10")
    taken = LIST + "A-1,,11,\n"
    take(LIST + "A-1,,12,\n", dry_run=True, name="checked.csv")
    take(taken, name="taken.csv")
    take(LIST + "A-1,,-1,\n", name="refused.csv")
    put(base / "acme", "bad.csv", LIST + "A-1,,-2,\n")
    assert look(feed) == [("bad.csv", "refused")]
    age(29)
    assert purge_price_lists() == 0
    age(31)

    assert purge_price_lists() == 4

    assert states() == [("bad.csv", "refused"), ("taken.csv", "applied")]
    assert [run.lines for run in PriceListRun.objects.all()] == [[], []]
    assert PriceListRun.objects.get(file_name="taken.csv").changed == 1
    assert look(feed) == []  # the refused file, still there, is not tried again by itself
    before = terms()
    with pytest.raises(PriceListTaken):
        take(taken)
    assert terms() == before
    assert purge_price_lists() == 0


def test_the_page_of_an_old_list_says_where_its_lines_went(admin_client, supplier, take):
    source(supplier, "A-1", "10")
    run = take(LIST + "A-1,,11,\n")
    age(31)
    purge_price_lists()

    assert "was kept for 30 days" in admin_client.get(page_of(run)).content.decode()

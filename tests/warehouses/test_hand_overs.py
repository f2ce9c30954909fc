"""Open tasks: who sees them, and giving them to somebody else."""

from threading import Barrier

import pytest
from rest_framework.test import APIClient

from common.exceptions import InvalidInput
from common.models import AuditEntry
from notifications.models import Notification
from notifications.services import deliver_due_messages
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory
from tests.threads import run_at_once
from tests.warehouses.registering import mails
from warehouses.models import TaskHandOver
from warehouses.open_tasks import open_tasks_of
from warehouses.services import hand_overs

pytestmark = pytest.mark.django_db


def order_of(person, place):
    return take_order((VariationFactory(), 1), warehouse=place, acting_user=person)


def hand_over(client, person, to, **body):
    path = f"/api/staffs/{person.code}/hand-over/"
    return client.post(path, {"to": to.username, **body}, format="json")


def codes_of(client, path):
    return [task["code"] for task in client.get(path).json()["open_tasks"]]


@pytest.fixture
def giver(member):
    return member("staff", username="giver")


@pytest.fixture
def taker(member):
    return member("staff", username="taker")


def test_floor_work_is_open_until_it_is_finished(api, place, giver):
    client = api("manager", place)
    put_in_stock(VariationFactory(), place, 10)
    client.force_authenticate(giver)
    count = client.post("/api/stock-counts/", {"warehouse": place.code}).json()["code"]
    client.force_authenticate(client.user)
    path = f"/api/staffs/{giver.code}/open-tasks/"

    before = client.get(path).json()
    client.post(f"/api/stock-counts/{count}/cancel/")

    assert before == {
        "user_id": giver.code,
        "username": "giver",
        "open_tasks": [
            {
                "kind": "stock_count", "code": count, "title": f"Stock count {count}, counting",
                "warehouse": "WH-EAST", "taken_over_from": None,
            }
        ],
    }  # fmt: skip
    assert codes_of(client, path) == []


def test_named_tasks_go_over_and_the_rest_stays(api, place, giver, taker):
    client = api("manager", place)
    first, second = order_of(giver, place), order_of(giver, place)
    key = {"kind": "sales_order", "code": first.order_number}

    answer = hand_over(client, giver, taker, tasks=[key], note="Ask Mia <b>first</b>")

    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert [task["code"] for task in body["handed_over"]] == [first.order_number]
    assert [task["code"] for task in body["open_tasks"]] == [second.order_number]
    client.force_authenticate(taker)
    [task] = client.get("/api/profile/open-tasks/").json()["open_tasks"]
    assert (task["code"], task["taken_over_from"]) == (first.order_number, "giver")
    first.refresh_from_db()
    assert first.created_by == giver
    entry = AuditEntry.objects.get(object_type="task_hand_over")
    assert (entry.object_code, entry.action) == (first.order_number, "created")


def test_who_takes_over_is_told_of_each_task(mail_server, api, place, giver, taker):
    orders = [order_of(giver, place), order_of(giver, place)]

    hand_over(api("manager", place), giver, taker, note="<b>Soon</b>")
    deliver_due_messages()

    assert Notification.objects.get().title == "2 open tasks of giver are yours now"
    [mail] = mail_server.mails
    assert (mail["To"], mail["Subject"]) == (taker.email, "2 open tasks of giver are yours now")
    text = mail.get_body("plain").get_content()
    assert all(order.order_number in text for order in orders)
    assert "Note: <b>Soon</b>" in text
    assert "&lt;b&gt;Soon" in mail.get_body("html").get_content()


def test_a_task_is_handed_on_and_back(api, place, giver, taker, member):
    client, third, order = api("manager", place), member("sales"), order_of(giver, place)

    hand_over(client, giver, taker)
    on = hand_over(client, taker, third)
    owned = [len(open_tasks_of(one, seen_by=client.user)) for one in (giver, taker, third)]
    back = hand_over(client, third, giver)

    assert (on.status_code, back.status_code, owned) == (200, 200, [0, 0, 1])
    [task] = open_tasks_of(giver, seen_by=client.user)
    assert (task.code, task.taken_over_from) == (order.order_number, None)
    assert TaskHandOver.objects.count() == 1


@pytest.mark.parametrize("wrong", ["self", "foreign", "dismissed", "unknown"])
def test_who_cannot_take_over_takes_nothing(api, place, foreign, giver, member, wrong):
    order_of(giver, place)
    to = {
        "self": giver,
        "foreign": member("staff", foreign),
        "dismissed": member("staff", status="dismissed"),
        "unknown": UserFactory.build(username="nobody"),
    }[wrong]

    answer = hand_over(api("admin"), giver, to)

    assert (answer.status_code, set(answer.json()["details"])) == (400, {"to"})
    assert (TaskHandOver.objects.count(), mails("people.tasks_handed_over")) == (0, [])


@pytest.mark.parametrize("what", ["unknown", "finished", "nothing", "foreign"])
def test_only_open_tasks_that_one_sees_go_over(api, place, foreign, giver, taker, what):
    MembershipFactory(user=giver, warehouse=foreign)
    code = "SO-NONE"
    if what == "foreign":
        code = order_of(giver, foreign).order_number
    elif what == "finished":
        order = order_of(giver, place)
        code = order.order_number
        api("admin").post(f"/api/sales-orders/{code}/cancel/")
    body = {} if what == "nothing" else {"tasks": [{"kind": "sales_order", "code": code}]}

    answer = hand_over(api("manager", place), giver, taker, **body)

    assert (answer.status_code, set(answer.json()["details"])) == (400, {"tasks"})
    assert TaskHandOver.objects.count() == 0


def test_a_warehouse_gets_a_head_who_may_be_one(api, place, giver, taker, member):
    head, next_one = member("manager"), member("manager")
    place.manager = head
    place.save()
    order_of(head, place)

    refused = hand_over(api("admin"), head, taker)
    place.refresh_from_db()
    before = place.manager
    done = hand_over(api("admin"), head, next_one)

    place.refresh_from_db()
    assert (refused.status_code, before, TaskHandOver.objects.count()) == (400, head, 1)
    assert (done.status_code, place.manager, done.json()["open_tasks"]) == (200, next_one, [])


def test_no_manager_takes_the_warehouse_of_another(api, place, giver, member):
    head, other = member("manager"), member("manager")
    place.manager = head
    place.save()
    client = api("manager", place)

    refused = hand_over(client, head, other)
    own = hand_over_as(head, other)

    place.refresh_from_db()
    assert (refused.status_code, own.status_code, place.manager) == (403, 200, other)


def hand_over_as(user, to):
    client = APIClient()
    client.force_authenticate(user)
    return hand_over(client, user, to)


def test_a_successor_takes_over_at_a_dismissal(api, place, giver, taker):
    order, client = order_of(giver, place), api("manager", place)

    body = client.post(
        f"/api/staffs/{giver.code}/dismiss/", {"successor": taker.code}, format="json"
    ).json()

    assert [task["code"] for task in body["handed_over"]] == [order.order_number]
    assert body["open_tasks"] == []
    assert [task.code for task in open_tasks_of(taker, seen_by=taker)] == [order.order_number]
    assert mails("people.tasks_handed_over") == ["taker"]


def test_a_successor_from_elsewhere_stops_the_dismissal(api, place, foreign, giver, member):
    order_of(giver, place)

    answer = api("admin").post(
        f"/api/staffs/{giver.code}/dismiss/",
        {"successor": member("staff", foreign).code},
        format="json",
    )

    giver.refresh_from_db()
    assert (answer.status_code, set(answer.json()["details"])) == (400, {"successor"})
    assert (giver.status, TaskHandOver.objects.count()) == ("active", 0)


def test_tasks_left_at_a_dismissal_are_handed_over_later(api, place, giver, taker):
    order, client = order_of(giver, place), api("manager", place)
    client.post(f"/api/staffs/{giver.code}/dismiss/")

    seen = codes_of(client, f"/api/staffs/{giver.code}/open-tasks/")
    answer = hand_over(client, giver, taker)

    assert (seen, answer.status_code) == ([order.order_number], 200)
    assert codes_of(client, f"/api/staffs/{giver.code}/open-tasks/") == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("is_locked", "won"), [(True, 1), (False, 2)])
def test_of_two_who_hand_over_the_same_task_one_wins(place, member, monkeypatch, is_locked, won):
    """The control: without the lock both find the task open, and the taker of the first is lost."""
    manager, giver = member("manager"), member("staff")
    order_of(giver, place)
    if not is_locked:
        both_found, find = Barrier(2), hand_overs.chosen_tasks

        def find_and_wait(*args):
            found = find(*args)
            both_found.wait(timeout=30)
            return found

        monkeypatch.setattr(hand_overs, "lock_account", lambda user: None)
        monkeypatch.setattr(hand_overs, "chosen_tasks", find_and_wait)

    def give_to(taker):
        return lambda: hand_overs.hand_over_tasks(user=giver, to=taker, acting_user=manager)

    results = run_at_once(*[give_to(member("staff")) for _ in range(2)])

    assert sum(isinstance(result, list) for result in results) == won
    assert sum(isinstance(result, InvalidInput) for result in results) == 2 - won
    assert len(mails("people.tasks_handed_over")) == won
    assert TaskHandOver.objects.count() == 1

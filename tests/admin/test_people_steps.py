"""How people come and go in the admin site: the API's services, as buttons."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.services import deliver_due_messages
from tests.admin.pages import add_to, buttons, errors_of, list_of, page_of, step_of
from tests.factories.sales import take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory
from users.models import Avatar, SignIn, User
from users.services.api_tokens import create_api_token
from warehouses.models import PromotionRequest, Registration, StandingChange, TaskHandOver
from warehouses.services import request_promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(office):
    return office("admin")


@pytest.fixture
def pending(place):
    user = UserFactory(username="newcomer", status="pending", role="staff")
    Registration.objects.create(
        user=user, username="newcomer", warehouse=place.own, role="staff", note="<i>Night</i>"
    )
    return user


@pytest.fixture
def clerk(place):
    return MembershipFactory(
        warehouse=place.own, user=UserFactory(username="clerk", role="staff")
    ).user


def state_of(user):
    user.refresh_from_db()
    return user.role, user.status


def test_each_state_offers_its_lawful_steps_and_each_role_its_own(
    admin, manager, place, pending, clerk
):
    head = MembershipFactory(warehouse=place.own, user=UserFactory(role="manager")).user
    gone = MembershipFactory(
        warehouse=place.own, user=UserFactory(role="staff", status="dismissed")
    ).user

    assert buttons(manager, pending) == {"approve", "reject"}
    assert buttons(manager, clerk) == {"ask_promotion", "dismiss"}
    assert buttons(manager, gone) == set()
    assert buttons(admin, head) == {"demote", "dismiss"}
    assert buttons(admin, gone) == {"reinstate"}
    request_promotion(user=clerk, acting_user=manager.user)
    assert buttons(admin, clerk) == {"promote", "refuse_promotion", "dismiss"}


def test_a_manager_lets_somebody_in_with_a_corrected_role(manager, place, pending):
    asked = manager.get(step_of(pending, "approve")).context["form"]
    assert (asked["role"].value(), asked["warehouse"].value()) == ("staff", place.own.pk)

    answer = manager.post(
        step_of(pending, "approve"),
        {"role": "sales", "warehouse": place.own.pk, "notes": "Welcome"},
        follow=True,
    )

    assert "was let into" in errors_of(answer)
    assert state_of(pending) == ("sales", "active")
    assert list(pending.warehouse_memberships.values_list("warehouse", flat=True)) == [place.own.pk]
    change = StandingChange.objects.get()
    assert (change.note, change.acting_user) == ("Welcome", manager.user)


@pytest.mark.parametrize("wanted", ["manager", "foreign"])
def test_a_manager_gives_no_more_than_theirs(manager, place, pending, wanted):
    role = "manager" if wanted == "manager" else "staff"
    where = place.foreign if wanted == "foreign" else place.own

    answer = manager.post(
        step_of(pending, "approve"), {"role": role, "warehouse": where.pk}, follow=True
    )

    assert answer.status_code == 200
    assert state_of(pending) == ("staff", "pending")
    assert StandingChange.objects.count() == 0


def test_somebody_is_turned_away(manager, pending):
    manager.post(step_of(pending, "reject"), {"notes": "Unknown"})

    assert state_of(pending) == ("staff", "inactive")


def test_a_dismissal_says_what_is_left_and_a_reinstatement_takes_it_back(
    admin, manager, place, clerk
):
    place.own.manager = clerk
    place.own.save()

    answer = manager.post(step_of(clerk, "dismiss"), {"notes": "Left"}, follow=True)

    assert f"Left open, to be taken over: {place.own.code}" in errors_of(answer)
    assert state_of(clerk) == ("staff", "dismissed")
    admin.post(step_of(clerk, "reinstate"), {"notes": "Back", "role": "staff"})
    assert state_of(clerk) == ("staff", "active")


def test_a_promotion_is_requested_and_decided_on_either_page(admin, manager, place, clerk):
    manager.post(step_of(clerk, "ask_promotion"), {"notes": "Able", "warehouse": place.own.pk})
    request = PromotionRequest.objects.get()
    assert buttons(manager, request) == set()
    assert manager.post(step_of(request, "approve")).status_code == 403
    assert buttons(admin, request) == {"approve", "reject"}

    admin.post(step_of(request, "approve"), {"notes": "Yes"})

    assert state_of(clerk) == ("manager", "active")
    admin.post(step_of(clerk, "demote"), {"notes": "Asked for it"})
    assert state_of(clerk) == ("staff", "active")
    manager.post(step_of(clerk, "ask_promotion"), {"notes": "Again", "warehouse": place.own.pk})
    admin.post(step_of(clerk, "refuse_promotion"), {"notes": "Not now"})
    assert list(PromotionRequest.objects.order_by("pk").values_list("state", flat=True)) == [
        "approved", "rejected",
    ]  # fmt: skip


def test_a_demotion_wants_a_reason(admin, place):
    head = MembershipFactory(warehouse=place.own, user=UserFactory(role="manager")).user

    answer = admin.post(step_of(head, "demote"), {"notes": ""})

    assert answer.context["form"].errors["notes"] == ["This field is required."]
    assert state_of(head) == ("manager", "active")


def test_statuses_of_steps_are_not_written_by_hand(admin, place, pending):
    from tests.admin.pages import filled  # noqa: PLC0415 - of this test alone

    page = page_of(pending)

    answer = admin.post(page, filled(admin, page, status="active"))

    assert "Approve, reject, dismiss or reinstate instead" in errors_of(answer)
    assert state_of(pending) == ("staff", "pending")


def test_foreign_people_cannot_be_reached(manager, place):
    stranger = UserFactory(status="pending", role="staff")
    Registration.objects.create(
        user=stranger, username=stranger.username, warehouse=place.foreign, role="staff"
    )

    answer = manager.post(
        step_of(stranger, "approve"), {"role": "staff", "warehouse": place.own.pk}, follow=True
    )

    assert "doesn’t exist" in errors_of(answer)
    assert state_of(stranger) == ("staff", "pending")


def test_the_filter_finds_who_waits(admin, manager, pending, clerk):
    request_promotion(user=clerk, acting_user=manager.user)

    def found(value):
        answer = admin.get(list_of(User), {"waits": value})
        return [row.username for row in answer.context["cl"].result_list]

    assert (found("approval"), found("promotion")) == (["newcomer"], ["clerk"])


def test_the_page_shows_what_was_asked_for_as_text(manager, pending):
    text = manager.get(page_of(pending)).content.decode()

    assert "&lt;i&gt;Night&lt;/i&gt;" in text
    assert "<i>Night</i>" not in text


def test_home_shows_what_waits_to_those_who_decide(admin, manager, office, place, pending, clerk):
    request_promotion(user=clerk, acting_user=manager.user)

    def cards(client):
        wanted = ("Asking to be let in", "Promotions to decide")
        waiting = client.get("/admin/").context["waiting"]
        return {card.title: card.number for card in waiting if card.title in wanted}

    assert cards(admin) == {"Asking to be let in": 1, "Promotions to decide": 1}
    assert cards(manager) == {"Asking to be let in": 1}
    assert cards(office("staff")) == {}


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_loads_no_pictures_row_by_row(admin, place, rows, django_assert_num_queries):
    for _ in range(rows):
        user = MembershipFactory(warehouse=place.own).user
        Avatar.objects.create(user=user, image=b"x", digest="a" * 16)
    admin.get(list_of(User))

    with django_assert_num_queries(8) as queries:
        assert admin.get(list_of(User)).content.count(b"/avatar/?v=") == rows

    assert not any('"users_avatar"."image"' in query["sql"] for query in queries)


def test_an_administrator_removes_a_picture(admin, clerk):
    Avatar.objects.create(user=clerk, image=b"x", digest="a" * 16)
    assert b"/avatar/?v=" in admin.get(page_of(clerk)).content

    admin.post(step_of(clerk, "take_picture_away"))

    assert Avatar.objects.count() == 0


def test_a_user_without_a_password_is_invited_and_again(admin, place, mailoutbox):
    answer = admin.post(
        add_to(User),
        {
            "username": "guest", "email": "guest@example.com", "role": "staff",
            "warehouses": [place.own.pk],
        },
    )  # fmt: skip
    guest = User.objects.get(username="guest")
    deliver_due_messages()

    listed = admin.get(list_of(User) + "?waits=invitation").context["cl"].result_list

    assert (answer.status_code, [user.username for user in listed]) == (302, ["guest"])
    assert "Invited" in admin.get(list_of(User)).content.decode()
    assert buttons(admin, guest) == {"ask_promotion", "dismiss", "invite"}
    admin.post(step_of(guest, "invite"))
    deliver_due_messages()
    assert [message.to for message in mailoutbox] == [["guest@example.com"]] * 2


def test_an_administrator_sees_and_ends_where_somebody_is_signed_in(admin, manager, clerk):
    row = SignIn.objects.create(
        user=clerk, current_jti="x", address="10.1.2.3", user_agent="Old browser",
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    token, _ = create_api_token(name="night script", scopes=["read"], acting_user=clerk)
    seen, hidden = (client.get(page_of(clerk)).content.decode() for client in (admin, manager))

    admin.post(step_of(clerk, "sign_out"))

    for text in ("Old browser", "night script", "10.1.2.3"):
        assert (text in seen, text in hidden) == (True, False)
    for ended in (row, token):
        ended.refresh_from_db()
        assert ended.revoked_at is not None
    assert "sign_out" not in buttons(admin, clerk)
    assert manager.post(step_of(clerk, "sign_out")).status_code == 403


def test_people_are_listed_by_warehouse(admin, place, clerk):
    page = admin.get(list_of(User) + f"?warehouse={place.foreign.pk}")
    other = admin.get(list_of(User) + f"?warehouse={place.own.pk}")

    assert list(page.context["cl"].result_list) == []
    assert clerk in other.context["cl"].result_list
    assert place.own.code in other.content.decode()


def test_forms_offer_a_manager_what_they_may_give(admin, manager, place, pending, clerk):
    MembershipFactory(warehouse=place.foreign, user=clerk)

    def offered(client, person, step, field):
        choices = client.get(step_of(person, step)).context["form"].fields[field].choices
        return {str(key) for key, _ in choices} - {""}

    assert offered(manager, pending, "approve", "role") == {"staff", "sales", "viewer"}
    assert offered(manager, pending, "approve", "warehouse") == {str(place.own.pk)}
    assert offered(manager, clerk, "ask_promotion", "warehouse") == {str(place.own.pk)}
    assert len(offered(admin, pending, "approve", "role")) == 5
    assert offered(admin, clerk, "ask_promotion", "warehouse") == {
        str(place.own.pk), str(place.foreign.pk),
    }  # fmt: skip


def test_who_was_turned_away_comes_back_by_the_form(admin, manager, place, pending):
    manager.post(step_of(pending, "reject"), {"notes": "Unknown"})
    form = admin.get(step_of(pending, "reinstate")).context["form"]

    admin.post(step_of(pending, "reinstate"), {"role": "viewer", "warehouse": place.own.pk})

    assert (form["role"].value(), form["warehouse"].value()) == ("staff", place.own.pk)
    assert state_of(pending) == ("viewer", "active")
    assert pending.warehouse_memberships.get().warehouse == place.own


def test_open_tasks_stand_on_the_page_and_are_handed_over_there(admin, manager, place, clerk):
    mate = MembershipFactory(
        warehouse=place.own, user=UserFactory(username="mate", role="staff")
    ).user
    order = take_order((place.variation, 1), warehouse=place.own, acting_user=clerk)
    hidden = take_order((place.variation, 1), warehouse=place.foreign, acting_user=clerk)

    page = manager.get(page_of(clerk)).content.decode()
    form = manager.get(step_of(clerk, "hand_over")).context["form"]
    answer = manager.post(
        step_of(clerk, "hand_over"), {"to": mate.pk, "notes": "Yours"}, follow=True
    )

    assert (order.order_number in page, hidden.order_number in page) == (True, False)
    assert [title for _, title in form.fields["tasks"].choices] == [
        f"Pending order {order.order_number}"
    ]
    assert f"mate has from now on: Pending order {order.order_number}." in errors_of(answer)
    assert "hand_over" not in buttons(manager, clerk)
    assert "hand_over" in buttons(admin, clerk)
    listed = manager.get(list_of(TaskHandOver))
    assert order.order_number in listed.content.decode()
    home = Client()
    home.force_login(mate)
    assert "Handed over to you" in home.get("/admin/").content.decode()


def test_the_page_finds_open_tasks_once(manager, place, clerk):
    take_order((place.variation, 1), warehouse=place.own, acting_user=clerk)

    with CaptureQueriesContext(connection) as queries:
        page = manager.get(page_of(clerk)).content.decode()

    assert "Hand over tasks" in page
    asked = [one for one in queries if 'FROM "sales_salesorder"' in one["sql"]]
    assert len(asked) == 1


def test_a_dismissal_in_the_back_office_hands_over(manager, place, clerk):
    mate = MembershipFactory(
        warehouse=place.own, user=UserFactory(username="mate", role="staff")
    ).user
    order = take_order((place.variation, 1), warehouse=place.own, acting_user=clerk)

    answer = manager.post(step_of(clerk, "dismiss"), {"successor": mate.pk}, follow=True)

    assert f"Handed over: {order.order_number}." in errors_of(answer)
    assert TaskHandOver.objects.get().to_user == mate

"""Two who decide at once: one wins, and the control shows what the lock is for."""

from functools import partial

import pytest

from common.exceptions import WrongState
from tests.factories.users import UserFactory
from tests.threads import run_at_once
from users.exceptions import LastAdmin
from users.models import User
from warehouses.models import PromotionRequest, Registration, StandingChange
from warehouses.services import (
    approve_promotion,
    approve_registration,
    dismiss_person,
    register_person,
    registration,
    reject_promotion,
    reject_registration,
    request_promotion,
    standing,
)

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(outcomes):
    return sorted(type(outcome).__name__ for outcome in outcomes)


def decide_at_once(pending, member):
    """Let one manager approve and another one reject the same person at the same moment."""
    person, managers = pending(), [member("manager"), member("manager")]
    return person, run_at_once(
        partial(approve_registration, user=person, acting_user=managers[0]),
        partial(reject_registration, user=person, acting_user=managers[1]),
    )


def test_of_two_who_decide_about_a_registration_one_wins(pending, member):
    for _ in range(5):
        person, outcomes = decide_at_once(pending, member)

        assert kinds(outcomes) == ["User", "WrongState"]
        change = StandingChange.objects.get(user=person)
        person.refresh_from_db()
        assert person.status == change.to_status
        assert person.warehouse_memberships.count() == (change.step == "approve")


def test_without_the_lock_both_win(monkeypatch, pending, member):
    monkeypatch.setattr(registration, "lock_person", lambda user: User.objects.get(pk=user.pk))
    rounds = [decide_at_once(pending, member)[1] for _ in range(10)]

    assert ["User", "User"] in [kinds(outcomes) for outcomes in rounds]


def test_of_two_who_decide_about_a_promotion_one_wins(member):
    for _ in range(5):
        person, manager = member("staff"), member("manager")
        request = request_promotion(user=person, acting_user=manager)
        admins = UserFactory.create_batch(2, role="admin")

        outcomes = run_at_once(
            partial(approve_promotion, request=request, acting_user=admins[0]),
            partial(reject_promotion, request=request, acting_user=admins[1]),
        )

        assert kinds(outcomes) == ["PromotionRequest", "WrongState"]
        request.refresh_from_db()
        person.refresh_from_db()
        assert (request.state, person.role) in (("approved", "manager"), ("rejected", "staff"))


def test_dismissal_and_promotion_at_once_leave_no_dismissed_manager_request_open(member):
    for _ in range(5):
        person, manager = member("staff"), member("manager")
        request = request_promotion(user=person, acting_user=manager)
        admins = UserFactory.create_batch(2, role="admin")

        outcomes = run_at_once(
            partial(dismiss_person, user=person, acting_user=admins[0]),
            partial(approve_promotion, request=request, acting_user=admins[1]),
        )

        person.refresh_from_db()
        request.refresh_from_db()
        assert person.status == "dismissed"
        assert request.state in ("approved", "withdrawn")
        refused = [one for one in outcomes if isinstance(one, Exception)]
        assert all(isinstance(one, WrongState) for one in refused)


def two_admins_dismiss_each_other():
    User.objects.update(status="inactive")
    first, second = UserFactory.create_batch(2, role="admin")
    outcomes = run_at_once(
        partial(dismiss_person, user=first, acting_user=second),
        partial(dismiss_person, user=second, acting_user=first),
    )
    return outcomes, User.objects.active().filter(role="admin").count()


def test_two_admins_cannot_dismiss_each_other():
    for _ in range(5):
        outcomes, left = two_admins_dismiss_each_other()

        assert left == 1
        assert [type(one) for one in outcomes if isinstance(one, Exception)] == [LastAdmin]


def test_without_the_lock_no_admin_is_left(monkeypatch):
    monkeypatch.setattr(
        standing,
        "lock_admins",
        lambda: set(User.objects.active().filter(role="admin").values_list("pk", flat=True)),
    )

    assert 0 in [two_admins_dismiss_each_other()[1] for _ in range(10)]


def test_registering_with_one_address_at_once_answers_alike(place):
    def register(number):
        return register_person(
            username=f"twin{number}", password="StrongPassword!123", email="twin@example.com",
            warehouse=place, role=User.RoleChoice.VIEWER,
        )  # fmt: skip

    outcomes = run_at_once(partial(register, 1), partial(register, 2))

    assert kinds(outcomes) == ["Registration", "Registration"]
    assert User.objects.count() == 1
    states = Registration.objects.values_list("state", flat=True)
    assert sorted(states) == ["address_taken", "pending"]


def test_two_requests_for_one_promotion_are_one(member):
    person, managers = member("staff"), [member("manager"), member("manager")]

    outcomes = run_at_once(
        *[partial(request_promotion, user=person, acting_user=manager) for manager in managers]
    )

    assert kinds(outcomes) == ["DuplicateCode", "PromotionRequest"]
    assert PromotionRequest.objects.count() == 1

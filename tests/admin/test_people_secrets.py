"""What the list of people in the back office tells, and what it must not."""

import re

import pytest

from tests.admin.pages import list_of
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "lookup",
    [
        "password__startswith",
        "notes__startswith",
        "extra_permissions__contains",
        "registration__note__startswith",
    ],
)
def test_list_cannot_be_narrowed_by_what_it_does_not_show(manager, place, lookup):
    """Or a manager could guess a colleague's hash of the password, one character at a time."""
    colleague = UserFactory(role="staff", notes="quiet", password="argon2$quiet")
    MembershipFactory(user=colleague, warehouse=place.own)

    answer = manager.get(list_of(User), {lookup: "argon2"})

    assert answer.status_code == 400


def test_list_is_narrowed_by_its_own_filters(manager, place):
    colleague = UserFactory(role="staff")
    MembershipFactory(user=colleague, warehouse=place.own)

    answer = manager.get(list_of(User), {"role__exact": "staff", "status__exact": "active"})

    assert [row.pk for row in answer.context["cl"].result_list] == [colleague.pk]


def test_list_marks_who_is_locked_and_nobody_else(manager, place):
    for locked in (True, False):
        colleague = UserFactory(role="staff", account_locked=locked)
        MembershipFactory(user=colleague, warehouse=place.own)

    text = manager.get(list_of(User)).content.decode()

    column = re.findall(r'<td class="[^"]*field-shown_lock[^"]*"[^>]*>(.*?)</td>', text, re.DOTALL)
    shown = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in column]
    assert sorted(shown) == ["-", "-", "locked"]

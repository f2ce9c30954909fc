"""Users, warehouses and sign-ins in the admin site: the rules of their services hold."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.admin.pages import (
    add_to,
    deletion_of,
    errors_of,
    filled,
    list_of,
    page_of,
    step_of,
)
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from users.models import SignIn, User
from warehouses.models import Warehouse

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def admin(office):
    return office("admin")


def person(place, **fields):
    return {
        "username": "newcomer",
        "email": "new@example.com",
        "role": "manager",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "warehouses": [place.own.pk, place.foreign.pk],
        "default_warehouse": place.foreign.pk,
        **fields,
    }


def sign_in_of(user):
    return SignIn.objects.create(user=user, current_jti="x", expires_at=timezone.now())


def test_a_new_user_with_password_role_and_warehouses(admin, place):
    answer = admin.post(add_to(User), person(place))

    assert answer.status_code == 302, errors_of(answer)
    user = User.objects.get(username="newcomer")
    assert (user.role, user.created_by, user.check_password(PASSWORD)) == (
        "manager", admin.user, True,
    )  # fmt: skip
    places = user.warehouse_memberships.order_by("warehouse")
    assert list(places.values_list("warehouse", "is_default")) == [
        (place.own.pk, False), (place.foreign.pk, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"password2": "other"}, "differ"),
        ({"password1": "12345678", "password2": "12345678"}, "password"),
        ({"email": "nobody"}, "valid email"),
        ({"username": "12"}, "Use 2 to 150"),
        ({"role": "root"}, "Select a valid choice"),
        ({"warehouses": ["99999"]}, "Select a valid choice"),
        ({"warehouses": []}, "warehouses that the user belongs to"),
        ({"timezone": "Mars/Base"}, "Use a name such as"),
    ],
)
def test_a_bad_new_user_is_refused(admin, place, fields, text):
    answer = admin.post(add_to(User), person(place, **fields))

    assert text in errors_of(answer)
    assert not User.objects.filter(username="newcomer").exists()


def test_a_new_users_page_begins_with_the_defaults(admin):
    form = admin.get(add_to(User)).context["adminform"].form

    assert form["timezone"].value() == "UTC"
    assert "language" not in form.fields
    answer = admin.post(
        add_to(User),
        {**filled(admin, add_to(User)), "username": "newcomer", "email": "new@example.com"},
    )
    assert answer.status_code == 302, errors_of(answer)
    user = User.objects.get(username="newcomer")
    assert (user.timezone, user.language, user.role) == ("UTC", "en", "viewer")


def test_a_taken_address_is_refused_on_its_field(admin, place):
    UserFactory(email="new@example.com")

    answer = admin.post(add_to(User), person(place, email="NEW@example.com"))

    assert "is taken" in answer.context["adminform"].form.errors["email"][0]
    assert not User.objects.filter(username="newcomer").exists()


@pytest.mark.parametrize("fields", [{"role": "staff"}, {"status": "inactive"}])
def test_the_last_admin_stays(admin, fields):
    body = filled(admin, page_of(admin.user), **fields)

    answer = admin.post(page_of(admin.user), body)

    assert "the only active admin" in errors_of(answer)
    admin.user.refresh_from_db()
    assert (admin.user.role, admin.user.status) == ("admin", "active")


def test_a_new_password_ends_sign_ins(admin, place):
    user = UserFactory()
    row = sign_in_of(user)
    body = filled(admin, page_of(user), password1=PASSWORD, password2=PASSWORD)

    assert admin.post(page_of(user), body).status_code == 302

    row.refresh_from_db()
    user.refresh_from_db()
    assert (user.check_password(PASSWORD), row.revoked_at is not None) == (True, True)


def test_an_empty_password_stays_as_it_is(admin):
    user = UserFactory()
    user.set_password(PASSWORD)
    user.save()

    assert admin.post(page_of(user), filled(admin, page_of(user), notes="x")).status_code == 302

    user.refresh_from_db()
    assert (user.notes, user.check_password(PASSWORD)) == ("x", True)


def test_an_own_new_password_ends_the_sign_ins_made_with_the_old_one(office):
    staff = office("staff")
    staff.user.set_password(PASSWORD)
    staff.user.save()
    staff.force_login(staff.user)
    row = sign_in_of(staff.user)

    answer = staff.post(
        "/admin/password_change/",
        {"old_password": PASSWORD, "new_password1": PASSWORD * 2, "new_password2": PASSWORD * 2},
    )

    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_a_user_changed_meanwhile_is_not_overwritten(admin, place):
    user = UserFactory(role="staff")
    body = filled(admin, page_of(user), notes="Mine.")
    MembershipFactory(user=user, warehouse=place.own)

    answer = admin.post(page_of(user), body)

    assert "Somebody else changed this" in errors_of(answer)
    user.refresh_from_db()
    assert (user.notes, user.warehouse_memberships.count()) == ("", 1)


def test_managers_change_nobody(office):
    manager = office("manager")

    assert manager.post(page_of(manager.user), {"role": "admin"}).status_code == 403
    assert manager.post(add_to(User), {"username": "x"}).status_code == 403

    manager.user.refresh_from_db()
    assert manager.user.role == "manager"


def test_sign_ins_are_ended_one_by_one(admin):
    row = sign_in_of(UserFactory())

    answer = admin.post(step_of(row, "revoke"), follow=True)

    row.refresh_from_db()
    assert "has ended" in errors_of(answer)
    assert row.revoked_at is not None


def test_warehouses_with_members(admin, place):
    user = UserFactory(role="staff")
    body = {"name": "North", "code": "", "is_active": "on", "members": [user.pk]}

    assert admin.post(add_to(Warehouse), body).status_code == 302
    north = Warehouse.objects.get(name="North")
    assert north.code.startswith("WH")
    assert list(north.memberships.values_list("user", "is_default")) == [(user.pk, True)]

    MembershipFactory(user=user, warehouse=place.own)
    saved = admin.post(page_of(north), filled(admin, page_of(north), members=[]))
    assert saved.status_code == 302
    assert list(user.warehouse_memberships.values_list("warehouse", "is_default")) == [
        (place.own.pk, True)
    ]


def test_the_default_warehouse_stays_active(admin):
    default = WarehouseFactory(is_default=True)
    body = filled(admin, page_of(default))
    del body["is_active"]

    answer = admin.post(page_of(default), body)

    assert "stays active" in errors_of(answer)
    default.refresh_from_db()
    assert default.is_active


def test_a_taken_or_used_warehouse(admin, place):
    twin = admin.post(add_to(Warehouse), {"name": "Twin", "code": place.own.code.lower()})
    used = admin.post(deletion_of(place.own), {"post": "yes"}, follow=True)

    assert "exists" in errors_of(twin)
    assert "has stock or documents" in errors_of(used)
    assert Warehouse.objects.filter(pk=place.own.pk).exists()


def test_members_are_shown_to_who_may_see_people(office, place):
    manager, staff = office("manager"), office("staff")

    assert staff.user.username in manager.get(page_of(place.own)).content.decode()
    assert manager.user.username not in staff.get(page_of(place.own)).content.decode()
    assert manager.user.username not in manager.get(page_of(place.foreign)).context[
        "inline_admin_formsets"
    ][0].formset.queryset.values_list("user__username", flat=True)


def test_a_locked_account_is_found_and_unlocked(admin, place):
    locked = UserFactory(
        failed_login_attempts=5, attempts_end_at=timezone.now() + timedelta(minutes=9)
    )
    UserFactory()
    found = admin.get(list_of(User), {"locked": "yes"}).context["cl"].queryset
    assert list(found) == [locked]
    assert "Unlock" in admin.get(page_of(locked)).content.decode()

    answer = admin.post(step_of(locked, "unlock"))

    assert answer.status_code == 302
    locked.refresh_from_db()
    assert (locked.is_locked, locked.failed_login_attempts) == (False, 0)
    assert not admin.get(list_of(User), {"locked": "yes"}).context["cl"].queryset.exists()
    assert "may sign in again" not in admin.get(page_of(locked)).content.decode()


def test_saving_something_else_leaves_the_lock(admin, place):
    locked = UserFactory(
        failed_login_attempts=5, attempts_end_at=timezone.now() + timedelta(minutes=9)
    )

    answer = admin.post(page_of(locked), filled(admin, page_of(locked), department="Dock"))

    assert answer.status_code == 302, errors_of(answer)
    locked.refresh_from_db()
    assert (locked.department, locked.is_locked) == ("Dock", True)

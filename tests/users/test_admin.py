"""Accounts in the admin site."""

import pytest
from django.urls import reverse

from tests.admin.pages import filled
from tests.users.conftest import PASSWORD
from users.models import SignIn, User

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"


def sign_in(client, user):
    return client.post(LOGIN, {"username": user.username, "password": PASSWORD, "next": "/admin/"})


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"role": "admin"}, 302),
        ({"role": "manager"}, 302),
        ({"role": "staff"}, 302),
        ({"role": "sales"}, 200),
        ({"role": "viewer"}, 200),
        ({"role": "admin", "status": "inactive"}, 200),
        ({"role": "admin", "account_locked": True}, 200),
    ],
)
def test_sign_in_to_the_admin_site(client, account, fields, status):
    assert sign_in(client, account(**fields)).status_code == status
    assert ("_auth_user_id" in client.session) is (status == 302)


def test_session_ends_with_the_account(client, account):
    user = account(role="admin")
    sign_in(client, user)
    User.objects.filter(pk=user.pk).update(status="suspended")

    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("page", ["users_user", "users_signin", "warehouses_warehouse"])
def test_lists_open(client, account, log_in, page):
    user = account(role="admin")
    log_in(user)
    client.force_login(user)

    answer = client.get(reverse(f"admin:{page}_changelist"), {"q": user.username})

    assert answer.status_code == 200


def test_add_account(client, account):
    admin = account(role="admin")
    client.force_login(admin)
    assert client.get(reverse("admin:users_user_add")).status_code == 200

    answer = client.post(
        reverse("admin:users_user_add"),
        {
            "username": "newcomer",
            "email": "new@example.com",
            "role": "staff",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    assert answer.status_code == 302
    user = User.objects.get(username="newcomer")
    assert (user.role, user.created_by, user.check_password(PASSWORD)) == ("staff", admin, True)


def test_deactivation_ends_sign_ins(client, account, log_in):
    admin, user = account(role="admin"), account()
    log_in(user)
    client.force_login(admin)
    url = reverse("admin:users_user_change", args=[user.pk])

    answer = client.post(url, filled(client, url, status="suspended"))

    assert answer.status_code == 302
    assert SignIn.objects.get(user=user).revoked_at is not None


def test_accounts_are_not_deleted(client, account):
    client.force_login(account(role="admin"))
    user = account()

    answer = client.post(reverse("admin:users_user_delete", args=[user.pk]), {"post": "yes"})

    assert answer.status_code == 403
    assert User.objects.filter(pk=user.pk).exists()


def test_chosen_sign_ins_are_ended(client, account, log_in):
    user = account(role="admin")
    log_in(user)
    client.force_login(user)
    row = SignIn.objects.get(session_key="")

    client.post(
        reverse("admin:users_signin_changelist"),
        {"action": "end", "_selected_action": [row.pk]},
    )

    row.refresh_from_db()
    assert row.revoked_at is not None


@pytest.mark.parametrize("path", ["/admin/login/", "/api/session/login/"])
@pytest.mark.parametrize("name", ["nobody", "known", "away"])
def test_a_refused_sign_in_says_what_helps_and_not_why(client, account, path, name):
    account(username="known")
    account(username="away", status="dismissed")
    password = PASSWORD if name == "away" else "wrong"

    text = client.post(path, {"username": name, "password": password}).content.decode()

    assert "User name or password incorrect. After several wrong ones an account is" in text
    assert "case-sensitive" not in text


def test_whose_role_has_no_place_in_the_back_office_is_told_so(client, account):
    account(username="seller", role="sales")

    right, wrong = (
        client.post("/admin/login/", {"username": "seller", "password": one}).content.decode()
        for one in (PASSWORD, "wrong")
    )

    assert "Your role does not open the back office." in right
    assert "Your role does not" not in wrong
    assert "_auth_user_id" not in client.session

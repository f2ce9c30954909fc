"""Ending a lock before its time is over."""

import pytest

from tests.users.conftest import PASSWORD
from tests.users.test_lock_out import try_to_sign_in, use_up


@pytest.mark.django_db
def test_admin_unlocks_over_http(account, api):
    user = account()
    use_up(user)

    answer = api("admin").post(f"/api/users/{user.code}/unlock/")

    assert answer.status_code == 200
    body = answer.json()
    assert (body["account_locked"], body["locked_until"], body["failed_login_attempts"]) == (
        False, None, 0,
    )  # fmt: skip
    assert try_to_sign_in(user.username, PASSWORD).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_others_do_not_unlock(account, api, role):
    client = api(role)
    use_up(client.user)

    assert client.post(f"/api/users/{client.user.code}/unlock/").status_code == 403

    client.user.refresh_from_db()
    assert client.user.is_locked


@pytest.mark.django_db
def test_admin_unlocks_with_the_field_of_the_account(account, api):
    user = account()
    use_up(user)

    answer = api("admin").patch(f"/api/users/{user.code}/", {"account_locked": False})

    assert (answer.status_code, answer.json()["account_locked"]) == (200, False)
    assert try_to_sign_in(user.username, PASSWORD).status_code == 200


@pytest.mark.django_db
def test_other_changes_leave_the_lock(account, api):
    user = account()
    use_up(user)

    answer = api("admin").patch(f"/api/users/{user.code}/", {"department": "Dock"})

    assert (answer.status_code, answer.json()["account_locked"]) == (200, True)


@pytest.mark.django_db
def test_new_password_by_an_admin_unlocks(account, api):
    user = account()
    use_up(user)

    body = {"password": "another long secret"}
    assert api("admin").patch(f"/api/users/{user.code}/", body).status_code == 200

    assert try_to_sign_in(user.username, "another long secret").status_code == 200

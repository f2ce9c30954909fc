"""The demo company's passwords are known to everybody: they work in the demo company alone."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    user = UserFactory(username="admin", role="admin")
    user.set_password("admin123")
    user.save()
    return {"username": "admin", "password": "admin123"}


@pytest.mark.parametrize(("demo", "status"), [(True, 200), (False, 401)])
@pytest.mark.parametrize("path", ["/api/auth/login/", "/api/token/"])
def test_published_password_opens_the_api_of_the_demo_only(admin, settings, path, demo, status):
    settings.DEMO = demo

    assert APIClient().post(path, admin).status_code == status


@pytest.mark.parametrize(("demo", "status"), [(True, 302), (False, 200)])
def test_published_password_opens_the_admin_of_the_demo_only(admin, settings, demo, status):
    settings.DEMO = demo

    assert Client().post("/admin/login/", admin).status_code == status


def test_typed_in_wide_letters_it_is_the_same_password(admin, settings):
    settings.DEMO = False
    wide = {**admin, "password": "\uff41dmin123"}

    assert APIClient().post("/api/auth/login/", wide).status_code == 401

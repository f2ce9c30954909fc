from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient

from tests.factories.users import UserFactory
from users.api.views import sign_in_answer
from users.models import SignIn

PASSWORD = "correct horse battery"
PASSWORD_HASH = make_password(PASSWORD)


@pytest.fixture(autouse=True)
def uncounted_attempts():
    """Sign-in attempts of other tests do not count."""
    cache.clear()


@pytest.fixture
def account():
    """Return a function that makes an account with a password."""

    def make(**fields):
        return UserFactory(password=PASSWORD_HASH, **fields)

    return make


@pytest.fixture
def client_with():
    """Return a function that gives an API client with a bearer token."""

    def make(token):
        return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")

    return make


@pytest.fixture
def log_in(account):
    """Return a function that starts a sign-in and returns what signing in answers."""

    def sign_in(user=None, **fields):
        row = SignIn.objects.create(
            user=user or account(**fields),
            current_jti=uuid4().hex,
            expires_at=timezone.now() + timedelta(days=7),
        )
        return sign_in_answer(row)

    return sign_in

"""Sign-in: open to everybody, who is signed in does not matter."""

from datetime import timedelta

from django.utils import timezone

from tests.factories.users import UserFactory
from tests.matrix.table import Row, shared
from users.api.tokens import refresh_token_of
from users.models import SignIn, User

ALL = "200 200 200 200 200"
PASSWORD = "correct horse battery"


@shared
def account(place):
    user = UserFactory()
    user.set_password(PASSWORD)
    user.save()
    return user.username


@shared
def refresh_token(place):
    user = User.objects.get(username=place["account"])
    row = SignIn.objects.create(
        user=user, current_jti="a" * 32, expires_at=timezone.now() + timedelta(days=1)
    )
    return str(refresh_token_of(row))


def credentials(place):
    return {"username": place["account"], "password": PASSWORD}


ROWS = [
    Row("post", "/api/auth/login/", own=ALL, anonymous=200, body=credentials),
    Row("post", "/api/token/", own=ALL, anonymous=200, body=credentials),
    Row(
        "post",
        "/api/auth/refresh/",
        own=ALL,
        anonymous=200,
        body=lambda place: {"refresh_token": place["refresh_token"]},
    ),
    Row(
        "post",
        "/api/token/refresh/",
        own=ALL,
        anonymous=200,
        body=lambda place: {"refresh": place["refresh_token"]},
    ),
    Row("post", "/api/auth/logout/", own=ALL),
    Row("get", "/api/auth/status/", own=ALL),
]

"""Sign-in: open to everybody, who is signed in does not matter."""

from datetime import timedelta

from django.utils import timezone

from tests.factories.users import UserFactory
from tests.matrix.table import Row, shared
from users.api.tokens import refresh_token_of
from users.models import PeopleGroup, SignIn, User
from users.services.api_tokens import create_api_token

ALL = "200 200 200 200 200"
ADMIN = "200 403 403 403 403"
GROUPS = "/api/groups/"
NONE = "404 404 404 404 404"
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


@shared
def sign_in(place):
    place["refresh_token"]
    return SignIn.objects.get(user__username=place["account"]).pk


@shared
def group(place):
    return PeopleGroup.objects.create(name="Inspectors").pk


@shared
def api_token(place):
    owner = User.objects.get(username=place["account"])
    return create_api_token(name="script", scopes=["all"], acting_user=owner)[0].pk


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
    # The wrong old password and a link that is none: heard by whoever may ask.
    Row(
        "post",
        "/api/auth/password/change/",
        own="400 400 400 400 400",
        body={"old_password": "wrong", "new_password": PASSWORD},
    ),
    Row(
        "post",
        "/api/auth/password/reset/",
        own=ALL,
        anonymous=200,
        body={"email": "nobody@example.com"},
    ),
    Row(
        "post",
        "/api/auth/password/reset/confirm/",
        own="400 400 400 400 400",
        anonymous=400,
        body={"token": "1-0", "new_password": PASSWORD},
    ),
    *[
        row
        for path in ("/account/password/", "/account/password/forgotten/", "/account/email/")
        for row in (
            Row("get", path, own=ALL, anonymous=200),
            Row("post", path, own=ALL, anonymous=200, body={}),
        )
    ],
    # The wrong password and a link that is none, again.
    Row(
        "post",
        "/api/auth/email/change/",
        own="400 400 400 400 400",
        body={"new_email": "another@example.com", "password": "wrong"},
    ),
    Row(
        "post",
        "/api/auth/email/confirm/",
        own="400 400 400 400 400",
        anonymous=400,
        body={"token": "1-0"},
    ),
    Row("get", "/api/auth/sessions/", own=ALL),
    Row("post", "/api/auth/sessions/revoke-others/", own=ALL),
    # Of somebody else: as if it were not there, for an admin too.
    Row("get", "/api/auth/sessions/{sign_in}/", own=NONE),
    Row("delete", "/api/auth/sessions/{sign_in}/", own=NONE),
    Row("get", "/api/auth/totp/", own=ALL),
    Row("post", "/api/auth/totp/", own="400 400 400 400 400", body={"password": "wrong"}),
    Row("post", "/api/auth/totp/confirm/", own="409 409 409 409 409", body={"code": "123456"}),
    Row("post", "/api/auth/totp/disable/", own="400 400 400 400 400", body={"password": "wrong"}),
    Row("get", "/api/permissions/", own=ADMIN),
    Row("get", GROUPS, own=ADMIN),
    Row("post", GROUPS, own="201 403 403 403 403", body={"name": "Packers"}),
    Row("get", GROUPS + "{group}/", own=ADMIN),
    *[
        Row(method, GROUPS + "{group}/", own=ADMIN, body={"name": "Changed"})
        for method in ("put", "patch")
    ],
    Row("delete", GROUPS + "{group}/", own="204 403 403 403 403"),
    Row("get", "/api/auth/tokens/", own=ALL),
    Row(
        "post",
        "/api/auth/tokens/",
        own="201 201 201 201 201",
        body={"name": "script", "scopes": ["read"]},
    ),
    Row("get", "/api/auth/tokens/{api_token}/", own=NONE),
    Row("delete", "/api/auth/tokens/{api_token}/", own=NONE),
]

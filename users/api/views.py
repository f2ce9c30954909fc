"""Signing in and out."""

from datetime import datetime
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth import logout
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import AccessToken
from rest_framework_simplejwt.utils import datetime_from_epoch

from common.addresses import address_of
from common.api.views import ApiView
from common.permissions import Can
from users.api.authentication import TokenRejected
from users.api.serializers import (
    IdentitySerializer,
    MessageAnswer,
    RefreshBody,
    SignInAnswer,
    SignInBody,
    StatusAnswer,
    TokenPairAnswer,
)
from users.api.tokens import claimed_key, read_refresh_token, refresh_token_of
from users.models import ApiToken, SignIn
from users.services.api_tokens import revoke_api_token
from users.services.sign_ins import rotate_sign_in, sign_in, sign_out


class AnonymousView(ApiView):
    """Open to everybody: a token sent along is not even read, and no answer is kept."""

    keeps_answers = False
    authentication_classes = ()
    permission_classes = (AllowAny,)


class NewSignInView(AnonymousView):
    def start(self, request: Request) -> SignIn:
        body = SignInBody(data=request.data)
        body.is_valid(raise_exception=True)
        return sign_in(
            name=body.validated_data["username"],
            password=body.validated_data["password"],
            code=body.validated_data.get("otp", ""),
            user_agent=request.headers.get("User-Agent", ""),
            address=address_of(request._request),
        )


class NextTokenView(AnonymousView):
    def rotate(self, request: Request) -> SignIn:
        body = RefreshBody(data=request.data)
        body.is_valid(raise_exception=True)
        text = body.validated_data.get("refresh_token") or body.validated_data["refresh"]
        return rotate_sign_in(**read_refresh_token(text))


@extend_schema(tags=["auth"])
class LoginView(NewSignInView):
    @extend_schema(request=SignInBody, responses=SignInAnswer)
    def post(self, request: Request) -> Response:
        return Response(sign_in_answer(self.start(request)))


@extend_schema(tags=["auth"])
class RefreshView(NextTokenView):
    @extend_schema(request=RefreshBody, responses=SignInAnswer)
    def post(self, request: Request) -> Response:
        return Response(sign_in_answer(self.rotate(request)))


@extend_schema(tags=["auth"])
class TokenView(NewSignInView):
    @extend_schema(request=SignInBody, responses=TokenPairAnswer)
    def post(self, request: Request) -> Response:
        return Response(token_pair_answer(self.start(request)))


@extend_schema(tags=["auth"])
class TokenRefreshView(NextTokenView):
    @extend_schema(request=RefreshBody, responses=TokenPairAnswer)
    def post(self, request: Request) -> Response:
        return Response(token_pair_answer(self.rotate(request)))


@extend_schema(tags=["auth"])
class LogoutView(ApiView):
    permissions = {"post": Can.SIGN_IN}

    @extend_schema(request=None, responses=MessageAnswer)
    def post(self, request: Request) -> Response:
        if isinstance(request.auth, AccessToken):
            sign_out(sign_in_id=claimed_key(request.auth, "sid"))
        elif isinstance(request.auth, ApiToken):
            revoke_api_token(token=request.auth)
        else:
            logout(request._request)
        return Response({"message": "Signed out."})


@extend_schema(tags=["auth"])
class StatusView(ApiView):
    permissions = {"get": Can.SIGN_IN}

    def permission_denied(
        self, request: Request, message: Any = None, code: Any = None
    ) -> NoReturn:
        raise TokenRejected

    @extend_schema(responses=StatusAnswer)
    def get(self, request: Request) -> Response:
        user: Any = request.user
        return Response(
            {
                "is_authenticated": True,
                "user": IdentitySerializer(user).data,
                "expires_at": expiry(request),
                "events_url": settings.EVENTS_URL,
            }
        )


def expiry(request: Request) -> datetime:
    """Return when the access token, or else the browser session, expires."""
    if isinstance(request.auth, AccessToken):
        return datetime_from_epoch(request.auth["exp"])
    if isinstance(request.auth, ApiToken):
        return request.auth.expires_at
    return request.session.get_expiry_date()


def sign_in_answer(row: SignIn) -> dict[str, Any]:
    refresh = refresh_token_of(row)
    return {
        "access_token": str(refresh.access_token),
        "refresh_token": str(refresh),
        "token_type": "bearer",  # nosec B105
        "expires_in": int(refresh.access_token.lifetime.total_seconds()),
        "user": IdentitySerializer(row.user).data,
    }


def token_pair_answer(row: SignIn) -> dict[str, str]:
    refresh = refresh_token_of(row)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}

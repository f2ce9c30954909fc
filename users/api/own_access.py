"""What people do about their own ways in: password, sign-ins, API tokens."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import AccessToken

from common.addresses import address_of
from common.api.views import ApiView
from common.api.viewsets import ListRetrieveViewSet
from common.exceptions import NotAllowed
from common.permissions import Can
from users.api.own_access_serializers import (
    ApiTokenAnswer,
    ApiTokenBody,
    ApiTokenSerializer,
    EndedAnswer,
    PasswordChangeBody,
    PasswordResetBody,
    PasswordResetConfirmBody,
    SessionSerializer,
)
from users.api.serializers import MessageAnswer
from users.api.throttles import HourlyThrottle
from users.api.tokens import claimed_key
from users.api.views import AnonymousView
from users.models import ApiToken, SignIn
from users.services.api_tokens import create_api_token, revoke_api_token
from users.services.passwords import ask_for_reset, change_password, confirm_reset
from users.services.sign_ins import end_sign_ins, renew_session_key, sign_out


class ResetThrottle(HourlyThrottle):
    scope = "password_reset"
    limit = 20


class InPersonMixin(APIView):
    """Not for API tokens: a stolen one must not make others, nor take the account."""

    keeps_answers = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if isinstance(request.auth, ApiToken):
            raise NotAllowed("An API token may not do this. Sign in with the password.")


def current_sign_in(request: Request) -> int | None:
    """Return the key of the sign-in that a request belongs to."""
    if isinstance(request.auth, AccessToken):
        return claimed_key(request.auth, "sid")
    own = SignIn.objects.visible_to(request.user).of_session(getattr(request, "session", None))
    return own.values_list("pk", flat=True).first()


@extend_schema(tags=["auth"])
class PasswordChangeView(InPersonMixin, ApiView):
    permissions = {"post": Can.SIGN_IN}

    @extend_schema(request=PasswordChangeBody, responses=MessageAnswer)
    def post(self, request: Request) -> Response:
        """Choose a new password; other sign-ins end."""
        body = PasswordChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        kept = current_sign_in(request)
        user = change_password(
            old=body.validated_data["old_password"],
            new=body.validated_data["new_password"],
            keep=kept,
            address=address_of(request._request),
            acting_user=request.user,  # type: ignore[arg-type]
        )
        if request.auth is None and kept is not None:  # a browser: its session goes on
            update_session_auth_hash(request._request, user)
            renew_session_key(sign_in_id=kept, session_key=str(request.session.session_key))
        return Response({"message": "Password changed. Your other sign-ins have ended."})


@extend_schema(tags=["auth"])
class PasswordResetView(AnonymousView):
    throttle_classes = (ResetThrottle,)

    @extend_schema(request=PasswordResetBody, responses=MessageAnswer)
    def post(self, request: Request) -> Response:
        """Have a link mailed; the answer does not tell whether there is such an account."""
        body = PasswordResetBody(data=request.data)
        body.is_valid(raise_exception=True)
        ask_for_reset(name=body.validated_data["email"])
        return Response({"message": "If an account has this address, a link is on its way to it."})


@extend_schema(tags=["auth"])
class PasswordResetConfirmView(AnonymousView):
    throttle_classes = (ResetThrottle,)

    @extend_schema(request=PasswordResetConfirmBody, responses=MessageAnswer)
    def post(self, request: Request) -> Response:
        """Choose a new password by a mailed link, which is good once."""
        body = PasswordResetConfirmBody(data=request.data)
        body.is_valid(raise_exception=True)
        confirm_reset(
            token=body.validated_data["token"], password=body.validated_data["new_password"]
        )
        return Response({"message": "Password changed. Sign in with the new one."})


class SessionViewSet(InPersonMixin, ListRetrieveViewSet):
    """The caller's own sign-ins."""

    queryset = SignIn.objects.all().order_by("-pk")
    serializer_class = SessionSerializer
    resource_name = "sessions"
    permissions = {
        "list": Can.SIGN_IN,
        "retrieve": Can.SIGN_IN,
        "destroy": Can.SIGN_IN,
        "revoke_others": Can.SIGN_IN,
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().in_force()

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "current": current_sign_in(self.request)}

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        sign_out(sign_in_id=self.get_object().pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=EndedAnswer)
    @action(detail=False, methods=["post"], url_path="revoke-others")
    def revoke_others(self, request: Request) -> Response:
        """End all sign-ins of the caller but this one."""
        user: Any = request.user
        ended = end_sign_ins(user, keep=current_sign_in(request))
        return Response({"message": "Your other sign-ins have ended.", "ended": ended})


@extend_schema_view(create=extend_schema(request=ApiTokenBody, responses={201: ApiTokenAnswer}))
class ApiTokenViewSet(InPersonMixin, ListRetrieveViewSet):
    """The caller's own tokens for scripts."""

    queryset = ApiToken.objects.all().order_by("-pk")
    serializer_class = ApiTokenSerializer
    resource_name = "tokens"
    versionless_answers = ("create",)
    permissions = {
        "list": Can.SIGN_IN,
        "retrieve": Can.SIGN_IN,
        "create": Can.SIGN_IN,
        "destroy": Can.SIGN_IN,
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().in_force()

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = ApiTokenBody(data=request.data)
        body.is_valid(raise_exception=True)
        user: Any = request.user
        token, secret = create_api_token(acting_user=user, **body.validated_data)
        shown = {
            "message": "Token created. Keep it now: it is shown this once.",
            **ApiTokenSerializer(token).data,
            "token": secret,
        }
        return Response(shown, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        revoke_api_token(token=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

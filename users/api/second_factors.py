"""The second factor of the caller: setting it up, confirming it, turning it off."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from common.addresses import address_of
from common.api.views import ApiView
from common.permissions import Can
from users.api.own_access import InPersonMixin
from users.api.serializers import MessageAnswer
from users.models import RecoveryCode
from users.services.passwords import require_password
from users.services.second_factors import (
    address_for_app,
    begin_second_factor,
    confirm_second_factor,
    factor_of,
    remove_second_factor,
    secret_of,
)


class PasswordBody(serializers.Serializer[Any]):
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class CodeBody(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=40)


class FactorAnswer(serializers.Serializer[Any]):
    is_enabled = serializers.BooleanField()
    recovery_codes_left = serializers.IntegerField()


class NewFactorAnswer(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="To type into the app by hand.")
    otpauth_uri = serializers.CharField()
    qr_svg = serializers.CharField(help_text="The same as a picture to scan.")


class RecoveryCodesAnswer(serializers.Serializer[Any]):
    message = serializers.CharField()
    recovery_codes = serializers.ListField(child=serializers.CharField())


class PasswordAskedView(InPersonMixin, ApiView):
    permissions = {"get": Can.SIGN_IN, "post": Can.SIGN_IN}

    def ask_password(self, request: Request) -> Any:
        """Return the caller, whose password the body holds."""
        body = PasswordBody(data=request.data)
        body.is_valid(raise_exception=True)
        user: Any = request.user
        require_password(
            user=user,
            password=body.validated_data["password"],
            address=address_of(request._request),
            field="password",
        )
        return user


@extend_schema(tags=["auth"])
class SecondFactorView(PasswordAskedView):
    @extend_schema(responses=FactorAnswer)
    def get(self, request: Request) -> Response:
        """Say whether codes are asked for."""
        user: Any = request.user
        factor = factor_of(user)
        left = RecoveryCode.objects.filter(factor=factor, used_at=None).count() if factor else 0
        return Response({"is_enabled": factor is not None, "recovery_codes_left": left})

    @extend_schema(request=PasswordBody, responses={201: NewFactorAnswer})
    def post(self, request: Request) -> Response:
        """Make a secret for an authenticator app; confirm it with a code of the app."""
        factor = begin_second_factor(acting_user=self.ask_password(request))
        address = address_for_app(factor)
        import segno  # noqa: PLC0415 - needed here alone

        shown = {
            "secret": secret_of(factor),
            "otpauth_uri": address,
            "qr_svg": segno.make(address, error="m").svg_inline(scale=4),
        }
        return Response(shown, status=status.HTTP_201_CREATED)


@extend_schema(tags=["auth"])
class ConfirmSecondFactorView(InPersonMixin, ApiView):
    permissions = {"post": Can.SIGN_IN}

    @extend_schema(request=CodeBody, responses=RecoveryCodesAnswer)
    def post(self, request: Request) -> Response:
        """Ask for codes from now on; the recovery codes are shown this once."""
        body = CodeBody(data=request.data)
        body.is_valid(raise_exception=True)
        user: Any = request.user
        codes = confirm_second_factor(code=body.validated_data["code"], acting_user=user)
        message = "Signing in asks for a code now. Keep these: each opens the account once."
        return Response({"message": message, "recovery_codes": codes})


@extend_schema(tags=["auth"])
class DisableSecondFactorView(PasswordAskedView):
    permissions = {"post": Can.SIGN_IN}
    http_method_names = ["post", "options"]

    @extend_schema(request=PasswordBody, responses=MessageAnswer)
    def post(self, request: Request) -> Response:
        """Ask for codes no more."""
        user = self.ask_password(request)
        remove_second_factor(user=user, acting_user=user)
        return Response({"message": "Signing in asks for no code any more."})

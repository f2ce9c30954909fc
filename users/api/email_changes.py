"""A new e-mail address over HTTP: asked for with the password, confirmed by a mailed link."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.addresses import address_of
from common.api.views import ApiView
from common.permissions import Can
from users.api.own_access import InPersonMixin
from users.api.own_access_serializers import password_field
from users.api.serializers import MessageAnswer
from users.api.throttles import HourlyThrottle
from users.api.views import AnonymousView
from users.services.email_changes import ask_for_email_change, confirm_email_change


class EmailConfirmThrottle(HourlyThrottle):
    scope = "email_confirm"
    limit = 20


class EmailChangeBody(serializers.Serializer[Any]):
    new_email = serializers.EmailField(max_length=254)
    password = password_field(max_length=1000, help_text="The present one.")


class EmailConfirmBody(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200, help_text="From the mailed link.")


class EmailConfirmAnswer(MessageAnswer):
    email = serializers.EmailField(help_text="The address of the account from now on.")


@extend_schema(tags=["auth"])
class EmailChangeView(InPersonMixin, ApiView):
    permissions = {"post": Can.SIGN_IN}

    @extend_schema(request=EmailChangeBody, responses=MessageAnswer)
    def post(self, request: Request) -> Response:
        """Have a link mailed to your new address; until it is followed you keep the old one."""
        body = EmailChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        ask_for_email_change(
            email=body.validated_data["new_email"],
            password=body.validated_data["password"],
            address=address_of(request._request),
            acting_user=request.user,  # type: ignore[arg-type]
        )
        return Response({"message": "A link is on its way to the new address. Confirm it there."})


@extend_schema(tags=["auth"])
class EmailConfirmView(AnonymousView):
    throttle_classes = (EmailConfirmThrottle,)

    @extend_schema(request=EmailConfirmBody, responses=EmailConfirmAnswer)
    def post(self, request: Request) -> Response:
        """Confirm a new address by a mailed link, which is good once."""
        body = EmailConfirmBody(data=request.data)
        body.is_valid(raise_exception=True)
        user = confirm_email_change(token=body.validated_data["token"])
        return Response({"message": "The address is changed.", "email": user.email})

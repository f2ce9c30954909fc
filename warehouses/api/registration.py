"""Registering over HTTP: for anybody, and with one answer whether or not an address is known."""

from datetime import timedelta

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.throttles import AnonymousThrottle
from users.api.throttles import HourlyThrottle
from users.api.views import AnonymousView
from users.models import User
from warehouses.api.lifecycle_serializers import RegisterAnswer, RegisterBody
from warehouses.services import register_person


class RegistrationThrottle(HourlyThrottle):
    """Registrations from one address; each costs a password hash and up to some mails."""

    scope = "registration"
    window = timedelta(minutes=1)

    def limit_now(self) -> int:
        limit: int = settings.REGISTRATIONS_PER_MINUTE
        return limit


@extend_schema(tags=["auth"])
class RegisterView(AnonymousView):
    throttle_classes = (AnonymousThrottle, RegistrationThrottle)

    @extend_schema(request=RegisterBody, responses={201: RegisterAnswer})
    def post(self, request: Request) -> Response:
        """Ask for an account: it waits until somebody of the warehouse lets you in."""
        body = RegisterBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked = register_person(**body.validated_data)
        answer = {
            "message": "Registration received. You get a mail when it is decided.",
            "username": asked.username,
            "email": body.validated_data["email"],
            "role": asked.role,
            "warehouse": body.validated_data["warehouse"].code,
            "status": User.Status.PENDING.value,
        }
        return Response(answer, status=201)

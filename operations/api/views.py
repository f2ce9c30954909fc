"""Health over HTTP: for people, load balancers and supervisors."""

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operations.api.serializers import HealthAnswer, ProbeAnswer
from operations.health import CONNECTED, UNAVAILABLE, database_answers, dependencies


class ProbeView(APIView):
    """Open to everybody: a token sent along is not even read."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()


@extend_schema(tags=["health"], responses={200: HealthAnswer, 503: HealthAnswer})
class HealthView(ProbeView):
    def get(self, request: Request) -> Response:
        found = dependencies()
        serving = found["database"] == CONNECTED
        well = serving and UNAVAILABLE not in found.values()
        body = {
            "status": "ok" if well else "degraded" if serving else "unavailable",
            "timestamp": timezone.now(),
            "version": settings.VERSION,
            "dependencies": found,
        }
        return Response(body, status=200 if serving else 503)


@extend_schema(tags=["health"], responses=ProbeAnswer)
class LiveView(ProbeView):
    """The process answers."""

    def get(self, request: Request) -> Response:
        return Response({"status": "ok"})


@extend_schema(tags=["health"], responses={200: ProbeAnswer, 503: ProbeAnswer})
class ReadyView(ProbeView):
    """The process can serve requests: its database answers."""

    def get(self, request: Request) -> Response:
        ready = database_answers()
        return Response({"status": "ok" if ready else "unavailable"}, status=200 if ready else 503)

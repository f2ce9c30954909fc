"""Opening the stream of events."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.renderers import NumberJSONRenderer
from common.api.views import ApiView
from common.exceptions import DomainError
from common.permissions import Can
from operations.live.audience import TOPICS, Audience, warehouses_of
from operations.live.response import StreamResponse
from users.api.own_access import current_sign_in
from users.api.views import expiry
from users.models import ApiToken
from warehouses.models import Warehouse

KNOWN = ("topics", "warehouse")
NEEDED = {"stock": Can.VIEW_STOCK, "alerts": Can.VIEW_STOCK, "notifications": Can.SIGN_IN}


class StreamsElsewhere(DomainError):
    """The request reached the web server, which holds no streams."""

    code = "streams_elsewhere"
    http_status = 503
    title = "No event stream here"


class EventStreamRenderer(BaseRenderer):
    """Lets clients ask for text/event-stream; errors are JSON all the same."""

    media_type = "text/event-stream"
    format = "events"
    charset = None

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return NumberJSONRenderer().render(data)


class EventsView(ApiView):
    resource_name = "events"
    permissions = {"get": Can.SIGN_IN}
    renderer_classes = (EventStreamRenderer, NumberJSONRenderer)

    @extend_schema(
        operation_id="events",
        parameters=[
            OpenApiParameter(
                "topics", str, description=f"Of {', '.join(TOPICS)}, with commas; all if absent."
            ),
            OpenApiParameter(
                "warehouse", str, description="Codes, with commas; all of the caller's if absent."
            ),
            OpenApiParameter(
                "Last-Event-ID", str, OpenApiParameter.HEADER,
                description="The id of the last event received: those since are sent first.",
            ),
        ],
        responses={
            (200, "text/event-stream"): OpenApiTypes.STR,
            307: OpenApiResponse(description="Streams are held at this address."),
        },
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponseBase:
        """Tell what happens in the caller's warehouses, as server-sent events, while it lasts.

        `stock`, `alert` and `notification` carry what happened; `ready` comes first; `reset` says
        that events were missed and what is shown must be read again; `end` gives a reason and
        closes the stream. Streams are held at the `events_url` of `/api/auth/status/`.
        """
        audience = audience_of(request)
        admit = getattr(request._request, "admit_stream", None)
        if admit is None:
            return elsewhere(request)
        admit(audience.user_id)
        return StreamResponse(audience, request.headers.get("Last-Event-ID"))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, Response):  # an error
            request.accepted_renderer = NumberJSONRenderer()
            request.accepted_media_type = NumberJSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


def audience_of(request: Request) -> Audience:
    """Return who asks and what for; raises ValidationError and PermissionDenied."""
    unknown = {
        name: [f"Unknown parameter. Known: {', '.join(KNOWN)}."]
        for name in request.query_params
        if name not in KNOWN
    }
    if unknown:
        raise ValidationError(unknown)
    user: Any = request.user
    is_everywhere = user.can(Can.SEE_ALL_WAREHOUSES)
    token = request.auth if isinstance(request.auth, ApiToken) else None
    return Audience(
        user_id=user.pk,
        rights=(user.role, *user.extra_permissions),
        sign_in_id=None if token else current_sign_in(request),
        token_id=token.pk if token else None,
        expires_at=expires_at(request),
        warehouses=None if is_everywhere else warehouses_of([user.pk]).get(user.pk, frozenset()),
        asked_for=asked_warehouses(request),
        topics=asked_topics(request),
        manages_catalogue=user.can(Can.MANAGE_CATALOGUE),
    )


def expires_at(request: Request) -> datetime:
    if request.auth is None and not hasattr(request._request, "session"):
        return datetime.max.replace(tzinfo=UTC)
    return expiry(request)


def asked_topics(request: Request) -> frozenset[str]:
    """Return the topics asked for, or all that the caller may hear."""
    user: Any = request.user
    allowed = frozenset(topic for topic in TOPICS if user.can(NEEDED[topic]))
    names = words_of(request, "topics")
    if not names:
        return allowed
    strange = sorted(names - set(TOPICS))
    if strange:
        text = f"Unknown topic {strange[0][:50]!r}. Send some of {', '.join(TOPICS)}."
        raise ValidationError({"topics": [text]})
    if not names <= allowed:
        raise PermissionDenied("You may not see stock. Leave out the topics stock and alerts.")
    return frozenset(names)


def asked_warehouses(request: Request) -> frozenset[int] | None:
    """Return the keys of the warehouses asked for; a foreign one answers like an unknown one."""
    names = words_of(request, "warehouse")
    if not names:
        return None
    keys = set()
    for name in sorted(names):
        row = Warehouse.objects.member(request.user).by_reference(name).first()
        if row is None:
            raise ValidationError({"warehouse": [f"Unknown reference {name[:50]!r}."]})
        keys.add(row.pk)
    return frozenset(keys)


def words_of(request: Request, parameter: str) -> set[str]:
    text = ",".join(request.query_params.getlist(parameter))
    return {word.strip() for word in text.split(",") if word.strip()}


def elsewhere(request: Request) -> HttpResponse:
    """Send the caller to the process that holds streams; raises StreamsElsewhere where it is us."""
    place = urlsplit(settings.EVENTS_URL)
    if (place.netloc, place.path) == (request.get_host(), request.path):
        raise StreamsElsewhere(
            "The proxy must pass this path on to the event process: see the deployment guide."
        )
    query = request.META.get("QUERY_STRING", "")
    answer = HttpResponseRedirect(settings.EVENTS_URL + (f"?{query}" if query else ""))
    answer.status_code = 307
    return answer

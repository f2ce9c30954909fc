"""What the view answers where streams are held."""

from django.http import StreamingHttpResponse

from operations.live.audience import Audience


class StreamResponse(StreamingHttpResponse):
    """The head of an answer whose body never ends: the view's word that somebody may listen."""

    def __init__(self, audience: Audience, last_event_id: str | None) -> None:
        super().__init__((), content_type="text/event-stream; charset=utf-8")
        self.audience = audience
        self.last_event_id = last_event_id
        self["Cache-Control"] = "no-cache, no-transform"
        self["X-Accel-Buffering"] = "no"

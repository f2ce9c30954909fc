"""JSON as the API writes it: decimals are numbers."""

from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer


def encode(value: Any) -> Any:
    """Give orjson what it does not know: decimals as numbers (75, not 75.000), lazy text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, str):
        return str.__str__(value)  # an enumeration's or a safe string's bare text
    if isinstance(value, Promise):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__iter__"):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS


class NumberJSONRenderer(BaseRenderer):
    """Render with orjson."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        if data is None:
            return b""
        indent = orjson.OPT_INDENT_2 if "indent" in (accepted_media_type or "") else 0
        return orjson.dumps(data, default=encode, option=OPTIONS | indent)


class BrowsableRenderer(BrowsableAPIRenderer):
    """The browsable API, with readable JSON inside and examples to send.

    Bodies are seldom what answers show, so that no form of single fields is made of these.
    """

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        if method in ("POST", "PUT", "PATCH"):
            return None
        return super().get_rendered_html_form(data, view, method, request)

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        from common.api.browsable import example_for  # noqa: PLC0415 - browsers alone need it

        form = super().get_raw_data_form(data, view, method, request)
        if form is not None:
            example = example_for(request.path_info, method)
            text = "" if example is None else IndentedJSONRenderer().render(example).decode()
            form.fields["_content"].initial = text
        return form

    def get_default_renderer(self, view: Any) -> BaseRenderer:
        return IndentedJSONRenderer()


class IndentedJSONRenderer(NumberJSONRenderer):
    format = "indented"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return super().render(data, "indent", renderer_context)

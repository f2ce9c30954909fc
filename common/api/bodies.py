"""Bodies of requests, checked."""

from functools import cache
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.settings import api_settings


def checked_body(serializer_class: Any, request: Request) -> dict[str, Any]:
    """Return what a serializer makes of a body, or raise its ValidationError.

    For serializers that look at the body alone: one of each is kept for all requests, because
    building its fields takes longer than checking them.
    """
    try:
        return dict(_kept(serializer_class).run_validation(request.data))
    except ValidationError as error:
        if isinstance(error.detail, list):  # no object at all
            raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: error.detail}) from None
        raise


def body_with_synonyms(serializer_class: Any, request: Request) -> dict[str, Any]:
    """Return what a serializer with SynonymsMixin makes of a body, or raise ValidationError."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


@cache
def _kept(serializer_class: Any) -> BaseSerializer[Any]:
    serializer: BaseSerializer[Any] = serializer_class()
    return serializer

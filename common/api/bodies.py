"""Bodies of requests, checked."""

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError as ModelError
from rest_framework.exceptions import ValidationError
from rest_framework.fields import Field, SkipField, empty, get_error_detail
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.settings import api_settings


class Checked(NamedTuple):
    """A field of a body, what its serializer checks besides, and whether it may be passed over."""

    name: str
    field: Field[Any, Any, Any, Any]
    check: Callable[[Any], Any] | None
    is_optional: bool

    def value_in(self, data: dict[str, Any]) -> Any:
        """Return what a body gives for it; raises what fields and checks raise."""
        value = self.field.run_validation(data.get(self.name, empty))
        return value if self.check is None else self.check(value)


class GivenFieldsMixin(Serializer[Any]):
    """Looks at the fields that a body gives, and at no others unless they must be there.

    Of a line's fields most bodies give a few: to pass over the rest one by one, a thousand times
    over, took longer than to check what is given. Says and returns what any serializer would.
    """

    @cached_property
    def checked_fields(self) -> list[Checked]:
        return [
            Checked(
                name,
                field,
                getattr(self, f"validate_{name}", None),
                not field.required and field.default is empty,
            )
            for name, field in self.fields.items()
            if not field.read_only
        ]

    def to_internal_value(self, data: Any) -> Any:
        if type(data) is not dict:  # a form, whose fields are found otherwise, or no object
            return super().to_internal_value(data)
        values: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for one in self.checked_fields:
            if one.is_optional and one.name not in data:
                continue
            try:
                self.set_value(values, one.field.source_attrs, one.value_in(data))
            except ValidationError as error:
                errors[one.name] = error.detail
            except ModelError as error:
                errors[one.name] = get_error_detail(error)
            except SkipField:
                continue
        if errors:
            raise ValidationError(errors)
        return values

    def run_validators(self, value: Any) -> None:
        if self.validators:
            super().run_validators(value)


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

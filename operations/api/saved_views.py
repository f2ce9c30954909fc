"""Saved filters over HTTP: one's own, and those that others shared."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from common.api.filters import StrictBooleanFilter
from common.api.saved_views import checked_query, lists, lists_of
from common.api.viewsets import ResourceViewSet
from common.models import SavedView
from common.permissions import Can
from common.saved_views import (
    change_saved_view,
    create_saved_view,
    delete_saved_view,
    parameters_of,
)


def choices_of_lists() -> list[tuple[str, str]]:
    return [(path, path) for path in lists()]


class SavedViewFilter(filters.FilterSet):
    resource = filters.ChoiceFilter(choices=choices_of_lists)
    is_shared = StrictBooleanFilter(field_name="is_shared")
    is_default = StrictBooleanFilter(field_name="is_default")

    class Meta:
        model = SavedView
        fields = ["resource", "is_shared", "is_default"]


@extend_schema_field(OpenApiTypes.OBJECT)
class ParametersField(serializers.DictField):
    """Parameters of a list by name; one that is sent several times has a list of values."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        parameters = super().to_internal_value(data)
        return {name: self.plain(name, value) for name, value in parameters.items()}

    def plain(self, name: str, value: Any) -> Any:
        """Return a value, or each of several, as an address has it."""
        if isinstance(value, list):
            return [self.plain(name, one) for one in value]
        if isinstance(value, bool):
            return str(value).lower()
        if not isinstance(value, str | int | float):
            raise serializers.ValidationError({name: ["Send a text, a number, true or false."]})
        return str(value)


class SavedViewSerializer(serializers.ModelSerializer[SavedView]):
    """A filter under a name. `query` is what stands behind the question mark of the list."""

    owner = serializers.CharField(source="owner.code", read_only=True)
    parameters = ParametersField(
        help_text="What the list is filtered, searched and ordered by, as in its address."
    )

    class Meta:
        model = SavedView
        fields = [
            "id", "name", "resource", "parameters", "query", "is_shared", "is_default", "owner",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["query", "created_at", "updated_at"]
        extra_kwargs = {
            "resource": {"help_text": "The list's path below /api/, such as stock-movements."},
            "name": {"help_text": "The list takes it as ?view=."},
        }
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Let the list itself check the parameters."""
        resource = attrs.pop("resource", None) or getattr(self.instance, "resource", "")
        if self.instance is not None and resource != self.instance.resource:
            text = "A saved filter stays with its list. Save another one."
            raise serializers.ValidationError({"resource": [text]})
        if "parameters" in attrs:
            parameters = attrs.pop("parameters")
            attrs["query"] = checked_query(resource, parameters, self.context["request"])
        return attrs if self.instance is not None else {**attrs, "resource": resource}

    def to_representation(self, instance: SavedView) -> dict[str, Any]:
        instance.parameters = parameters_of(instance.query)  # type: ignore[attr-defined]
        return dict(super().to_representation(instance))


@extend_schema_view(list=extend_schema(description="Those of lists that the caller may read."))
class SavedViewViewSet(ResourceViewSet):
    """Filters of lists under a name: the caller's own, and those that others shared."""

    queryset = SavedView.objects.select_related("owner").order_by("resource", "name", "pk")
    serializer_class = SavedViewSerializer
    filterset_class = SavedViewFilter
    search_fields = ["name"]
    ordering_fields = ["name", "resource", "created_at"]
    resource_name = "saved_views"
    noun = "Saved filter"
    permissions = {
        "list": Can.SIGN_IN,
        "retrieve": Can.SIGN_IN,
        "create": Can.SIGN_IN,
        "update": Can.SIGN_IN,
        "partial_update": Can.SIGN_IN,
        "destroy": Can.SIGN_IN,
    }

    def get_queryset(self) -> Any:
        """Leave out what is of the back office's pages, or of lists that the caller cannot read."""
        return super().get_queryset().filter(resource__in=lists_of(self.request.user))

    def detail_rows(self) -> Any:
        """Return the row just written, also where an administrator ceased to share it."""
        return SavedView.objects.select_related("owner")

    def perform_create(self, serializer: Any) -> SavedView:
        return create_saved_view(acting_user=self.request.user, **serializer.validated_data)

    def perform_update(self, serializer: Any) -> SavedView:
        return change_saved_view(
            view=serializer.instance,
            values=serializer.validated_data,
            acting_user=self.request.user,
        )

    def perform_destroy(self, instance: SavedView) -> None:
        delete_saved_view(view=instance, acting_user=self.request.user)

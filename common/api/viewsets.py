"""Base classes of the endpoints."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from common.api.safe_writes import SafeWriteMixin
from common.permissions import Can


class ApiViewSet(SafeWriteMixin, GenericViewSet[Any]):
    """Rows that the caller may see, found by code or primary key.

    A subclass names `queryset` (a ReferenceQuerySet), `resource_name` for the list envelope, and
    in `permissions` what each action requires; an action without one is refused.
    """

    permissions: dict[str, Can] = {}
    resource_name = "results"
    # Codes may hold slashes; a path's own words, such as `variations`, are lower-case.
    lookup_value_regex = "[^/]+(?:/[A-Z0-9._-]+)*"

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.request.user)

    def get_object(self) -> Any:
        reference = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        rows: Any = self.filter_queryset(self.get_queryset())
        row = rows.by_reference(reference).first()
        if row is None:
            noun = self.get_queryset().model._meta.verbose_name
            raise Http404(f"There is no {noun} {str(reference)[:50]!r} among those you may see.")
        self.check_object_permissions(self.request, row)
        return row

    def answer(self, row: Any, message: str, http_status: int = 200, **extra: Any) -> Response:
        """Give a message, the business code, the id and the whole object."""
        body = {"message": message, **extra, "id": row.pk, **self.representation(row)}
        return Response(body, status=http_status)

    def representation(self, row: Any) -> dict[str, Any]:
        """Return the whole object as its detail answer shows it."""
        return dict(self.get_serializer(self.get_queryset().get(pk=row.pk)).data)


class ListRetrieveViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Rows to read."""


class ResourceViewSet(mixins.DestroyModelMixin, ListRetrieveViewSet):
    """Plain records: list, read, create, change in part (PUT and PATCH alike), delete."""

    noun = "Record"

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = self.perform_create(serializer)
        return self.answer(row, f"{self.noun} created successfully", status.HTTP_201_CREATED)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        row = self.perform_update(serializer)
        row.refresh_from_db()
        return self.answer(
            row,
            f"{self.noun} updated successfully",
            updated_fields=field_paths(serializer.initial_data, serializer),
            updated_at=getattr(row, "updated_at", None) or timezone.now(),
        )

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.update(request, *args, **kwargs)

    def perform_create(self, serializer: BaseSerializer[Any]) -> Any:
        return serializer.save()

    def perform_update(self, serializer: BaseSerializer[Any]) -> Any:
        return serializer.save()


def field_paths(body: Any, serializer: BaseSerializer[Any] | None = None) -> list[str]:
    """Return the dotted paths of the fields that a body sets, as far as the serializer has them."""
    known = getattr(serializer, "fields", None)
    paths = []
    for name, value in body.items():
        if known is not None and (name not in known or known[name].read_only):
            continue
        if isinstance(value, dict) and value:
            paths += [f"{name}.{inner}" for inner in field_paths(value)]
        else:
            paths.append(name)
    return paths

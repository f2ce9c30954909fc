"""Base classes of the endpoints."""

from collections.abc import Generator, Iterable
from typing import Any, cast

from django.http import Http404
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from common.api.copied_csv import copied_csv
from common.api.database_json import JSON, written
from common.api.exports import CsvRenderer, ExportRenderer, XlsxRenderer, chunks_of, columns_of
from common.api.pagination import has_compiled_rows
from common.api.preconditions import (
    SAFE_METHODS,
    entity_tag,
    require_current,
    states_precondition,
)
from common.api.renderers import NumberJSONRenderer
from common.api.safe_writes import SafeWriteMixin
from common.api.saved_views import take_saved_view
from common.compiled_queries import CompiledRow
from common.permissions import Can
from common.row_versions import RowVersion


class ApiViewSet(SafeWriteMixin, GenericViewSet[Any]):
    """Rows that the caller may see, found by code or primary key.

    A subclass names `queryset` (a ReferenceQuerySet), `resource_name` for the list envelope, and
    in `permissions` what each action requires; an action without one is refused.
    """

    permissions: dict[str, Can] = {}
    resource_name = "results"
    versionless_answers: tuple[str, ...] = ()
    compares_versions = True
    # Codes may hold slashes; a path's own words, such as `variations`, are lower-case.
    lookup_value_regex = "[^/]+(?:/[A-Z0-9._-]+)*"

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.request.user)

    def get_object(self) -> Any:
        """Return the row of the path; a write that names its version locks and compares it."""
        row = self.find_row()
        if self.request.method not in SAFE_METHODS and states_precondition(self.request):
            self.lock_before(row)
            require_current(self.request, row)
            row = self.find_row()
        return row

    def find_row(self) -> Any:
        reference = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        compiled = None if self.request.query_params else self.compiled_row()
        if compiled is not None:
            row = compiled.find(reference, self.request.user)
        else:
            rows: Any = self.filter_queryset(self.get_queryset())
            row = rows.annotate(row_version=RowVersion()).by_reference(reference).first()
        if row is None:
            noun = self.get_queryset().model._meta.verbose_name
            raise Http404(f"There is no {noun} {str(reference)[:50]!r} among those you may see.")
        self.check_object_permissions(self.request, row)
        return row

    def compiled_row(self) -> CompiledRow | None:
        """Return the query of the row of a path with its `row_version`, where it is compiled.

        It finds what get_queryset() does for the action.
        """
        return None

    def lock_before(self, row: Any) -> None:
        """Lock what the services of this resource lock before the row itself; here nothing."""

    def answer(self, row: Any, message: str, http_status: int = 200, **extra: Any) -> Response:
        """Give a message, the business code, the id and the whole object."""
        body = {"message": message, **extra, "id": row.pk, **self.representation(row)}
        return Response(body, status=http_status)

    def representation(self, row: Any) -> dict[str, Any]:
        """Return the whole object as its detail answer shows it, read anew."""
        return self.shown(self.detail_rows().annotate(row_version=RowVersion()).get(pk=row.pk))

    def detail_rows(self) -> Any:
        """Return the rows with what a whole object shows."""
        return self.get_queryset()

    def detail_serializer(self, row: Any) -> BaseSerializer[Any]:
        return self.get_serializer(row)

    def shown(self, row: Any) -> dict[str, Any]:
        """Return a row as JSON with its version."""
        return {**self.detail_serializer(row).data, "version": row.row_version}

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        body = getattr(response, "data", None)
        if isinstance(body, dict) and "version" in body and not response.exception:
            response["ETag"] = entity_tag(body["version"])
        if isinstance(getattr(request, "accepted_renderer", None), ExportRenderer):
            # What is no export is an error, and errors are JSON.
            request.accepted_renderer = NumberJSONRenderer()
            request.accepted_media_type = NumberJSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


class ListViewSet(ApiViewSet):
    """Rows to list: in pages, or all that the filters select as CSV or XLSX.

    A list that may be very long names in `csv_columns` what the database writes into a CSV file.
    """

    csv_columns: dict[str, Any] = {}

    def get_renderers(self) -> list[Any]:
        exports = [CsvRenderer(), XlsxRenderer()] if self.action == "list" else []
        return [*super().get_renderers(), *exports]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        take_saved_view(self, request)
        renderer = getattr(request, "accepted_renderer", None)
        if has_compiled_rows(self, request) and not isinstance(renderer, ExportRenderer):
            # Nothing is filtered: these rows are written as a statement only to be counted.
            late = SimpleLazyObject(lambda: self.list_rows(self.get_queryset()))
            page = self.paginate_queryset(cast(Any, late)) or []
            is_written = bool(page) and isinstance(page[0], dict) and JSON in page[0]
            return self.get_paginated_response(
                written(page) if is_written else self.list_data(page)
            )
        found = self.filter_queryset(self.get_queryset())
        if isinstance(renderer, CsvRenderer) and (copied := self.copied_columns()):
            return copied_csv(self.resource_name, found, copied)
        rows = self.list_rows(found)
        if isinstance(renderer, ExportRenderer):
            columns = columns_of(self.list_serializer())
            return renderer.answer(self.resource_name, columns, self.all_of(rows))
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(self.list_data(page))

    def copied_columns(self) -> dict[str, Any]:
        """Return what the database writes into the CSV file that is asked for, if it does."""
        return self.csv_columns

    def list_rows(self, rows: Any) -> Any:
        """Return the filtered rows in the form in which `list_data` wants them."""
        return rows

    def list_data(self, rows: Any) -> Any:
        """Return some rows of the list as JSON."""
        return self.get_serializer(rows, many=True).data

    def list_serializer(self) -> Any:
        return self.get_serializer_class()(context=self.get_serializer_context())

    def all_of(self, rows: Any) -> Generator[Iterable[Any], None, None]:
        """Yield all rows as JSON, some hundreds at a time, each time with as many queries."""
        for some in chunks_of(rows):
            yield self.list_data(some)


class ListRetrieveViewSet(ListViewSet):
    """Rows to read."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.shown(self.get_object()))


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

"""Imports and exports over HTTP."""

from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.http import FileResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.exports import CHUNK, CsvRenderer, XlsxRenderer, csv_response
from common.api.renderers import NumberJSONRenderer
from common.api.views import ApiView
from common.api.viewsets import ListRetrieveViewSet
from common.documents.words import file_name
from common.permissions import Can
from operations.exchange.describe import columns_of
from operations.exchange.exceptions import FileTooLarge, RowsRefused
from operations.exchange.export import csv_lines, xlsx_file
from operations.exchange.jobs import (
    MOST_BYTES,
    PIECE,
    cancel_import,
    confirm_import,
    create_import,
)
from operations.exchange.kinds import KINDS
from operations.exchange.marked import marked_rows
from operations.exchange.staging import Options
from operations.exchange.templates import template_csv, template_xlsx
from operations.models import ImportJob

FORM_ROOM = 64 * 1024  # what a form needs beside its file
FILES: Any = {
    (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR),
    (200, XlsxRenderer.media_type): OpenApiResponse(OpenApiTypes.BINARY),
}
ROWS = ("refused", "all")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}


class ImportRequest(serializers.Serializer[Any]):
    """A file and how to read it; whatever is left out is found out."""

    file = serializers.FileField(allow_empty_file=True, max_length=255)
    dry_run = serializers.BooleanField(
        required=False, default=True, help_text="false: import it if no row is refused."
    )
    preset = serializers.CharField(
        required=False, allow_blank=True, max_length=50,
        help_text="Whose column names the file has, such as odoo; empty: recognised.",
    )  # fmt: skip
    encoding = serializers.CharField(required=False, allow_blank=True, max_length=30)
    delimiter = serializers.ChoiceField(choices=list(DELIMITERS), required=False, allow_blank=True)
    decimal = serializers.ChoiceField(choices=[".", ","], required=False, allow_blank=True)
    date_format = serializers.CharField(
        required=False, allow_blank=True, max_length=30,
        help_text="Such as dd.mm.yyyy or %d.%m.%Y; empty: 2026-01-31.",
    )  # fmt: skip
    ignore_unknown_columns = serializers.BooleanField(required=False, default=False)
    allow_below_cost = serializers.BooleanField(required=False, default=False)

    def options(self) -> Options:
        wanted: dict[str, Any] = dict(self.validated_data)
        del wanted["file"], wanted["dry_run"]
        delimiter = DELIMITERS.get(wanted.get("delimiter", ""), "")
        return Options(**{**wanted, "delimiter": delimiter})


class ProblemSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField(help_text="As in the file; the header is mostly line 1.")
    column = serializers.CharField()
    value = serializers.CharField()
    problem = serializers.CharField(help_text="What is wrong, and what to do about it.")


class ProblemGroupSerializer(serializers.Serializer[Any]):
    """What is wrong in the same way in many rows."""

    column = serializers.CharField()
    problem = serializers.CharField()
    count = serializers.IntegerField()
    line = serializers.IntegerField(help_text="The first one.")
    value = serializers.CharField(help_text="On that line.")


class ReportSerializer(serializers.Serializer[Any]):
    """How the file was read, and the fate of each of its lines."""

    format = serializers.CharField()
    encoding = serializers.CharField()
    delimiter = serializers.CharField()
    sheet = serializers.CharField(help_text="Of a workbook: the first visible one with cells.")
    preset = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    ignored_columns = serializers.ListField(child=serializers.CharField())
    totals = serializers.DictField(child=serializers.IntegerField())
    lines = serializers.DictField(
        child=serializers.ListField(), help_text="By fate, the first and last lines of its ranges."
    )
    problems = ProblemSerializer(many=True, help_text="The first 1,000.")
    problem_count = serializers.IntegerField()
    groups = ProblemGroupSerializer(
        many=True, default=list, help_text="What is wrong by kind, the most frequent first."
    )
    is_marked = serializers.BooleanField(
        default=False, help_text="Whether …/rows/ gives the rows out with their problems."
    )
    is_imported = serializers.BooleanField()


class ImportJobRowSerializer(serializers.ModelSerializer[ImportJob]):
    """An import in the list."""

    created_by = serializers.CharField(source="created_by.code")

    class Meta:
        model = ImportJob
        fields = [
            "id", "kind", "file_name", "size", "dry_run", "state", "percent", "message",
            "created_by", "created_at", "started_at", "finished_at",
        ]  # fmt: skip


class ImportJobSerializer(ImportJobRowSerializer):
    """An import; `report` is null until it has run."""

    report = ReportSerializer(allow_null=True)

    class Meta(ImportJobRowSerializer.Meta):
        fields = [*ImportJobRowSerializer.Meta.fields, "report"]

    def to_representation(self, instance: ImportJob) -> dict[str, Any]:
        return {**ImportJobRowSerializer(instance).data, "report": instance.report or None}


class ImportAnswer(ImportJobSerializer):
    """An import, and what to do next."""

    message = serializers.CharField()

    class Meta(ImportJobSerializer.Meta):
        fields = [*ImportJobSerializer.Meta.fields, "message"]


SAID: dict[str, str] = {
    ImportJob.State.CHECKED: "Checked: nothing was written. Send it with dry_run=false to import.",
    ImportJob.State.IMPORTED: "Imported.",
    ImportJob.State.CANCELLED: "Cancelled: nothing was imported.",
}
QUEUED = "The file waits for the worker. Ask for the job to see how far it is."


def answer_of(job: ImportJob) -> Response:
    """Tell what became of a job; raises RowsRefused where rows kept it from being imported."""
    if job.state == ImportJob.State.REFUSED:
        totals = job.report["totals"]
        rows = f"{totals['refused']} of {totals['rows']} rows"
        raise RowsRefused(
            f"{rows if totals['refused'] else 'Columns'} were refused, so nothing was imported. "
            "Correct them and send the file again.",
            {"rows": job.report["problems"]},
        )
    body = {**ImportJobSerializer(job).data, "message": SAID.get(job.state, QUEUED)}
    return Response(body, status=200 if job.state in SAID else 202)


class ImportView(ApiView):
    """Import a file, or see first what would become of each of its rows.

    A dry run unless `dry_run=false`; then all rows are imported, or none. Larger files are
    imported by the worker: the answer is 202 with a job that tells how far it is.
    """

    kind = "products"

    @extend_schema(
        tags=["import and export"],
        request={"multipart/form-data": ImportRequest},
        responses={200: ImportAnswer, 202: ImportAnswer},
        parameters=[OpenApiParameter("dry_run", bool, description="As the field of the form.")],
    )
    def post(self, request: Request) -> Response:
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES + FORM_ROOM:
            raise FileTooLarge(f"At most {MOST_BYTES // 1024 // 1024} MB. Split the file.")
        sent: Any = request.data
        fields = {name: sent[name] for name in sent} if hasattr(sent, "keys") else {}
        wanted = ImportRequest(data={**request.query_params.dict(), **fields})
        wanted.is_valid(raise_exception=True)
        file = wanted.validated_data["file"]
        job = create_import(
            kind=self.kind,
            chunks=file.chunks(PIECE),
            file_name=file.name,
            options=wanted.options(),
            dry_run=wanted.validated_data["dry_run"],
            acting_user=request.user,
        )
        return answer_of(job)


class FileOrErrorMixin:
    """A view that answers with a file, or with what is wrong."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, Response):
            # What is no file is an error, and errors are JSON, also where no format was agreed on.
            request.accepted_renderer = NumberJSONRenderer()
            request.accepted_media_type = NumberJSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]


def require_file(request: Request) -> None:
    if request.query_params.get("format") == NumberJSONRenderer.format:
        raise ValidationError({"format": ["A file of an import is CSV or XLSX: use one."]})


class ExportView(FileOrErrorMixin, ApiView):
    """All of a kind as the file that its import reads: CSV, or XLSX by `?format=xlsx`."""

    kind = "products"
    renderer_classes = [CsvRenderer, XlsxRenderer, NumberJSONRenderer]

    @extend_schema(
        tags=["import and export"],
        parameters=[OpenApiParameter("format", str, enum=["csv", "xlsx"])],
        responses=FILES,
    )
    def get(self, request: Request) -> Any:
        require_file(request)
        kind = KINDS[self.kind]
        if not isinstance(request.accepted_renderer, XlsxRenderer):
            lines = csv_lines(kind, request.user)
            return csv_response(kind.name, lines)
        return workbook_answer(xlsx_file(kind, request.user), kind.name)


class ColumnSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    is_required = serializers.BooleanField(help_text="Whether a file must have it.")
    meaning = serializers.CharField()
    form = serializers.CharField(help_text="How its cells are written.")
    example = serializers.CharField()
    also = serializers.ListField(child=serializers.CharField(), help_text="Further names of it.")


class ColumnsAnswer(serializers.Serializer[Any]):
    columns = ColumnSerializer(many=True)


class TemplateView(FileOrErrorMixin, ApiView):
    """The columns that a kind's import reads, as a file to fill in: CSV or XLSX, explained as JSON.

    `?example=true` adds a row to be written over. The second sheet of XLSX explains the columns.
    """

    kind = "products"
    renderer_classes = ExportView.renderer_classes

    @extend_schema(
        tags=["import and export"],
        parameters=[
            OpenApiParameter("format", str, enum=["csv", "xlsx", "json"]),
            OpenApiParameter("example", bool),
        ],
        responses={**FILES, (200, "application/json"): ColumnsAnswer},
    )
    def get(self, request: Request) -> Any:
        kind = KINDS[self.kind]
        wanted = TemplateParameters(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        with_example = wanted.validated_data["example"]
        if isinstance(request.accepted_renderer, NumberJSONRenderer):
            return Response(ColumnsAnswer({"columns": columns_of(kind)}).data)
        if isinstance(request.accepted_renderer, XlsxRenderer):
            return workbook_answer(template_xlsx(kind, with_example=with_example), kind.name)
        return csv_response(kind.name, iter([template_csv(kind, with_example=with_example)]))


class TemplateParameters(serializers.Serializer[Any]):
    example = serializers.BooleanField(default=False)


def workbook_answer(file: Any, name: str) -> FileResponse:
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{name}.xlsx",
        content_type=XlsxRenderer.media_type,
    )


class ImportJobFilter(filters.FilterSet):
    kind = filters.ChoiceFilter(choices=[(name, name) for name in KINDS])
    state = filters.ChoiceFilter(choices=ImportJob.State.choices)

    class Meta:
        model = ImportJob
        fields = ["kind", "state"]


class ImportJobViewSet(ListRetrieveViewSet):
    """Imports: how far each is, and what became of its rows; everybody sees their own."""

    queryset = ImportJob.objects.select_related("created_by").order_by("-pk")
    serializer_class = ImportJobSerializer
    filterset_class = ImportJobFilter
    search_fields = ["file_name"]
    ordering_fields = ["created_at", "finished_at"]
    resource_name = "import_jobs"
    permissions = {
        # What somebody may import is asked for where they do, and of others they see nothing.
        "list": Can.SIGN_IN,
        "retrieve": Can.SIGN_IN,
        "confirm": Can.SIGN_IN,
        "cancel": Can.SIGN_IN,
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.defer("report") if self.action == "list" else rows

    def get_serializer_class(self) -> Any:
        return ImportJobRowSerializer if self.action == "list" else ImportJobSerializer

    @extend_schema(request=None, responses={200: ImportAnswer, 202: ImportAnswer})
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Import the file of a dry run that refused no row."""
        return answer_of(confirm_import(job=self.get_object(), acting_user=request.user))

    @extend_schema(request=None, responses=ImportAnswer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Cancel an import that waits or is running, or drop a file that was checked."""
        return answer_of(cancel_import(job=self.get_object(), acting_user=request.user))


class ImportRowsView(FileOrErrorMixin, ApiView):
    """The rows of a file that were refused, or all of them, each with what is wrong with it.

    The file is as it was sent, with two columns more, which an import leaves out: correct it there
    and send it again.
    """

    resource_name = "import_rows"
    permissions = {"get": Can.SIGN_IN}
    renderer_classes = [CsvRenderer, XlsxRenderer, NumberJSONRenderer]

    @extend_schema(
        tags=["import and export"],
        parameters=[
            OpenApiParameter("format", str, enum=["csv", "xlsx"]),
            OpenApiParameter("rows", str, enum=list(ROWS), description="Without it: refused."),
        ],
        responses=FILES,
    )
    def get(self, request: Request, pk: str) -> Any:
        require_file(request)
        wanted = request.query_params.get("rows", ROWS[0])
        if wanted not in ROWS:
            raise ValidationError({"rows": [f"Use one of: {', '.join(ROWS)}."]})
        job = ImportJob.objects.visible_to(request.user).by_reference(pk).first()
        if job is None or not job.has_marked_rows:
            raise NotFound("There is no such import of which rows were refused.")
        return marked_answer(job, request.accepted_renderer, refused_only=wanted == ROWS[0])


def marked_answer(job: ImportJob, renderer: Any, *, refused_only: bool) -> Any:
    """Return the rows as a file; CSV begins with the mark by which Excel knows UTF-8."""
    rows = rows_with_problems(job, refused_only)
    heading = next(rows)
    is_csv = not isinstance(renderer, XlsxRenderer)
    heading = [f"\ufeff{heading[0]}", *heading[1:]] if is_csv else heading
    name = file_name(f"{Path(job.file_name).stem}-to-correct", "").rstrip(".")
    return renderer.file_of(name, heading, blocks(rows))


def rows_with_problems(job: ImportJob, refused_only: bool) -> Iterator[list[str]]:
    with marked_rows(job, refused_only=refused_only) as rows:
        yield from rows


def blocks(rows: Iterator[list[str]]) -> Generator[list[list[str]]]:
    while some := list(islice(rows, CHUNK)):
        yield some

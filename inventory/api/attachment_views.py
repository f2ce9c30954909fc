"""Files of documents over HTTP."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.documents import FileAnswersMixin, FileRenderer, PdfRenderer, file_answer
from common.api.fields import ReferenceInput
from common.api.uploads import is_beyond
from common.api.viewsets import ListRetrieveViewSet
from common.exceptions import InvalidInput
from common.permissions import Can
from common.pictures import MEDIA_TYPE
from inventory.api.stock_serializers import user_code
from inventory.attached_files import RULES, checked_file, file_response
from inventory.attachments import AttachmentKind, attachment_kinds
from inventory.models import Attachment
from inventory.services.attachments import attach_file, remove_attachment


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    """A file, without what it holds."""

    document = serializers.CharField(source="document_code")
    uploaded_by = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = [
            "id", "document_type", "document", "name", "description", "media_type", "size",
            "sha256", "uploaded_by", "uploaded_at", "url",
        ]  # fmt: skip
        read_only_fields = fields

    def get_uploaded_by(self, attachment: Attachment) -> str | None:
        return user_code(attachment.uploaded_by_id)

    def get_url(self, attachment: Attachment) -> str:
        return reverse("attachment-download", args=[attachment.pk])


class AttachmentAnswer(AttachmentSerializer):
    message = serializers.CharField()

    class Meta(AttachmentSerializer.Meta):
        fields = ["message", *AttachmentSerializer.Meta.fields]
        read_only_fields = fields


@extend_schema_field(OpenApiTypes.BINARY)
class UploadField(serializers.FileField):
    """A file of a form; what it holds is judged afterwards."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, **kwargs)


class AttachmentInput(serializers.Serializer[Any]):
    """A file for a document."""

    document_type = serializers.CharField(
        max_length=30,
        help_text="One of goods_receipt, purchase_order, supplier_return, sales_return.",
    )
    document = ReferenceInput(help_text="The document's number or id.")
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    file = UploadField(help_text="A PDF, JPEG, PNG or WebP file of at most 10 MB.")


class AttachmentFilterSet(filters.FilterSet):
    document_type = filters.CharFilter(method="filter_kind")
    document = filters.CharFilter(field_name="document_code", lookup_expr="iexact")

    class Meta:
        model = Attachment
        fields: list[str] = []

    def filter_kind(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(document_type=known_kind(value).name)


class PictureRenderer(FileRenderer):
    media_type = MEDIA_TYPE
    format = "webp"


class AttachmentViewSet(FileAnswersMixin, ListRetrieveViewSet):
    """Delivery notes, receipts, pictures: files of the documents that the caller may see."""

    queryset = Attachment.objects.order_by("pk")
    serializer_class = AttachmentSerializer
    filterset_class = AttachmentFilterSet
    search_fields = ["name", "description", "document_code"]
    ordering_fields = ["id", "name", "size", "uploaded_at"]
    resource_name = "attachments"
    file_renderers = {"download": [PdfRenderer, PictureRenderer]}
    # Each kind of document has rights of its own: see inventory.attachments.
    permissions = dict.fromkeys(["list", "retrieve", "create", "download", "destroy"], Can.SIGN_IN)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too large before a byte of it is read."""
        if is_beyond(request, RULES.largest_file):
            raise RULES.too_large()
        super().initial(request, *args, **kwargs)

    def get_parsers(self) -> list[Any]:
        return [MultiPartParser()] if self.request and self.request.method == "POST" else (
            super().get_parsers()
        )  # fmt: skip

    @extend_schema(
        request={"multipart/form-data": AttachmentInput}, responses={201: AttachmentAnswer}
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Attach a file to a document: a form with document_type, document and file."""
        form = AttachmentInput(data=request.data)
        form.is_valid(raise_exception=True)
        body = form.validated_data
        kind = known_kind(body["document_type"])
        if not request.user.can(kind.may_attach):  # type: ignore[union-attr]
            self.permission_denied(request)
        attachment = attach_file(
            kind=kind,
            document=document_of(kind, body["document"], request.user),
            file=checked_file(body["file"]),
            description=body.get("description", ""),
            acting_user=request.user,
        )
        return self.answer(attachment, "File attached successfully", 201)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Remove a file: your own, or another's if you manage such documents."""
        remove_attachment(attachment=self.get_object(), acting_user=request.user)
        return Response(status=204)

    @extend_schema(responses=file_answer(PdfRenderer, PictureRenderer))
    @action(detail=True, methods=["get"])
    def download(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Get the file itself."""
        return file_response(self.get_object())


def known_kind(name: str) -> AttachmentKind:
    """Return a kind of document; raises ValidationError that lists those there are."""
    kinds = attachment_kinds()
    found = kinds.get(name.strip().lower())
    if found is None:
        text = f"Unknown kind of document {name[:30]!r}: use {', '.join(sorted(kinds))}."
        raise ValidationError({"document_type": [text]})
    return found


def document_of(kind: AttachmentKind, reference: str, user: Any) -> Any:
    """Return a document that a user may see; unknown and foreign ones are refused alike."""
    found = kind.documents().visible_to(user).by_reference(reference).first()
    if found is None:
        text = f'Unknown {kind.title} "{reference[:50]}". Use the code or id of one you may see.'
        raise InvalidInput(text, {"document": [text]})
    return found

"""Files that came with documents: delivery notes, receipts, photographs of damage."""

from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.audit import audited, not_audited
from common.references import ReferenceQuerySet
from inventory.attachments import attachment_kinds


class AttachmentQuerySet(ReferenceQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Files of the documents that the user may see, and of no others."""
        seen = Q(pk__in=[])
        for kind in attachment_kinds().values():
            if user.can(kind.may_view):
                documents = kind.documents().visible_to(user).order_by().values("pk")
                seen |= Q(document_type=kind.name, document_id__in=documents)
        return self.filter(seen)

    def of_documents(self, documents: Iterable[tuple[str, Iterable[int]]]) -> Self:
        """Files of documents, given as kinds with keys."""
        meant = Q(pk__in=[])
        for kind, keys in documents:
            meant |= Q(document_type=kind, document_id__in=list(keys))
        return self.filter(meant).select_related("uploaded_by")


@audited()
class Attachment(models.Model):
    """A file that somebody attached to a document; documents with files are never deleted."""

    code_field = "pk"

    document_type = models.CharField(max_length=30)
    document_id = models.BigIntegerField("document's primary key")
    document_code = models.CharField("document", max_length=50)
    name = models.CharField("file", max_length=120)
    description = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=30)
    size = models.PositiveIntegerField("bytes")
    sha256 = models.CharField("SHA-256", max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["document_type", "document_id"], name="attachment_document"),
            models.Index(fields=["document_code"], name="attachment_code"),
        ]

    def __str__(self) -> str:
        return self.name


@not_audited("What it holds is told by the digest of its attachment, which is audited.")
class AttachmentContent(models.Model):
    """The bytes of an attachment, apart so that lists do not read them."""

    attachment = models.OneToOneField(Attachment, models.CASCADE, related_name="content")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"Content of {self.attachment}"

"""Attaching files to documents, and removing them."""

import hashlib
from typing import Any

from django.db import transaction

from common.exceptions import DomainError, NotAllowed
from inventory.attached_files import CheckedFile
from inventory.attachments import AttachmentKind, attachment_kinds
from inventory.models import Attachment, AttachmentContent

MOST = 20


class TooManyAttachments(DomainError):
    """A document has as many files as it may have."""

    code = "too_many_attachments"
    title = "Too many files"


@transaction.atomic
def attach_file(
    *,
    kind: AttachmentKind,
    document: Any,
    file: CheckedFile,
    description: str = "",
    acting_user: Any,
) -> Attachment:
    """Keep a checked file with a document that the user sees.

    Locks the row that guards the document's number of files. Raises NotAllowed and
    TooManyAttachments.
    """
    if not acting_user.can(kind.may_attach):
        raise NotAllowed(f"You may see this {kind.title}, but not attach files to it.")
    lock(kind.guard(document))
    present = Attachment.objects.filter(document_type=kind.name, document_id=document.pk)
    if present.count() >= MOST:
        text = f"This {kind.title} has {MOST} files. Remove one, or put several into one PDF."
        raise TooManyAttachments(text, {"file": [text]})
    attachment = Attachment.objects.create(
        document_type=kind.name,
        document_id=document.pk,
        document_code=getattr(document, document.code_field),
        name=file.name,
        description=description,
        media_type=file.media_type,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
        uploaded_by=acting_user,
    )
    AttachmentContent.objects.create(attachment=attachment, content=file.content)
    return attachment


@transaction.atomic
def remove_attachment(*, attachment: Attachment, acting_user: Any) -> None:
    """Delete a file: one's own, or anybody's with the right to it. Raises NotAllowed."""
    kind = attachment_kinds()[attachment.document_type]
    is_own = attachment.uploaded_by_id == acting_user.pk
    if not acting_user.can(kind.may_remove) and not (is_own and acting_user.can(kind.may_attach)):
        raise NotAllowed("Somebody else attached this file. Ask a manager to remove it.")
    attachment.delete()


def lock(row: Any) -> None:
    """Lock a document's row until the transaction ends."""
    rows = type(row)._base_manager.select_for_update(no_key=True)
    list(rows.filter(pk=row.pk).values_list("pk"))

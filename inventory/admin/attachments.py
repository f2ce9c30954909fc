"""Files in the admin site: a list of all, and a box on the page of each document."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import path, reverse
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from common.admin import HistoryAdmin, ScopedAdmin, allows, caller
from common.admin_saving import persistently
from common.admin_steps import FileStep, Step
from common.exceptions import DomainError
from common.permissions import Can
from inventory.attached_files import checked_file, file_response
from inventory.attachments import attachment_kinds
from inventory.models import Attachment
from inventory.services.attachments import attach_file, remove_attachment


class AttachForm(forms.Form):
    """A file, and what it is."""

    file = forms.FileField(
        allow_empty_file=True, widget=UnfoldAdminFileFieldWidget,
        help_text="A PDF, JPEG, PNG or WebP file of at most 10 MB.",
    )  # fmt: skip
    description = forms.CharField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget)


class AttachmentsMixin(ScopedAdmin):
    """Documents that may have files; `attachment_kind` names the kind."""

    attachment_kind = ""
    change_form_outer_after_template = "admin/attachments.html"

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_attach"
        view = self.admin_site.admin_view(self.attach)
        return [path("<path:object_id>/attach/", view, name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        kind = attachment_kinds()[self.attachment_kind]
        row = self.get_object(request, unquote(object_id))
        shown: dict[str, Any] = {}
        if row is not None:
            files = Attachment.objects.of_documents([(kind.name, [row.pk])])
            may_attach = allows(request, kind.may_attach)
            shown = {"attachments": files, "attach_form": AttachForm() if may_attach else None}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def attach(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Attach the posted file and say what became of it."""
        row = self.get_object(request, unquote(object_id))
        kind = attachment_kinds()[self.attachment_kind]
        if row is None or request.method != "POST" or not allows(request, kind.may_attach):
            raise PermissionDenied
        form = AttachForm(request.POST, request.FILES)
        if not form.is_valid():
            for texts in form.errors.values():
                messages.error(request, str(texts[0]))
            return self.to_change_page(object_id)
        try:
            file = checked_file(form.cleaned_data["file"])
            persistently(
                lambda: attach_file(
                    kind=kind, document=row, file=file, acting_user=caller(request),
                    description=form.cleaned_data["description"],
                )
            )  # fmt: skip
        except DomainError as error:
            self.tell(request, error, row)
        else:
            messages.success(request, f"{file.name} is attached.")
        return self.to_change_page(object_id)


def download(row: Attachment, acting_user: Any) -> HttpResponse:
    return file_response(row)


def remove(row: Attachment, acting_user: Any) -> str:
    remove_attachment(attachment=row, acting_user=acting_user)
    return f"{row} is removed."


@admin.register(Attachment)
class AttachmentAdmin(HistoryAdmin):
    """The files of all documents that one may see."""

    may_view = Can.SIGN_IN
    list_display = [
        "name", "document", "description", "bytes", "uploaded_by", "uploaded_at",
    ]  # fmt: skip
    list_filter = ["document_type", "media_type", "uploaded_at"]
    list_select_related = ["uploaded_by"]
    search_fields = ["name", "description", "document_code"]
    fields = [
        "name", "document", "description", "media_type", "bytes", "sha256", "uploaded_by",
        "uploaded_at",
    ]  # fmt: skip
    readonly_fields = ["document", "bytes", "uploaded_at"]
    steps = (
        FileStep(
            name="download", title="Download", permission=Can.SIGN_IN, give=download,
            icon="download",
        ),
        Step(
            name="remove", title="Remove", permission=Can.SIGN_IN, run=remove, icon="delete",
            is_final=True, explanation="The file is deleted. This cannot be undone.",
        ),
    )  # fmt: skip

    @admin.display(ordering="document_code")
    def document(self, row: Attachment) -> str:
        return f"{row.document_type.replace('_', ' ')} {row.document_code}"

    @admin.display(description="size", ordering="size")
    def bytes(self, row: Attachment) -> str:
        return filesizeformat(row.size)

    def to_change_page(self, object_id: Any) -> Any:
        """Lead to the list where the file itself is gone."""
        if Attachment.objects.filter(pk=object_id).exists():
            return super().to_change_page(object_id)
        return HttpResponseRedirect(reverse("admin:inventory_attachment_changelist"))

"""Pictures in forms of the admin site: kept, replaced by one that is made anew, or taken away."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import UnfoldAdminFileFieldWidget

from common.exceptions import DomainError
from common.pictures import PictureRules, clean_picture


class PresentPicture:
    """What a form links to, and keeps unless another picture is chosen."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name

    def __str__(self) -> str:
        return self.name


class PictureField(forms.FileField):
    """Gives the picture made anew, None to take the present one away, or that one itself."""

    def __init__(self, *, rules: PictureRules, **options: Any) -> None:
        self.rules = rules
        super().__init__(required=False, widget=UnfoldAdminFileFieldWidget, **options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = super().clean(data, initial)
        if not isinstance(given, UploadedFile):
            return given or None
        try:
            return clean_picture(given, self.rules)
        except DomainError as refusal:
            raise forms.ValidationError(refusal.message) from None

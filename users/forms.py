"""Signing in by a form, and what forms of accounts share."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.core.validators import MaxLengthValidator
from unfold.forms import AuthenticationForm as BackOfficeAuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminSelect2Widget

from common.exceptions import DomainError
from common.time_zones import time_zone_names

LONGEST_PASSWORD = 1000  # characters; what is stored is a hash, but it has to be computed


class RefusalsMixin(AuthenticationForm):
    """Ask for a code where there is one, and say why nobody is let in where that is no secret."""

    error_messages = {
        "invalid_login": "User name or password incorrect. After several wrong ones an account is "
        "locked for a while; its owner is told by mail.",
        "inactive": "This account is not in use.",
    }
    otp = forms.CharField(
        label="Code of your authenticator app, if you use one",
        max_length=40,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "class": " ".join(BASE_INPUT_CLASSES)}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("username", "password"):
            self.fields[name].widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)
        self.fields["password"].validators.append(MaxLengthValidator(LONGEST_PASSWORD))

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if values.get("username") is None or not values.get("password"):
            return values
        try:
            user: Any = authenticate(
                self.request,
                username=values["username"],
                password=values["password"],
                code=values.get("otp", ""),
            )
        except DomainError as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from None
        if user is None:
            raise self.get_invalid_login_error()
        self.user_cache = user
        self.confirm_login_allowed(user)
        return values


class SignInForm(RefusalsMixin):
    """Of the browsable API."""


class BackOfficeSignInForm(RefusalsMixin, BackOfficeAuthenticationForm):
    """Of the admin site."""

    def confirm_login_allowed(self, user: Any) -> None:
        """Tell who has the right password, and a role that does not work here, where to go."""
        if user.is_active and not user.is_staff:
            raise forms.ValidationError(
                "Your role does not open the back office. The browsable API at /api/products/ and "
                "programs that use the API are for you.",
                code="not_for_role",
            )
        super().confirm_login_allowed(user)


class PreferencesForm(forms.Form):
    """By which clock somebody reads times."""

    labels = {
        "notify_by_email": "Mails",
        "notify_in_app": "Messages in the app",
        "notify_low_stock": "Low-stock and expiry alerts",
    }

    timezone = forms.ChoiceField(
        label="Time zone", initial="UTC", widget=UnfoldAdminSelect2Widget,
        choices=lambda: [(name, name) for name in sorted(time_zone_names())],
        error_messages={"invalid_choice": 'Use a name such as "Europe/Berlin" or "UTC".'},
        help_text="Times in the back office and in mails are shown by this clock.",
    )  # fmt: skip

"""Pages for people who are not signed in: sign-in, and what mailed links lead to."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from common.addresses import address_of, network_of
from common.exceptions import DomainError
from users.forms import SignInForm
from users.models import User
from users.services.attempts import HOUR, require_attempt
from users.services.email_changes import confirm_email_change, email_change_of
from users.services.passwords import ask_for_reset, confirm_reset, reset_of

PAGES_AN_HOUR = 20


class SignInPage(LoginView):
    """The sign-in of the browsable API, in the looks of the back office."""

    template_name = "account/sign_in.html"
    authentication_form = SignInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**admin.site.each_context(self.request), **super().get_context_data(**kwargs)}


class ForgottenForm(forms.Form):
    email = forms.CharField(
        label="E-mail address of your account", max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "email", "autofocus": ""}),
    )  # fmt: skip


class NewPasswordForm(forms.Form):
    token = forms.CharField(max_length=200, widget=forms.HiddenInput)
    new_password = forms.CharField(
        label="New password", max_length=128, strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    again = forms.CharField(
        label="New password again", max_length=128, strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("new_password", ""):
            raise forms.ValidationError("The two passwords differ.")
        return again


class ConfirmForm(forms.Form):
    """Nothing but the link: programs that look at links in mails must not follow this one."""

    token = forms.CharField(max_length=200, widget=forms.HiddenInput)


@method_decorator(never_cache, name="dispatch")
class AccountPage(View):
    """A form that a service answers; what it says instead, once it is done.

    A page that a mailed link leads to names in `again` where there is a new one.
    """

    form: type[forms.Form]
    title = ""
    done = ""
    again = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        token = request.GET.get("token", "")[:200]
        try:
            about = self.look_up(token)
        except DomainError as refusal:
            return self.show(request, None, refusal=refusal.message)
        return self.show(request, self.form(initial={"token": token}), about=about)

    def look_up(self, token: str) -> str:
        """Say what a link is for; raises a DomainError for one that is not good any more."""
        return ""

    @method_decorator(sensitive_post_parameters())
    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.show(request, form)
        try:
            self.count(request)
            user = self.act(form.cleaned_data)
        except DomainError as refusal:
            texts = [text for told in refusal.details.values() for text in told]
            form.add_error(None, texts or [refusal.message])
            return self.show(request, form)
        return self.show(request, None, door=door_of(user))

    def count(self, request: HttpRequest) -> None:
        what = f"password_page {network_of(address_of(request))}"
        require_attempt(what, limit=PAGES_AN_HOUR, window=HOUR)

    def act(self, values: dict[str, Any]) -> User | None:
        """Call the service; return whose page it is, where that is no secret."""
        raise NotImplementedError

    def show(self, request: HttpRequest, form: forms.Form | None, **told: str) -> HttpResponse:
        context = {
            "form": form, "title": self.title, "done": self.done, "again": self.again, **told,
        }  # fmt: skip
        looks = admin.site.each_context(request)
        return render(request, "account/password.html", {**looks, **context})


def door_of(user: User | None) -> str:
    """Return where somebody signs in: who has no back office, to the browsable API."""
    return (
        "/admin/login/"
        if user is None or user.is_staff
        else "/api/session/login/?next=/api/products/"
    )


class ForgottenPasswordPage(AccountPage):
    form = ForgottenForm
    title = "Forgotten password"
    done = "If an account has this address, a link is on its way to it. It is good for an hour."

    def act(self, values: dict[str, Any]) -> None:
        ask_for_reset(name=values["email"])


class NewPasswordPage(AccountPage):
    form = NewPasswordForm
    title = "Choose a new password"
    done = "Your password is changed, and all earlier sign-ins have ended."
    again = "/account/password/forgotten/"

    def look_up(self, token: str) -> str:
        user = reset_of(token).user
        is_first = not user.has_usable_password()
        return f"{'Welcome! ' if is_first else ''}Your user name is {user.username}."

    def act(self, values: dict[str, Any]) -> User:
        return confirm_reset(token=values["token"], password=values["new_password"])


class NewAddressPage(AccountPage):
    form = ConfirmForm
    title = "Confirm your new address"
    done = "The address is changed. Sign in with it, or with your user name as before."

    def look_up(self, token: str) -> str:
        row = email_change_of(token)
        return f"{row.email} will be the address of the account {row.user.username}."

    def act(self, values: dict[str, Any]) -> User:
        return confirm_email_change(token=values["token"])

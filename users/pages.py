"""Pages for people who are not signed in: sign-in, and a new password by a mailed link."""

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
from users.exceptions import TooManyAttempts
from users.forms import SignInForm
from users.services.attempts import HOUR, seconds_left, take_attempt
from users.services.passwords import ask_for_reset, confirm_reset

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


@method_decorator(never_cache, name="dispatch")
class PasswordPage(View):
    """A form that a service answers; what it says instead, once it is done."""

    form: type[forms.Form]
    title = ""
    done = ""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request, self.form(initial={"token": request.GET.get("token", "")[:200]}))

    @method_decorator(sensitive_post_parameters())
    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.show(request, form)
        try:
            self.count(request)
            self.act(form.cleaned_data)
        except DomainError as refusal:
            texts = [text for told in refusal.details.values() for text in told]
            form.add_error(None, texts or [refusal.message])
            return self.show(request, form)
        return self.show(request, None)

    def count(self, request: HttpRequest) -> None:
        what = f"password_page {network_of(address_of(request))}"
        if take_attempt(what, limit=PAGES_AN_HOUR, window=HOUR) is None:
            raise TooManyAttempts(seconds_left(what))

    def act(self, values: dict[str, Any]) -> None:
        raise NotImplementedError

    def show(self, request: HttpRequest, form: forms.Form | None) -> HttpResponse:
        context = {"form": form, "title": self.title, "done": self.done}
        looks = admin.site.each_context(request)
        return render(request, "account/password.html", {**looks, **context})


class ForgottenPasswordPage(PasswordPage):
    form = ForgottenForm
    title = "Forgotten password"
    done = "If an account has this address, a link is on its way to it. It is good for an hour."

    def act(self, values: dict[str, Any]) -> None:
        ask_for_reset(name=values["email"])


class NewPasswordPage(PasswordPage):
    form = NewPasswordForm
    title = "Choose a new password"
    done = "Your password is changed, and all earlier sign-ins have ended."

    def act(self, values: dict[str, Any]) -> None:
        confirm_reset(token=values["token"], password=values["new_password"])

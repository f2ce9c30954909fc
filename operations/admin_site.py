"""The admin site itself."""

from time import perf_counter
from typing import Any

from django import forms
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.sites import UnfoldAdminSite

from common.exceptions import InvalidInput
from operations.admin_account import OwnAccountPage
from operations.admin_search import MOST_FOUND, found_in_back_office
from users.forms import BackOfficeSignInForm
from users.models import SignIn
from users.password_rules import normal_password
from users.services.passwords import require_password, tell_of_new_password
from users.services.sign_ins import end_sign_ins, renew_session_key


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """A new password ends the sign-ins that were made with the old one; that one is counted."""

    keep: int | None = None

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        try:
            require_password(user=self.user, password=old)
        except InvalidInput as refusal:
            raise forms.ValidationError(refusal.message) from None
        return old

    def clean_new_password1(self) -> str:
        return normal_password(self.cleaned_data["new_password1"])

    def clean_new_password2(self) -> str:
        """Let the rules judge what is stored."""
        return normal_password(self.cleaned_data["new_password2"])

    @transaction.atomic
    def save(self, commit: bool = True) -> Any:
        user = super().save(commit)
        end_sign_ins(user, keep=self.keep)
        tell_of_new_password(user)
        return user


class OwnPasswordView(PasswordChangeView):
    """The session in which the password is changed goes on, under a new key."""

    def form_valid(self, form: Any) -> HttpResponse:
        session = self.request.session
        own = SignIn.objects.visible_to(self.request.user).of_session(session)
        form.keep = own.values_list("pk", flat=True).first()
        answer = super().form_valid(form)
        if form.keep is not None:
            renew_session_key(sign_in_id=form.keep, session_key=str(session.session_key))
        return answer


class CompletionView(AutocompleteJsonView):
    """Completes what a form's field names; the other end of a reference is no field of a form."""

    def process_request(self, request: HttpRequest) -> Any:
        found = super().process_request(request)
        if not found[2].concrete:
            raise PermissionDenied
        return found


class BackOfficeSite(UnfoldAdminSite):
    """Pages for people whose role works in the back office."""

    login_form = BackOfficeSignInForm
    login_template = "account/sign_in.html"

    def get_urls(self) -> list[Any]:
        page = self.admin_view(OwnAccountPage(self))
        return [path("account/", page, name="own_account"), *super().get_urls()]

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Find pages of the sidebar, and whatever the user may see by its name, code or number."""
        text = " ".join(request.GET.get("s", "").split())
        if not text:
            return HttpResponse()
        started = perf_counter()
        found = Paginator(found_in_back_office(self, request, text), MOST_FOUND)
        is_palette = "extended" in request.GET
        template = "command_results" if is_palette else "search_results"
        return TemplateResponse(
            request,
            f"unfold/helpers/{template}.html",
            {
                "page_obj": found,
                "results": found.page(1),
                "page_counter": 0,
                "execution_time": perf_counter() - started,
            },
            headers={"HX-Trigger": "search"},
        )

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return CompletionView.as_view(admin_site=self)(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        request.current_app = self.name
        form: type[forms.Form] = OwnPasswordForm
        return OwnPasswordView.as_view(
            form_class=form,
            success_url=reverse(f"{self.name}:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
            template_name=self.password_change_template or "registration/password_change_form.html",
        )(request)

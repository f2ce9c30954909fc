"""The admin site itself."""

from typing import Any

from django import forms
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.sites import UnfoldAdminSite

from users.forms import BackOfficeSignInForm
from users.services.sign_ins import end_sign_ins


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """A new password ends the sign-ins that were made with the old one."""

    @transaction.atomic
    def save(self, commit: bool = True) -> Any:
        user = super().save(commit)
        end_sign_ins(user)
        return user


class BackOfficeSite(UnfoldAdminSite):
    """Pages for people whose role works in the back office."""

    login_form = BackOfficeSignInForm

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Find pages of the sidebar; all of them fit on the first page of results."""
        page = request.GET.get("page", "1")
        if page != "1":
            typed = request.GET.copy()
            typed["page"] = "1"
            request.GET = typed  # type: ignore[assignment]
        return super().search(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        request.current_app = self.name
        form: type[forms.Form] = OwnPasswordForm
        return PasswordChangeView.as_view(
            form_class=form,
            success_url=reverse(f"{self.name}:password_change_done", current_app=self.name),
            extra_context={**self.each_context(request), **(extra_context or {})},
            template_name=self.password_change_template or "registration/password_change_form.html",
        )(request)

"""The page of one's own account: profile, picture, address, and where one is signed in."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from common.addresses import address_of
from common.admin import ServiceForm
from common.admin_pictures import PictureField, PresentPicture
from common.exceptions import DomainError
from common.references import as_primary_key
from operations.task_pages import page_of_task
from users.avatars import AVATAR
from users.forms import PreferencesForm
from users.models import SignIn, User
from users.services.email_changes import ask_for_email_change
from users.services.sign_ins import end_sign_ins, sign_out
from warehouses.models import Warehouse
from warehouses.open_tasks import taken_over_by
from warehouses.queries import avatar_address
from warehouses.services import change_profile

PROFILE = ["first_name", "last_name", "display_name", "phone", "department", "job_title"]
SWITCHES = ["notify_by_email", "notify_in_app", "notify_low_stock"]


class OwnProfileForm(PreferencesForm, ServiceForm):
    """What people change of themselves."""

    default_warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(), required=False, widget=UnfoldAdminSelectWidget,
        help_text="Where documents go that you write without a warehouse.",
    )  # fmt: skip
    avatar = PictureField(
        rules=AVATAR, label="Picture",
        help_text="A JPEG, PNG or WebP file of at most 2 MB; those who may see you see it.",
    )  # fmt: skip

    class Meta:
        model = User
        fields = [*PROFILE, *SWITCHES]
        labels = PreferencesForm.labels
        widgets = {
            **dict.fromkeys(PROFILE, UnfoldAdminTextInputWidget),
            **dict.fromkeys(SWITCHES, UnfoldBooleanSwitchWidget),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["timezone"] = self.instance.timezone
        chosen: Any = self.fields["default_warehouse"]
        chosen.queryset = Warehouse.objects.filter(memberships__user=self.instance)
        present = self.instance.warehouse_memberships.filter(is_default=True).first()
        if present is not None:
            chosen.initial, chosen.empty_label = present.warehouse_id, None
        picture = avatar_address(self.instance)
        if picture:
            self.fields["avatar"].initial = PresentPicture(picture, "picture")
        self.order_fields(["avatar", *PROFILE, "timezone", "default_warehouse"])

    def changes(self) -> dict[str, Any]:
        """Return what the service is called with."""
        values = {**self.cleaned_data, "default": self.cleaned_data["default_warehouse"]}
        del values["default_warehouse"]
        if isinstance(values["avatar"], PresentPicture):
            del values["avatar"]
        return values


class OwnAddressForm(forms.Form):
    """A new e-mail address, and the password."""

    new_email = forms.EmailField(
        label="New address", max_length=254,
        widget=UnfoldAdminEmailInputWidget(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    password = forms.CharField(
        label="Your password", max_length=1000, strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
    )  # fmt: skip


class OwnAccountPage:
    """One page with three forms; `what` in the posted one says which it is."""

    def __init__(self, site: Any) -> None:
        self.site = site

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = User.objects.select_related("avatar").defer("avatar__image").get(pk=request.user.pk)
        posted = request.POST.get("what") if request.method == "POST" else ""
        profile = OwnProfileForm(
            *((request.POST, request.FILES) if posted == "profile" else ()), instance=user
        )
        address = OwnAddressForm(*((request.POST,) if posted == "address" else ()))
        steps: dict[str, tuple[Any, Any]] = {
            "profile": (profile, self.save_profile),
            "address": (address, self.ask_for_address),
            "sign_in": (None, self.end),
            "others": (None, self.end_others),
        }
        form, act = steps.get(posted or "", (None, None))
        if act is not None and (form is None or form.is_valid()):
            try:
                messages.success(request, act(request, form))
            except DomainError as refusal:
                self.tell(request, form, refusal)
            else:
                return HttpResponseRedirect(reverse(f"{self.site.name}:own_account"))
        return self.show(request, user, profile, address)

    def save_profile(self, request: HttpRequest, form: OwnProfileForm) -> str:
        user: Any = request.user
        change_profile(user=User.objects.get(pk=user.pk), acting_user=user, **form.changes())
        return "Your profile is saved."

    def ask_for_address(self, request: HttpRequest, form: OwnAddressForm) -> str:
        user: Any = request.user
        values = form.cleaned_data
        ask_for_email_change(
            email=values["new_email"], password=values["password"],
            address=address_of(request), acting_user=user,
        )  # fmt: skip
        return f"A link is on its way to {values['new_email']}. Your address changes there."

    def end(self, request: HttpRequest, form: None) -> str:
        own = SignIn.objects.visible_to(request.user).in_force()
        row = own.filter(pk=as_primary_key(request.POST.get("sign_in", "")) or 0).first()
        if row is not None:
            sign_out(sign_in_id=row.pk)
        return "That sign-in has ended."

    def end_others(self, request: HttpRequest, form: None) -> str:
        user: Any = request.user
        own = SignIn.objects.visible_to(user).in_force()
        present = own.of_session(request.session).first()
        ended = end_sign_ins(user, keep=present.pk if present else None)
        return f"{ended} other sign-ins have ended."

    def tell(self, request: HttpRequest, form: Any, refusal: DomainError) -> None:
        """Say a refusal at the fields that it names, or on top."""
        named = set(refusal.details) & set(form.fields if form is not None else ())
        for field in named:
            form.add_error(field, [str(text) for text in refusal.details[field]])
        if not named:
            messages.error(request, refusal.message)

    def show(self, request: HttpRequest, user: User, profile: Any, address: Any) -> HttpResponse:
        context = {
            **self.site.each_context(request),
            "title": "My account",
            "person": user,
            "profile": profile,
            "address": address,
            "taken": [
                (page_of_task(task), task)
                for task in taken_over_by(user, seen_by=request.user).tasks
            ],
            "session_key": request.session.session_key,
            "sign_ins": SignIn.objects.visible_to(user).in_force().order_by("-pk")[:50],
        }
        return TemplateResponse(request, "admin/own_account.html", context)

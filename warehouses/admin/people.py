"""Accounts in the admin site, here because they belong to warehouses."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
)

from common.admin import ScopedAdmin, ServiceForm, allows, caller
from common.admin_steps import Step
from common.permissions import Can
from users.models import User
from users.services.accounts import lock_admins, unlock_user
from warehouses.models import Warehouse
from warehouses.services import change_member, create_member

PROFILE = ["first_name", "last_name", "display_name", "phone", "department", "job_title"]
PREFERENCES = [
    "timezone", "language", "notify_by_email", "notify_in_app", "notify_low_stock",
]  # fmt: skip
ACCESS = ["role", "status", "account_locked", "notes"]
COLUMNS = ["username", "email", *PROFILE, *ACCESS, *PREFERENCES]
HAVE_DEFAULTS = ["role", "status", "timezone", "language"]
HISTORY = [
    "last_login", "failed_login_attempts", "locked_until", "created_by", "created_at",
    "updated_at",
]  # fmt: skip


class PersonForm(ServiceForm):
    """An account, its password and its warehouses."""

    password1 = forms.CharField(
        label="Password", max_length=128, strip=False, required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    password2 = forms.CharField(
        label="Password again", max_length=128, strip=False, required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    warehouses = forms.ModelMultipleChoiceField(
        Warehouse.objects.none(), required=False, widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Where this person works. Administrators work everywhere.",
    )  # fmt: skip
    default_warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(), required=False, widget=UnfoldAdminSelectWidget,
        help_text="One of those above; used where a document names none.",
    )  # fmt: skip

    class Meta:
        model = User
        fields = COLUMNS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" not in self.fields:  # to read only
            return
        is_new = self.instance.pk is None
        for name in ("password1", "password2"):
            self.fields[name].required = is_new
        for name in HAVE_DEFAULTS:
            self.fields[name].required = not is_new
        self.fields["password1"].help_text = (
            "At least 8 characters, not a common word."
            if is_new
            else "Empty: stays as it is. A new one ends every sign-in of this person."
        )
        for name in ("warehouses", "default_warehouse"):
            self.fields[name].queryset = Warehouse.objects.order_by("code")  # type: ignore[attr-defined]
        if not is_new:
            members = list(self.instance.warehouse_memberships.order_by("pk"))
            self.fields["warehouses"].initial = [one.warehouse_id for one in members]
            self.fields["default_warehouse"].initial = next(
                (one.warehouse_id for one in members if one.is_default), None
            )

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        if name and name not in available_timezones():
            raise forms.ValidationError('Use a name such as "Europe/Berlin" or "UTC".')
        return name

    def clean_password2(self) -> str:
        again: str = self.cleaned_data["password2"]
        if again != self.cleaned_data.get("password1", ""):
            raise forms.ValidationError("The two passwords differ.")
        return again


class LockedFilter(admin.SimpleListFilter):
    """Accounts that nobody may sign in to: locked by an administrator, or by wrong passwords."""

    title = "locked"
    parameter_name = "locked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        locked = User.objects.locked().values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=locked)
        return queryset.exclude(pk__in=locked) if self.value() == "no" else None


def is_locked(user: User) -> bool:
    return user.is_locked


def unlock(user: User, acting_user: Any) -> str:
    unlock_user(user=user, acting_user=acting_user)
    return f"{user} may sign in again."


@admin.register(User)
class PersonAdmin(ScopedAdmin):
    """Role and status decide about everything; there are no rights of single people."""

    may_view = Can.VIEW_PEOPLE
    history_for = Can.VIEW_AUDIT  # it tells of notes, which are for administrators
    may_add = may_change = Can.MANAGE_USERS
    form = PersonForm
    list_display = [
        "username", "email", "first_name", "last_name", "role", "status", "is_locked",
        "last_login",
    ]  # fmt: skip
    list_filter = ["role", "status", LockedFilter]
    search_fields = ["username", "email", "first_name", "last_name"]
    ordering = ["username"]
    readonly_fields = HISTORY
    steps = (
        Step(
            name="unlock", title="Unlock", permission=Can.MANAGE_USERS, run=unlock,
            lawful=is_locked, icon="lock_open",
            explanation="This person may sign in again, with the password as it is.",
        ),
    )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        manages = self.has_change_permission(request, obj)
        passwords = [("password1", "password2")] if manages else []
        places = ["warehouses", "default_warehouse"] if manages else []
        access = [*ACCESS, *places] if manages else ["role", "status"]
        sets = [
            (None, {"fields": ["username", "email", *passwords]}),
            ("Access", {"fields": access}),
            ("Profile", {"fields": PROFILE}),
            ("Preferences", {"fields": PREFERENCES}),
        ]
        return [*sets, ("History", {"fields": HISTORY})] if obj else sets

    @admin.display(description="Locked by wrong passwords until")
    def locked_until(self, row: User) -> Any:
        return row.locked_until

    @admin.display(description="Locked", boolean=True)
    def is_locked(self, row: User) -> bool:
        return row.is_locked

    def lock(self, row: Any) -> None:
        lock_admins()
        super().lock(row)

    def version_of(self, row: Any) -> str:
        places = row.warehouse_memberships.order_by("pk").values_list("warehouse", "is_default")
        return f"{super().version_of(row)} {list(places)}"

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> User:
        values = form.cleaned_data
        places = {
            "warehouses": list(values["warehouses"]),
            "default": values["default_warehouse"],
        }
        columns = {name: getattr(form.instance, name) for name in COLUMNS}
        if not change:
            return create_member(
                password=values["password1"], acting_user=caller(request), **places, **columns
            )
        return change_member(
            user=User.objects.get(pk=form.instance.pk),
            password=values["password1"] or None,
            acting_user=caller(request),
            **places,
            **columns,
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """People may be looked for by their code, too."""
        rows, may_repeat = super().get_search_results(request, queryset, search_term)
        if search_term.upper().startswith("USR") and allows(request, Can.VIEW_PEOPLE):
            rows |= queryset.by_reference(search_term)
        return rows, may_repeat

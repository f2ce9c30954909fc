"""Accounts in the admin site, here because they belong to warehouses."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import UsernameField
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
)

from common.admin import ReadOnlyInline, ScopedAdmin, ServiceForm, allows, caller
from common.admin_columns import in_rows
from common.admin_history import entries_of
from common.permissions import Can
from users.forms import PreferencesForm
from users.models import ApiToken, SignIn, User
from users.services.accounts import lock_admins
from warehouses.admin.filters import LockedFilter, WaitingFilter, WorkplaceFilter
from warehouses.admin.people_steps import STEPS
from warehouses.models import Membership, StandingChange, Warehouse
from warehouses.open_tasks import open_tasks_of
from warehouses.queries import avatar_address
from warehouses.services import change_member, create_member

STATUS_LABELS = {
    "Pending": "warning", "Active": "success", "Inactive": "info", "Suspended": "danger",
    "Dismissed": "danger", "Invited": "warning",
}  # fmt: skip
PROFILE = ["first_name", "last_name", "display_name", "phone", "department", "job_title"]
PREFERENCES = [
    "timezone", "notify_by_email", "notify_in_app", "notify_low_stock",
]  # fmt: skip
ACCESS = ["role", "status", "account_locked", "notes"]
COLUMNS = ["username", "email", *PROFILE, *ACCESS, *PREFERENCES]
HAVE_DEFAULTS = ["role", "status", "timezone"]
FILTERS = {
    WaitingFilter.parameter_name, WorkplaceFilter.parameter_name, "role", "status",
    LockedFilter.parameter_name,
}  # fmt: skip
HISTORY = [
    "last_login", "failed_login_attempts", "locked_until", "created_by", "created_at",
    "updated_at",
]  # fmt: skip


class PersonForm(PreferencesForm, ServiceForm):
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
        field_classes = {"username": UsernameField}
        labels = PreferencesForm.labels

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" not in self.fields:  # to read only
            return
        is_new = self.instance.pk is None
        for name in HAVE_DEFAULTS:
            self.fields[name].required = not is_new
        self.fields["password1"].help_text = (
            "Empty: the person gets a mail with a link to choose one."
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

    def clean_password2(self) -> str:
        again: str = self.cleaned_data["password2"]
        if again != self.cleaned_data.get("password1", ""):
            raise forms.ValidationError("The two passwords differ.")
        return again


class StandingInline(ReadOnlyInline):
    """What happened to somebody's standing, and who decided it."""

    model = StandingChange
    fk_name = "user"
    may_view = Can.VIEW_PEOPLE
    fields = ["created_at", "step", "from_role", "to_role", "note", "acting_user"]
    readonly_fields = ("created_at",)
    verbose_name_plural = "standing"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("acting_user")


class PlaceInline(ReadOnlyInline):
    """Where somebody works, for those who cannot change it."""

    model = Membership
    may_view = Can.VIEW_PEOPLE
    fields = ["warehouse", "is_default"]
    verbose_name_plural = "warehouses"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("warehouse")


class SignInInline(ReadOnlyInline):
    """Where somebody is signed in now."""

    model = SignIn
    may_view = Can.MANAGE_USERS
    fields = readonly_fields = ("started_at", "rotated_at", "expires_at", "address", "user_agent")
    verbose_name_plural = "signed in now"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.in_force()


class ApiTokenInline(ReadOnlyInline):
    """What scripts act as somebody with."""

    model = ApiToken
    may_view = Can.MANAGE_USERS
    fields = readonly_fields = ("name", "prefix", "created_at", "expires_at", "last_used_at")
    verbose_name_plural = "API tokens"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.in_force()


@admin.register(User)
class PersonAdmin(ScopedAdmin):
    """Role and status decide about everything; there are no rights of single people."""

    may_view = Can.VIEW_PEOPLE
    history_for = Can.VIEW_AUDIT  # it tells of notes, which are for administrators
    may_add = may_change = Can.MANAGE_USERS
    form = PersonForm
    list_display = [
        "person", "email", "role", "places", "shown_status", "shown_lock", "last_login",
    ]  # fmt: skip
    list_filter = [WaitingFilter, WorkplaceFilter, "role", "status", LockedFilter]
    inlines = [PlaceInline, StandingInline, SignInInline, ApiTokenInline]
    steps = STEPS
    search_fields = ["username", "email", "first_name", "last_name"]
    ordering = ["username"]
    readonly_fields = [*HISTORY, "picture", "asked_for", "open_tasks"]

    def entries_of(self, row: Any) -> Any:
        """Tell also where somebody began and ceased to work."""
        return entries_of(row, Q(object_type="membership", changes__user_id__contains=[row.pk]))

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Narrow by the list's own filters alone: any other column could be guessed by asking."""
        name = lookup.partition("__")[0]
        fields = User._meta.get_fields()
        names = {
            "pk",
            *(part for one in fields for part in (one.name, getattr(one, "attname", ""))),
        }
        return name in FILTERS or name not in names  # the site ignores what is no column

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        manages = self.has_change_permission(request, obj)
        passwords = ["password1", "password2"] if manages else []
        places = ["warehouses", "default_warehouse"] if manages else []
        access = [*ACCESS, *places] if manages else ["role", "status"]
        pictures = ["picture"] if obj and hasattr(obj, "avatar") else []
        wishes = ["asked_for"] if obj and obj.status == User.Status.PENDING else []
        tasks = ["open_tasks"] if obj and getattr(obj, "tasks_seen", None) else []
        sets = [
            (None, {"fields": [*pictures, "username", "email", *passwords, *wishes, *tasks]}),
            ("Access", {"fields": access}),
            ("Profile", {"fields": PROFILE}),
            ("Preferences", {"fields": PREFERENCES}),
        ]
        return [*sets, ("History", {"fields": HISTORY})] if obj else sets

    @admin.display(description="Locked by wrong passwords until")
    def locked_until(self, row: User) -> Any:
        return row.locked_until

    @display(description="Locked", label={"locked": "danger"})
    def shown_lock(self, row: User) -> str | None:
        return "locked" if row.is_locked else None

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        if obj is None:
            return []
        return self.inlines[1:] if self.has_change_permission(request, obj) else self.inlines

    def scope(self, request: HttpRequest) -> Any:
        rows = super().scope(request)
        invited = User.objects.invited().filter(pk=OuterRef("pk"))
        return (
            rows.select_related("avatar", "registration__warehouse")
            .defer("avatar__image")
            .prefetch_related("warehouse_memberships__warehouse")
            .annotate(is_invited=Exists(invited))
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Find a person, with what they have open as far as the reader sees it, once asked for."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            # A page asks for its row twice, the second time for its buttons.
            seen: Any = request.__dict__.setdefault("tasks_seen", {})
            find = partial(open_tasks_of, row, seen_by=request.user)
            row.tasks_seen = seen.setdefault(row.pk, SimpleLazyObject(find))
        return row

    @admin.display(description="Open tasks")
    def open_tasks(self, row: Any) -> Any:
        texts = [
            (f"{task.title}, {task.warehouse}" if task.warehouse else task.title)
            + (f", taken over from {task.taken_over_from}" if task.taken_over_from else "")
            for task in row.tasks_seen
        ]
        return in_rows(texts)

    @display(description="Person", ordering="username", header=True)
    def person(self, row: User) -> list[Any]:
        address = avatar_address(row)
        picture = {"path": address, "squared": False, "borderless": True} if address else {}
        names = [row.get_full_name(), row.code]
        second = " · ".join(name for name in names if name)
        return [row.username, second, row.username[:2].upper(), picture]

    @display(description="Status", ordering="status", label=STATUS_LABELS)
    def shown_status(self, row: Any) -> str:
        return "Invited" if row.is_invited else str(row.get_status_display())

    @admin.display(description="Warehouses")
    def places(self, row: User) -> str:
        return ", ".join(sorted(one.warehouse.code for one in row.warehouse_memberships.all()))

    @admin.display(description="Picture")
    def picture(self, row: User) -> Any:
        return format_html(
            '<img src="{}" alt="" class="h-24 w-24 rounded-full object-cover">', avatar_address(row)
        )

    @admin.display(description="Asked for")
    def asked_for(self, row: User) -> str:
        asked = getattr(row, "registration", None)
        if asked is None:
            return ""
        place = f" in {asked.warehouse}" if asked.warehouse else ""
        return f"{asked.role}{place}" + (f": {asked.note}" if asked.note else "")

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
                password=values["password1"] or None,
                acting_user=caller(request),
                **places,
                **columns,
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

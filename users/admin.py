"""Sign-ins and role groups; accounts are in warehouses.admin, because they belong to those."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin  # noqa: F401 - registers what we replace
from django.contrib.auth.models import Group
from django.db.models import Count
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from common.admin import ReadOnlyAdmin, ScopedAdmin, ServiceForm, caller
from common.admin_steps import Step
from common.permissions import OF_ROLES_ALONE, Can
from users.models import ApiToken, PeopleGroup, SignIn, User
from users.names import plain_name
from users.services.api_tokens import revoke_api_token
from users.services.groups import change_group, create_group, delete_group
from users.services.sign_ins import sign_out

admin.site.unregister(Group)


def revoke(row: SignIn, acting_user: Any) -> str:
    sign_out(sign_in_id=row.pk)
    return f"The sign-in of {row.user} has ended."


def is_valid(row: SignIn) -> bool:
    return row.revoked_at is None


@admin.register(SignIn)
class SignInAdmin(ReadOnlyAdmin):
    """Who is signed in where; nothing here is written by hand."""

    may_view = Can.MANAGE_USERS
    list_display = [
        "user", "kind", "started_at", "rotated_at", "expires_at", "revoked_at", "address",
        "user_agent",
    ]  # fmt: skip
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__email"]
    fields = [*list_display]
    readonly_fields = ["kind"]
    actions = ["end"]
    steps = (
        Step(
            name="revoke", title="End this sign-in", permission=Can.MANAGE_USERS, run=revoke,
            lawful=is_valid, icon="logout", is_final=True,
            explanation="Its access and refresh tokens stop at once.",
        ),
    )  # fmt: skip

    def scope(self, request: HttpRequest) -> Any:
        return SignIn.objects.all()

    @admin.display(description="Kind")
    def kind(self, row: SignIn) -> str:
        return "Browser" if row.session_key else "Tokens"

    @admin.action(description="End the chosen sign-ins", permissions=["view"])
    def end(self, request: HttpRequest, queryset: Any) -> None:
        chosen = list(queryset.filter(revoked_at=None))
        for row in chosen:
            sign_out(sign_in_id=row.pk)
        messages.success(request, f"{len(chosen)} sign-ins have ended.")


def revoke_token(row: ApiToken, acting_user: Any) -> str:
    revoke_api_token(token=row)
    return f"The token {row} of {row.user} has ended."


def is_unrevoked(row: ApiToken) -> bool:
    return row.revoked_at is None


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """What scripts act with, and for whom; nothing here is written by hand."""

    may_view = Can.MANAGE_USERS
    list_display = [
        "name", "prefix", "user", "may", "created_at", "expires_at", "last_used_at", "revoked_at",
    ]  # fmt: skip
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "prefix", "user__username", "user__email"]
    fields = [*list_display]
    readonly_fields = ["may"]
    steps = (
        Step(
            name="revoke", title="Revoke this token", permission=Can.MANAGE_USERS,
            run=revoke_token, lawful=is_unrevoked, icon="key_off", is_final=True,
            explanation="Whatever uses it stops working at once.",
        ),
    )  # fmt: skip

    def scope(self, request: HttpRequest) -> Any:
        return ApiToken.objects.all()

    @admin.display(description="May")
    def may(self, row: ApiToken) -> str:
        return ", ".join(row.scopes)


class GroupForm(ServiceForm):
    """An own group: what it adds to the roles of its members."""

    permissions = forms.MultipleChoiceField(
        choices=[
            (can.value, can.value.replace("_", " ").capitalize())
            for can in Can
            if can not in OF_ROLES_ALONE
        ],
        required=False, widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Added to what the roles of the members give, in the warehouses they work in.",
    )  # fmt: skip
    members = forms.ModelMultipleChoiceField(
        User.objects.none(), required=False, widget=UnfoldAdminSelect2MultipleWidget
    )

    class Meta:
        model = PeopleGroup
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "members" not in self.fields:  # to read only
            return
        if "name" in self.fields:
            self.fields["name"].validators.append(plain_name)
        self.fields["members"].queryset = User.objects.order_by("username")  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["permissions"].initial = list(
                self.instance.permissions.values_list("codename", flat=True)
            )
            self.fields["members"].initial = list(
                self.instance.user_set.values_list("pk", flat=True)
            )


@admin.register(PeopleGroup)
class PeopleGroupAdmin(ScopedAdmin):
    """The groups of the roles, as the role table makes them, and own ones."""

    may_view = may_add = may_change = may_delete = Can.MANAGE_USERS
    form = GroupForm
    list_display = ["name", "is_role", "people"]
    search_fields = ["name"]
    fields = ["name", "permissions", "members"]

    def scope(self, request: HttpRequest) -> Any:
        return PeopleGroup.objects.annotate(people_count=Count("user"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_role)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.is_role)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["name", "given", "who"] if obj and obj.is_role else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["given", "who"] if obj and obj.is_role else []

    @admin.display(description="Role", boolean=True)
    def is_role(self, row: PeopleGroup) -> bool:
        return row.is_role

    @admin.display(description="Members", ordering="people_count")
    def people(self, row: Any) -> int:
        return int(row.people_count)

    @admin.display(description="Permissions")
    def given(self, row: PeopleGroup) -> str:
        return ", ".join(sorted(row.permissions.values_list("codename", flat=True)))

    @admin.display(description="Members")
    def who(self, row: PeopleGroup) -> str:
        return ", ".join(row.user_set.order_by("username").values_list("username", flat=True))

    def version_of(self, row: Any) -> str:
        given = row.permissions.order_by("pk").values_list("pk", flat=True)
        members = row.user_set.order_by("pk").values_list("pk", flat=True)
        return f"{row.name} {list(given)} {list(members)}"

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> Any:
        values = form.cleaned_data
        parts: dict[str, Any] = {
            "name": values["name"],
            "permissions": [Can(name) for name in values["permissions"]],
            "members": list(values["members"]),
            "acting_user": caller(request),
        }
        if not change:
            return create_group(**parts)
        return change_group(group=PeopleGroup.objects.get(pk=form.instance.pk), **parts)

    def delete_through_service(self, request: HttpRequest, row: Any) -> None:
        delete_group(group=row, acting_user=caller(request))

"""Sign-ins and role groups; accounts are in warehouses.admin, because they belong to those."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from common.admin import ReadOnlyAdmin
from common.admin_steps import Step
from common.permissions import Can
from users.models import ApiToken, SignIn
from users.services.api_tokens import revoke_api_token
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


@admin.register(Group)
class RoleGroupAdmin(ReadOnlyAdmin, GroupAdmin):  # type: ignore[misc]
    """The groups of the roles, as the role table makes them."""

    may_view = Can.MANAGE_USERS
    fields = ["name", "permissions"]

    def scope(self, request: HttpRequest) -> Any:
        return Group.objects.all()

"""Which warehouse is meant, and who decides there."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse

from common.compiled_queries import CompiledQuery, CompiledRow, GivenUser
from common.exceptions import InvalidInput
from common.permissions import Can, Role
from users.models import User
from users.models.accounts import UserQuerySet
from warehouses.models import Membership, Warehouse

HEADING_ROLES = (Role.MANAGER, Role.ADMIN)


@cache
def _default_one(sees_all: bool) -> CompiledQuery:
    user = GivenUser(sees_all)
    own = Membership.objects.filter(warehouse=OuterRef("pk"), user_id=user.pk, is_default=True)
    return CompiledQuery(
        lambda: (
            Warehouse.objects.member(user)
            .filter(is_active=True)
            .annotate(own_default=Exists(own))
            .order_by("-own_default", "-is_default", "pk")[:1]
        )
    )


NAMED_ONE = CompiledRow(lambda user: Warehouse.objects.member(user).filter(is_active=True))


def default_warehouse_for(user: Any) -> Warehouse | None:
    """Return the user's default warehouse, else the company's if they may use it, else any own."""
    default: Warehouse | None = _default_one(user.can(Can.SEE_ALL_WAREHOUSES)).first(
        user_id=user.pk
    )
    return default


def member_warehouse(reference: object | None, user: Any, field: str = "warehouse") -> Warehouse:
    """Return the named warehouse, or the default one, if the user works in it.

    Raises InvalidInput on `field`, with the same text for unknown and foreign ones.
    """
    if reference is None or reference == "":
        warehouse = default_warehouse_for(user)
        if warehouse is None:
            raise InvalidInput(
                "You belong to no warehouse. Ask an administrator to add you to one.",
                {field: ["Name a warehouse that you belong to."]},
            )
        return warehouse
    found: Warehouse | None = NAMED_ONE.find(reference, user)
    if found is None:
        text = f'Unknown warehouse "{str(reference)[:50]}". Use the code of one you belong to.'
        raise InvalidInput(text, {field: [text]})
    return found


def member_warehouses(named: Mapping[str, object], user: Any) -> dict[str, Warehouse]:
    """Return the warehouse that a body names at each path, in one query, where the user works.

    Raises InvalidInput on every path with another, with the same text for unknown and foreign ones.
    """
    if not named:
        return {}
    own = Warehouse.objects.member(user).filter(is_active=True).by_references(named.values())
    errors: dict[str, list[Any]] = {
        path: [f'Unknown warehouse "{str(reference)[:50]}". Use the code of one you belong to.']
        for path, reference in named.items()
        if str(reference) not in own
    }
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return {path: own[str(reference)] for path, reference in named.items()}


def deciding_in_own_warehouses() -> UserQuerySet:
    """Return those who decide about people where they work: managers, and who may by a group."""
    able: UserQuerySet = User.objects.who_can(Can.MANAGE_PEOPLE)
    return able.exclude(role=Role.ADMIN)


def may_head(person: User) -> bool:
    """Say whether somebody can be a warehouse's manager."""
    return person.is_active and person.role in HEADING_ROLES


def people_who_decide(warehouse: Warehouse | None) -> list[User]:
    """Return who decides about people in a warehouse, or administrators where nobody does."""
    deciding = User.objects.none()
    if warehouse is not None:
        deciding = deciding_in_own_warehouses().filter(warehouse_memberships__warehouse=warehouse)
    return list(deciding.order_by("pk")) or list(User.objects.who_can(Can.MANAGE_USERS))


def people_concerned_by(user: User) -> list[User]:
    """Return who decides about people in any of the warehouses that somebody works in."""
    places = Membership.objects.filter(user=user).values("warehouse")
    keys = Membership.objects.filter(warehouse__in=places).values("user")
    return list(deciding_in_own_warehouses().filter(pk__in=keys))


def avatar_address(user: User) -> str | None:
    """Return where somebody's picture is to be had, another address for each picture."""
    picture = getattr(user, "avatar", None)
    if picture is None:
        return None
    return f"{reverse('user-avatar', args=[user.code])}?v={picture.digest}"

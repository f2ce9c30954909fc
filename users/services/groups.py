"""Writes of own groups, whose rights add to those of the members' roles."""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction

from common.duplicates import refuse_duplicates
from common.exceptions import DuplicateCode, InvalidInput, WrongState
from common.permissions import OF_ROLES_ALONE, Can
from users.models import PeopleGroup, User
from users.models.groups import ROLE_NAMES

TAKEN = {"auth_group_name_key": "name"}
# Keeps the column by which `User.can` knows what groups add, so that no request has to ask.
REFRESH = """
    UPDATE users_user SET extra_permissions = wanted.names
    FROM (
        SELECT users_user.id, COALESCE(array_agg(DISTINCT permission.codename::varchar
            ORDER BY permission.codename::varchar)
            FILTER (WHERE permission.codename IS NOT NULL), '{}') AS names
        FROM users_user
        LEFT JOIN users_user_groups AS member ON member.user_id = users_user.id
        LEFT JOIN auth_group AS own ON own.id = member.group_id AND own.name <> ALL(%(roles)s)
        LEFT JOIN auth_group_permissions AS given ON given.group_id = own.id
        LEFT JOIN auth_permission AS permission
            ON permission.id = given.permission_id AND permission.codename <> ALL(%(alone)s)
        WHERE %(everybody)s OR users_user.id = ANY(%(ids)s)
        GROUP BY users_user.id
    ) AS wanted
    WHERE users_user.id = wanted.id AND users_user.extra_permissions <> wanted.names"""


@transaction.atomic
def create_group(*, name: str, acting_user: User, **parts: Any) -> PeopleGroup:
    """Create a group with `permissions` and `members`; raises as change_group."""
    lock_groups()
    refuse_taken_name(name)
    with refuse_duplicates(TAKEN):
        group = PeopleGroup.objects.create(name=name)
    return change_group(group=group, acting_user=acting_user, **parts)


@transaction.atomic
def change_group(
    *,
    group: PeopleGroup,
    name: str | None = None,
    permissions: Collection[Can] | None = None,
    members: Collection[User] | None = None,
    acting_user: User,
) -> PeopleGroup:
    """Change what a group is called, gives, and whom it has; what is None stays.

    Changes of groups come one after another. Locks the people concerned last, and
    brings their rights in step. Raises WrongState for a role's group, DuplicateCode (name), and
    InvalidInput (permissions) for what comes with roles alone.
    """
    require_own(group)
    lock_groups()
    concerned = set(group.user_set.values_list("pk", flat=True))
    if name is not None and name != group.name:
        refuse_taken_name(name, but=group.pk)
        group.name = name
        with refuse_duplicates(TAKEN):
            group.save(update_fields=["name"])
    if permissions is not None:
        group.permissions.set(rows_of(permissions))
    if members is not None:
        concerned |= {user.pk for user in members}
        group.user_set.set(members)
    bring_in_step(concerned)
    return group


@transaction.atomic
def delete_group(*, group: PeopleGroup, acting_user: User) -> None:
    """Delete an own group; its members lose what it gave. Raises WrongState for a role's."""
    require_own(group)
    lock_groups()
    concerned = set(group.user_set.values_list("pk", flat=True))
    group.delete()
    bring_in_step(concerned)


def require_own(group: Group) -> None:
    """Raise WrongState for the group of a role."""
    if group.name in ROLE_NAMES:
        raise WrongState(
            f"The group {group.name} belongs to the role and stays as the role table says. "
            "Make a group of your own."
        )


def refuse_taken_name(name: str, but: int = 0) -> None:
    """Raise DuplicateCode for a name that another group, a role's included, has in any case."""
    if Group.objects.filter(name__iexact=name).exclude(pk=but).exists():
        text = "This name is taken. Choose another, or change what has it."
        raise DuplicateCode(text, {"name": [text]})


def lock_groups() -> None:
    """Wait until nobody else changes groups in an open transaction, also ones not yet seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('users.groups'))")


def rows_of(permissions: Iterable[Can]) -> list[Permission]:
    wanted = set(permissions)
    refused = sorted(wanted & OF_ROLES_ALONE)
    if refused:
        told = [f"{name} comes with the role admin alone. Leave it out." for name in refused]
        raise InvalidInput(" ".join(told), {"permissions": told})
    content = {"content_type__app_label": "users", "content_type__model": "user"}
    return list(Permission.objects.filter(codename__in=wanted, **content))


def bring_in_step(users: Collection[int] | None) -> int:
    """Write what own groups add to people's rights (None: everybody's); return how many changed."""
    wanted: dict[str, list[str] | list[int] | bool] = {
        "roles": sorted(ROLE_NAMES),
        "alone": sorted(can.value for can in OF_ROLES_ALONE),
        "everybody": users is None,
        "ids": sorted(users or ()),
    }
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, wanted)
        return int(cursor.rowcount)

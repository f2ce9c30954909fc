"""Writes of the groups of roles."""

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from common.permissions import ROLE_PERMISSIONS, Can, Role
from users.models import User
from users.services.groups import bring_in_step


def join_role_group(user: User) -> bool:
    """Put a user into the group of their role and no other role's; say whether that was new."""
    groups = {group.name: group for group in Group.objects.filter(name__in=list(Role))}
    held = set(user.groups.filter(name__in=list(Role)).values_list("name", flat=True))
    wanted = {user.role} & set(groups)
    user.groups.remove(*[groups[name] for name in held - wanted])
    user.groups.add(*[groups[name] for name in wanted - held])
    return held != wanted


@transaction.atomic
def seed_roles() -> list[str]:
    """Make groups, permissions and memberships equal the role table; return what changed."""
    changes = []
    account = ContentType.objects.get_for_model(User)
    permissions = {}
    for can in Can:
        name = can.replace("_", " ").capitalize()
        permissions[can], made = Permission.objects.get_or_create(
            content_type=account, codename=can.value, defaults={"name": name}
        )
        changes += [f"permission {can} created"] if made else []
    for role, granted in ROLE_PERMISSIONS.items():
        group, made = Group.objects.get_or_create(name=role.value)
        changes += [f"group {role} created"] if made else []
        held = set(group.permissions.values_list("pk", flat=True))
        wanted = {permissions[can].pk for can in granted}
        if held != wanted:
            group.permissions.set(wanted)
            changes.append(f"group {role} now has {len(wanted)} permissions")
    changes += [
        f"user {user} joined group {user.role}"
        for user in User.objects.order_by("pk").iterator()
        if join_role_group(user)
    ]
    in_step = bring_in_step(None)
    changes += [f"{in_step} users have the rights of their groups again"] if in_step else []
    return changes

"""What people change of themselves."""

from typing import Any

from django.db import transaction

from users.models import User
from users.services.avatars import set_avatar
from warehouses.models import Warehouse
from warehouses.services.members import change_member


@transaction.atomic
def change_profile(
    *, user: User, default: Warehouse | None = None, acting_user: User, **fields: Any
) -> User:
    """Change profile, preferences, default warehouse and, where `avatar` is given, the picture.

    `avatar` holds bytes of common.pictures, or None to take the picture away. Locks the account.
    Raises as change_member.
    """
    pictures = [fields.pop("avatar")] if "avatar" in fields else []
    user = change_member(user=user, default=default, acting_user=acting_user, **fields)
    for image in pictures:
        set_avatar(user=user, image=image, acting_user=acting_user)
    return user

"""Writes of the pictures of people."""

from django.db import transaction
from django.utils import timezone

from common.exceptions import NotAllowed
from common.permissions import Can
from common.pictures import digest_of
from users.models import Avatar, User


@transaction.atomic
def set_avatar(*, user: User, image: bytes | None, acting_user: User) -> None:
    """Put a picture made by common.pictures in the place of the one before, or take it away.

    Locks the account, whose version changes. Raises NotAllowed unless it is one's own or an
    administrator acts.
    """
    if user.pk != acting_user.pk and not acting_user.can(Can.MANAGE_USERS):
        raise NotAllowed("Only an administrator changes other people's pictures.")
    User.objects.filter(pk=user.pk).update(updated_at=timezone.now())
    if image is None:
        Avatar.objects.filter(user=user).delete()
        return
    digest = digest_of(image)
    Avatar.objects.update_or_create(user=user, defaults={"image": image, "digest": digest})

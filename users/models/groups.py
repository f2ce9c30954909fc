"""Groups of people, for the API's way of finding rows."""

from django.contrib.auth.models import Group

from common.permissions import Role
from common.references import ReferenceQuerySet

ROLE_NAMES = frozenset(role.value for role in Role)


class PeopleGroup(Group):
    """A role's group, as the role table makes it, or an own one, whose rights add to the role's."""

    code_field = "pk"

    objects = ReferenceQuerySet.as_manager()  # type: ignore[assignment,misc]

    class Meta:
        proxy = True
        ordering = ["name"]
        verbose_name = "group"

    @property
    def is_role(self) -> bool:
        return self.name in ROLE_NAMES

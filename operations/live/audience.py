"""Who listens, what they may hear, and whether that still holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from alerts.models import Alert
from operations.live.events import LiveEvent
from users.models import ApiToken, SignIn, User
from warehouses.models import Membership

TOPICS = ("stock", "alerts", "notifications")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """One listener as of the moment when the stream was opened.

    `rights` are the role and what groups add to it. `warehouses` are the person's own, None for
    all; `asked_for` narrows them, None where nothing was asked for.
    """

    user_id: int
    rights: tuple[str, ...]
    sign_in_id: int | None
    token_id: int | None
    expires_at: datetime
    warehouses: frozenset[int] | None
    asked_for: frozenset[int] | None
    topics: frozenset[str]
    manages_catalogue: bool = False

    def hears(self, event: LiveEvent) -> bool:
        """Say whether an event is for this person: in their warehouses, or to them alone."""
        if event.topic not in self.topics:
            return False
        if event.topic == "notifications":
            return event.recipient_id == self.user_id
        if event.is_of_supplier and self.hears_of_suppliers:
            return True
        for allowed in (self.warehouses, self.asked_for):
            if allowed is not None and event.warehouse_id not in allowed:
                return False
        return True

    @property
    def hears_of_suppliers(self) -> bool:
        """Whether alerts of suppliers are told although they belong to no warehouse."""
        return self.manages_catalogue and self.asked_for is None

    def narrow(self, rows: Any, is_log: bool) -> Any:
        """Narrow movements, or rows of the log, to those that this person hears."""
        places = Q()
        for allowed in (self.warehouses, self.asked_for):
            if allowed is not None:
                places &= Q(warehouse_id__in=allowed)
        if not is_log:
            return rows.filter(places) if "stock" in self.topics else rows.none()
        heard = Q(pk=None)
        if "alerts" in self.topics:
            heard |= Q(topic="alerts") & places
            if self.hears_of_suppliers:
                heard |= Q(topic="alerts", object_id__in=Alert.objects.of_suppliers().values("pk"))
        if "notifications" in self.topics:
            heard |= Q(topic="notifications", recipient_id=self.user_id)
        return rows.filter(heard)


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds now of the people who listen."""

    rights: dict[int, tuple[str, ...]]
    warehouses: dict[int, frozenset[int]]
    sign_ins: frozenset[int]
    tokens: frozenset[int]

    def reason_to_end(self, audience: Audience, now: datetime) -> str:
        """Return why somebody may not listen any longer as they did, or an empty text."""
        if audience.expires_at <= now:
            return "expired"
        rights = self.rights.get(audience.user_id)
        if rights is None:
            return "account_inactive"
        if audience.sign_in_id is not None and audience.sign_in_id not in self.sign_ins:
            return "signed_out"
        if audience.token_id is not None and audience.token_id not in self.tokens:
            return "token_revoked"
        if rights != audience.rights or not self.has_same_warehouses(audience):
            return "access_changed"
        return ""

    def has_same_warehouses(self, audience: Audience) -> bool:
        if audience.warehouses is None:
            return True
        return self.warehouses.get(audience.user_id, frozenset()) == audience.warehouses


def read_standing(audiences: Iterable[Audience]) -> Standing:
    """Read what holds now of these people; four statements for any number."""
    wanted = list(audiences)
    people = {audience.user_id for audience in wanted}
    active = User.objects.active().filter(pk__in=people)
    return Standing(
        rights={
            key: (role, *added)
            for key, role, added in active.values_list("pk", "role", "extra_permissions")
        },
        warehouses=warehouses_of(people),
        sign_ins=frozenset(
            SignIn.objects.in_force()
            .filter(pk__in={one.sign_in_id for one in wanted if one.sign_in_id is not None})
            .values_list("pk", flat=True)
        ),
        tokens=frozenset(
            ApiToken.objects.in_force()
            .filter(pk__in={one.token_id for one in wanted if one.token_id is not None})
            .values_list("pk", flat=True)
        ),
    )


def warehouses_of(people: Iterable[int]) -> dict[int, frozenset[int]]:
    """Return the warehouses of each person; one statement."""
    found: dict[int, set[int]] = {}
    rows = Membership.objects.filter(user_id__in=set(people)).values_list("user_id", "warehouse_id")
    for user_id, warehouse_id in rows:
        found.setdefault(user_id, set()).add(warehouse_id)
    return {user_id: frozenset(places) for user_id, places in found.items()}

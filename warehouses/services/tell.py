"""Telling those concerned how people come and go: by mail and in the app.

Whom a step is about hears of it by mail whatever they prefer; others as they prefer.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from common.permissions import Can
from notifications.models import Notification, OutboxMessage
from notifications.outbox import mail_message, queue_mails, tell_in_app
from users.models import User
from warehouses.lifecycle import Step, is_lawful
from warehouses.models import PromotionRequest, Registration, StandingChange, TaskHandOver
from warehouses.queries import people_concerned_by, people_who_decide

REGISTRATION_RECEIVED = "people.registration_received"
REGISTRATION_WAITS = "people.registration_waits"
ADDRESS_TAKEN = "people.address_taken"
RETURN_ASKED = "people.return_asked"
TASKS_HANDED_OVER = "people.tasks_handed_over"
STANDING_CHANGED = "people.standing_changed"
PROMOTION_REQUESTED = "people.promotion_requested"
PROMOTION_REJECTED = "people.promotion_rejected"


def tell_registration_waits(asked: Registration) -> None:
    """Confirm a registration to who registered, and tell who decides about it."""
    person: Any = asked.user
    payload = {"registration_id": asked.pk}
    key = f"registration:{asked.pk}"
    to_person = mail_message(REGISTRATION_RECEIVED, person.pk, payload, f"{key}:received")
    tell(
        people_who_decide(asked.warehouse),
        topic=REGISTRATION_WAITS,
        payload=payload,
        key=f"{key}:waits",
        title=f"{person.username} asks to be let in",
        reference=person.code,
        mails=[to_person],
    )


def tell_owner_of_address(email: str) -> None:
    """Tell somebody, once a day, that their address was used for another registration.

    Of a closed account that may be opened again the administrators hear, too.
    """
    owner = User.objects.signing_in_as(email).first()
    if owner is None:
        return
    day = timezone.now().date().isoformat()
    to_owner = mail_message(ADDRESS_TAKEN, owner.pk, {}, f"address:{owner.pk}:{day}")
    tell(
        list(User.objects.who_can(Can.MANAGE_USERS)) if is_lawful(owner, Step.REINSTATE) else [],
        topic=RETURN_ASKED,
        payload={"user_id": owner.pk},
        key=f"return:{owner.pk}:{day}",
        title=f"{owner.username} registered again",
        reference=owner.code,
        mails=[to_owner],
    )


def tell_of_standing(change: StandingChange, also: Iterable[int] = ()) -> None:
    """Tell the person, the managers of their warehouses and `also` what was decided."""
    person, key = change.user, f"standing:{change.pk}"
    payload = {"change_id": change.pk}
    others = {user.pk: user for user in people_concerned_by(person)}
    others |= {user.pk: user for user in User.objects.active().filter(pk__in=list(also))}
    for known in (person.pk, change.acting_user_id):
        others.pop(known, None)
    tell(
        list(others.values()),
        topic=STANDING_CHANGED,
        payload=payload,
        key=key,
        title=f"{person.username}: {change.get_step_display().lower()}",
        reference=person.code,
        mails=[mail_message(STANDING_CHANGED, person.pk, payload, f"{key}:{person.pk}:email")],
    )


def tell_promotion_requested(request: PromotionRequest) -> None:
    """Tell the other administrators that a promotion waits for them."""
    admins = User.objects.who_can(Can.MANAGE_USERS).exclude(pk=request.requested_by_id)
    tell(
        list(admins.order_by("pk")),
        topic=PROMOTION_REQUESTED,
        payload={"promotion_id": request.pk},
        key=f"promotion:{request.pk}:requested",
        title=f"Shall {request.user.username} become a manager?",
        reference=request.code,
    )


def tell_promotion_rejected(request: PromotionRequest) -> None:
    """Tell who asked that a promotion was rejected."""
    tell(
        [request.requested_by],
        topic=PROMOTION_REJECTED,
        payload={"promotion_id": request.pk},
        key=f"promotion:{request.pk}:rejected",
        title=f"{request.code} was rejected: {request.user.username} stays {request.user.role}",
        reference=request.code,
    )


def tell_of_tasks(
    to: User, *, user: User, hand_overs: Sequence[TaskHandOver], headed: Sequence[str], at: datetime
) -> None:
    """Tell somebody which open tasks are theirs from now on."""
    number = len(hand_overs) + len(headed)
    tell(
        [to],
        topic=TASKS_HANDED_OVER,
        payload={
            "hand_over_ids": [row.pk for row in hand_overs],
            "headed": [*headed],
            "from_user_id": user.pk,
        },
        key=f"tasks:{user.pk}:{to.pk}:{at.isoformat()}",
        title=tasks_are_yours(number, user),
        reference=user.code,
    )


def tasks_are_yours(number: int, user: User) -> str:
    what = "An open task" if number == 1 else f"{number} open tasks"
    return f"{what} of {user.username} {'is' if number == 1 else 'are'} yours now"


def tell(
    people: Sequence[User],
    *,
    topic: str,
    payload: dict[str, Any],
    key: str,
    title: str,
    reference: str,
    mails: Sequence[OutboxMessage] = (),
) -> None:
    """Queue a mail and an in-app message for each, as they prefer, beside `mails`."""
    queue_mails(
        [
            *mails,
            *[
                mail_message(topic, user.pk, payload, f"{key}:{user.pk}:email")
                for user in people
                if user.notify_by_email
            ],
        ]
    )
    tell_in_app(
        [
            Notification(
                recipient=user,
                topic=topic,
                title=title[:200],
                reference=reference,
                dedup_key=f"{key}:{user.pk}:in_app",
            )
            for user in people
            if user.notify_in_app
        ]
    )

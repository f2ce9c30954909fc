"""The mails about how people come and go, and what they leave of places and requests."""

from typing import Any

from django.dispatch import receiver

from common.documents.words import name_of
from common.permissions import Can
from notifications.models import OutboxMessage
from notifications.notices import notice
from notifications.registry import CauseGone, Mail, register_mail
from users.models import User
from users.signals import role_changed
from warehouses.lifecycle import Step, is_lawful
from warehouses.models import (
    PromotionRequest,
    Registration,
    StandingChange,
    TaskHandOver,
    Warehouse,
)
from warehouses.open_tasks import HEADSHIP, register_open_tasks
from warehouses.services import tell
from warehouses.services.places import leave_headed_warehouses

TO_PERSON = {
    Step.APPROVE: ("Your account is open", "You can sign in now."),
    Step.REJECT: (
        "Your registration was turned down",
        "Nothing is open to you. Ask who manages the warehouse if you think this is a mistake.",
    ),
    Step.DISMISS: ("Your access has ended", "Your account was closed and you are signed out."),
    Step.REINSTATE: ("Your account is open again", "You can sign in as before."),
    Step.PROMOTE: ("You are a manager now", "Your new rights hold at once."),
    Step.DEMOTE: (
        "Your role has changed", "You are one of the staff of the same warehouses from now on.",
    ),
}  # fmt: skip
TO_OTHERS = {
    Step.APPROVE: "was let in",
    Step.REJECT: "was turned down",
    Step.DISMISS: "has no access any more",
    Step.REINSTATE: "has access again",
    Step.PROMOTE: "is a manager now",
    Step.DEMOTE: "is no manager any more",
}


CLOSED = {Step.REJECT, Step.DISMISS}  # nobody who reads of it can sign in


def open_registration(message: OutboxMessage) -> Registration:
    """Return the registration of a mail; raises CauseGone where it was decided meanwhile."""
    rows = Registration.objects.select_related("user", "warehouse")
    asked = rows.filter(pk=message.payload["registration_id"]).first()
    if asked is None or asked.state != Registration.State.PENDING:
        raise CauseGone("The registration was decided meanwhile.")
    return asked


def facts_of(asked: Registration) -> list[tuple[str, str]]:
    person: Any = asked.user
    place = asked.warehouse
    return [
        ("User name", asked.username),
        ("Name", person.get_full_name()),
        ("Warehouse asked for", f"{place.code} {place.name}" if place else ""),
        ("Role asked for", asked.role),
        ("Note", asked.note),
    ]


@register_mail(tell.REGISTRATION_RECEIVED)
def write_registration_received(message: OutboxMessage) -> Mail:
    asked = open_registration(message)
    return notice(
        "We have your registration",
        "Who manages the warehouse decides about it and you get a mail. Until then nobody can "
        "sign in with this account. If it was not you, there is nothing to do.",
        facts_of(asked),
        button="",
    )


@register_mail(tell.REGISTRATION_WAITS)
def write_registration_waits(message: OutboxMessage) -> Mail:
    asked = open_registration(message)
    person: Any = asked.user
    recipient: Any = message.recipient
    if not recipient.can(Can.MANAGE_PEOPLE):
        raise CauseGone("The recipient does not decide about people any more.")
    return notice(
        f"{asked.username} asks to be let in",
        "Let them in or turn them down. You may correct the role and the warehouse.",
        [*facts_of(asked), ("E-mail", person.email)],
        link=f"/admin/users/user/{person.pk}/change/",
        button="Decide",
    )


@register_mail(tell.ADDRESS_TAKEN)
def write_address_taken(message: OutboxMessage) -> Mail:
    recipient: Any = message.recipient
    heading, facts = (
        "Somebody registered with your address",
        [("Your user name", recipient.username)],
    )
    if not recipient.is_active:
        text = "You had an account, so no second one was made. If it was you, an administrator "
        text += "decides whether it is opened again. If it was not you, there is nothing to do."
        return notice(heading, text, facts, button="")
    return notice(
        heading,
        "You have an account already, so no second one was made. If it was you, sign in with the "
        "account below, or ask an administrator. If it was not you, there is nothing to do.",
        facts,
        button="Sign in",
    )


@register_mail(tell.RETURN_ASKED)
def write_return_asked(message: OutboxMessage) -> Mail:
    person = User.objects.get(pk=message.payload["user_id"])
    if not is_lawful(person, Step.REINSTATE):
        raise CauseGone(f"{person.username} is {person.status}.")
    return notice(
        f"{person.username} registered again",
        "Somebody registered with the address of this closed account. If it is the same person, "
        "reinstate them, with another role or warehouse if need be; else there is nothing to do.",
        [("User name", person.username), ("Name", person.get_full_name()),
         ("E-mail", person.email), ("Role before", person.role)],
        link=f"/admin/users/user/{person.pk}/change/",
        button="Decide",
    )  # fmt: skip


@register_mail(tell.STANDING_CHANGED)
def write_standing_changed(message: OutboxMessage) -> Mail:
    change = StandingChange.objects.select_related("user").get(pk=message.payload["change_id"])
    person, step = change.user, Step(change.step)
    role = change.to_role if change.to_role != change.from_role else ""
    if step == Step.APPROVE:
        role = change.to_role
    facts = [("User name", person.username), ("Role", role), ("Note", change.note)]
    if message.recipient_id == person.pk:
        return notice(*TO_PERSON[step], facts, button="" if step in CLOSED else "Sign in")
    return notice(
        f"{person.username} {TO_OTHERS[step]}",
        "You get this because you manage a warehouse where this person works, or asked for it.",
        [*facts[:1], ("Name", person.get_full_name()), *facts[1:]],
    )


@register_mail(tell.TASKS_HANDED_OVER)
def write_tasks_handed_over(message: OutboxMessage) -> Mail:
    payload = message.payload
    giver = User.objects.get(pk=payload["from_user_id"])
    tasks = TaskHandOver.objects.filter(
        pk__in=payload["hand_over_ids"], to_user=message.recipient
    ).order_by("pk")
    headed = Warehouse.objects.filter(code__in=payload["headed"], manager=message.recipient)
    facts = [
        *(("Task", f"{task.title} ({task.task_code})") for task in tasks),
        *(("You head", str(place)) for place in headed.order_by("code")),
    ]
    if not facts:
        raise CauseGone("The tasks were handed on meanwhile.")
    notes = {task.note for task in tasks if task.note}
    return notice(
        tell.tasks_are_yours(len(facts), giver),
        f"{name_of(giver)} began what is listed here; it was handed over to you and waits.",
        [*facts, *(("Note", note) for note in sorted(notes))],
    )


def promotion_of(message: OutboxMessage) -> PromotionRequest:
    rows = PromotionRequest.objects.select_related("user", "warehouse", "requested_by")
    return rows.get(pk=message.payload["promotion_id"])


@register_mail(tell.PROMOTION_REQUESTED)
def write_promotion_requested(message: OutboxMessage) -> Mail:
    request = promotion_of(message)
    if request.state != PromotionRequest.State.PENDING:
        raise CauseGone(f"{request.code} is {request.state}.")
    return notice(
        f"Shall {request.user.username} become a manager?",
        "A manager asks for it; an administrator decides.",
        [*facts_of_promotion(request), ("Reason", request.reason)],
        link=f"/admin/warehouses/promotionrequest/{request.pk}/change/",
        button="Decide",
    )


@register_mail(tell.PROMOTION_REJECTED)
def write_promotion_rejected(message: OutboxMessage) -> Mail:
    request = promotion_of(message)
    return notice(
        f"{request.code} was rejected",
        f"{request.user.username} keeps the role {request.user.role}.",
        [*facts_of_promotion(request), ("Note", request.note)],
    )


def facts_of_promotion(request: PromotionRequest) -> list[tuple[str, str]]:
    place = request.warehouse
    return [
        ("Request", request.code),
        ("User name", request.user.username),
        ("Name", request.user.get_full_name()),
        ("Warehouse", f"{place.code} {place.name}"),
        ("Asked by", request.requested_by.username),
    ]


@register_open_tasks(
    HEADSHIP, begun_by="manager", title=lambda place: f"Head of {place.name}", place=""
)
def headed_warehouses(seen_by: Any) -> Any:
    """Return the warehouses that may have a head."""
    return Warehouse.objects.member(seen_by)


@receiver(role_changed, dispatch_uid="warehouses.leave_headed_warehouses")
def on_role_changed(user: User, **kwargs: Any) -> None:
    leave_headed_warehouses(user)

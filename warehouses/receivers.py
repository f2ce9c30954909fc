"""The mails about how people come and go, and what they leave of places and requests."""

from collections.abc import Iterator
from typing import Any

from django.dispatch import receiver

from common.permissions import Can
from notifications.models import OutboxMessage
from notifications.registry import CauseGone, Mail, register_mail
from users.models import User
from users.signals import role_changed
from warehouses.lifecycle import Step
from warehouses.models import PromotionRequest, Registration, StandingChange, Warehouse
from warehouses.open_tasks import OpenTask, register_open_tasks
from warehouses.services import tell
from warehouses.services.places import leave_headed_warehouses

TEMPLATE = "people"
Facts = list[tuple[str, str]]
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


def mail(heading: str, text: str, facts: Facts, link: str = "", button: str = "") -> Mail:
    """Build a mail of one heading, one paragraph and a table of facts."""
    context = {
        "heading": heading,
        "text": text,
        "facts": [(name, value) for name, value in facts if value],
        "link": link,
        "button": button or "Open InventoryPulse",
    }
    return Mail(subject=heading, template=TEMPLATE, context=context)


def open_registration(message: OutboxMessage) -> Registration:
    """Return the registration of a mail; raises CauseGone where it was decided meanwhile."""
    rows = Registration.objects.select_related("user", "warehouse")
    asked = rows.filter(pk=message.payload["registration_id"]).first()
    if asked is None or asked.state != Registration.State.PENDING:
        raise CauseGone("The registration was decided meanwhile.")
    return asked


def facts_of(asked: Registration) -> Facts:
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
    return mail(
        "We have your registration",
        "Who manages the warehouse decides about it and you get a mail. Until then nobody can "
        "sign in with this account. If it was not you, there is nothing to do.",
        facts_of(asked),
    )


@register_mail(tell.REGISTRATION_WAITS)
def write_registration_waits(message: OutboxMessage) -> Mail:
    asked = open_registration(message)
    person: Any = asked.user
    recipient: Any = message.recipient
    if not recipient.can(Can.MANAGE_PEOPLE):
        raise CauseGone("The recipient does not decide about people any more.")
    return mail(
        f"{asked.username} asks to be let in",
        "Let them in or turn them down. You may correct the role and the warehouse.",
        [*facts_of(asked), ("E-mail", person.email)],
        link=f"/admin/users/user/{person.pk}/change/",
        button="Decide",
    )


@register_mail(tell.ADDRESS_TAKEN)
def write_address_taken(message: OutboxMessage) -> Mail:
    recipient: Any = message.recipient
    return mail(
        "Somebody registered with your address",
        "You have an account already, so no second one was made. If it was you, sign in with the "
        "account below, or ask an administrator. If it was not you, there is nothing to do.",
        [("Your user name", recipient.username)],
    )


@register_mail(tell.STANDING_CHANGED)
def write_standing_changed(message: OutboxMessage) -> Mail:
    change = StandingChange.objects.select_related("user").get(pk=message.payload["change_id"])
    person, step = change.user, Step(change.step)
    role = change.to_role if change.to_role != change.from_role else ""
    if step == Step.APPROVE:
        role = change.to_role
    facts = [("User name", person.username), ("Role", role), ("Note", change.note)]
    if message.recipient_id == person.pk:
        return mail(*TO_PERSON[step], facts)
    return mail(
        f"{person.username} {TO_OTHERS[step]}",
        "You get this because you manage a warehouse where this person works, or asked for it.",
        [*facts[:1], ("Name", person.get_full_name()), *facts[1:]],
    )


def promotion_of(message: OutboxMessage) -> PromotionRequest:
    rows = PromotionRequest.objects.select_related("user", "warehouse", "requested_by")
    return rows.get(pk=message.payload["promotion_id"])


@register_mail(tell.PROMOTION_REQUESTED)
def write_promotion_requested(message: OutboxMessage) -> Mail:
    request = promotion_of(message)
    if request.state != PromotionRequest.State.PENDING:
        raise CauseGone(f"{request.code} is {request.state}.")
    return mail(
        f"Shall {request.user.username} become a manager?",
        "A manager asks for it; an administrator decides.",
        [*facts_of_promotion(request), ("Reason", request.reason)],
        link=f"/admin/warehouses/promotionrequest/{request.pk}/change/",
        button="Decide",
    )


@register_mail(tell.PROMOTION_REJECTED)
def write_promotion_rejected(message: OutboxMessage) -> Mail:
    request = promotion_of(message)
    return mail(
        f"{request.code} was rejected",
        f"{request.user.username} keeps the role {request.user.role}.",
        [*facts_of_promotion(request), ("Note", request.note)],
    )


def facts_of_promotion(request: PromotionRequest) -> Facts:
    place = request.warehouse
    return [
        ("Request", request.code),
        ("User name", request.user.username),
        ("Name", request.user.get_full_name()),
        ("Warehouse", f"{place.code} {place.name}"),
        ("Asked by", request.requested_by.username),
    ]


@register_open_tasks
def headed_warehouses_of(person: Any, seen_by: Any) -> Iterator[OpenTask]:
    """Name the warehouses that somebody heads."""
    for place in Warehouse.objects.member(seen_by).filter(manager=person).order_by("code"):
        yield OpenTask("warehouse", place.code, f"Head of {place.name}", place.code)


@receiver(role_changed, dispatch_uid="warehouses.leave_headed_warehouses")
def on_role_changed(user: User, **kwargs: Any) -> None:
    leave_headed_warehouses(user)

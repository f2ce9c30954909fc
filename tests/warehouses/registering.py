"""Somebody who registers, and the mails that this makes."""

from rest_framework.test import APIClient

from notifications.models import OutboxMessage

REGISTER = "/api/auth/register/"
BODY = {
    "username": "newcomer",
    "email": "new@example.com",
    "password": "StrongPassword!123",
    "first_name": "Nora",
    "role": "employee",
    "warehouse": "wh-east",
    "note": "Night shift",
}


def register(**changes):
    return APIClient().post(REGISTER, {**BODY, **changes}, format="json")


def mails(topic):
    return sorted(
        OutboxMessage.objects.filter(topic=topic).values_list("recipient__username", flat=True)
    )

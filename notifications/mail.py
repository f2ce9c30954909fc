"""Making an e-mail out of a message of the outbox."""

from email.utils import formataddr
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from notifications.models import OutboxMessage
from notifications.registry import CauseGone, Mail, mail_writer

LONGEST_SUBJECT = 200


class OutboxMail(EmailMultiAlternatives):
    """A mail, and what the outbox keeps of its text."""

    kept_text = ""


def write_mail(message: OutboxMessage) -> OutboxMail:
    """Render a message in text and HTML from the facts of this moment; raises CauseGone."""
    address = address_of(message)
    mail: Mail = mail_writer(message.topic)(message)
    context = {
        "recipient": message.recipient,
        "public_url": settings.PUBLIC_URL.rstrip("/"),
        **mail.context,
    }
    email = OutboxMail(
        subject=one_line(mail.subject),
        body=render_to_string(f"email/{mail.template}.txt", context),
        to=[address],
        headers={"Message-ID": message_id(message), "Auto-Submitted": "auto-generated"},
        reply_to=reply_to(mail.reply_to),
    )
    email.attach_alternative(render_to_string(f"email/{mail.template}.html", context), "text/html")
    for file in mail.files:
        email.attach(file.name, file.content, file.media_type)
    email.kept_text = str(email.body) if mail.keeps_text else "(not kept: it held a secret)"
    return email


def address_of(message: OutboxMessage) -> str:
    """Return where a message goes; raises CauseGone where there is no such place any more."""
    if message.address:
        return message.address
    if message.recipient is None or not message.recipient.email:
        raise CauseGone("The recipient has no e-mail address.")
    return message.recipient.email


def reply_to(person: Any) -> list[str]:
    """Return where answers go: to an account's name and address, or to the sender."""
    if person is None or not person.email:
        return []
    return [formataddr((one_line(person.get_full_name()), one_line(person.email)))]


def one_line(text: str) -> str:
    """Make a header of free text: no line ends, no control characters, not too long."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    line = " ".join(printable.split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"


def message_id(message: OutboxMessage) -> str:
    """Return the Message-ID: the same for every attempt, so that mail programs drop a copy."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    key = message.dedup_key or f"outbox:{message.pk}"
    return f"<{uuid5(NAMESPACE_URL, f'{settings.PUBLIC_URL}#{key}').hex}@{host}>"

"""A real SMTP server for tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class MailServer:
    """Keeps what it is sent and refuses the addresses in `refused`.

    `on_recipient` runs before a mail's content is asked for; `on_mail` after it was kept and
    before the sender is told so.
    """

    mails: list[EmailMessage] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    on_recipient: Callable[[], None] | None = None
    on_mail: Callable[[], None] | None = None
    port: int = 0

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.on_recipient is not None:
            self.on_recipient()
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.on_mail is not None:
            self.on_mail()
        return "250 OK"

    @property
    def addresses(self) -> list[str]:
        return sorted(mail["To"] for mail in self.mails)

    @property
    def message_ids(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.mails]


@contextmanager
def running_mail_server() -> Iterator[MailServer]:
    server = MailServer()
    # The port is known only after the bind, which the controller's own check would not wait for.
    controller = FreePortController(server, hostname="127.0.0.1", port=0)
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()


class FreePortController(Controller):
    """Listens on a port that the system chose."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

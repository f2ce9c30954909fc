"""Errors that a business rule raises; common.api.exception_handler turns them into answers."""

from typing import Any


class DomainError(Exception):
    """A business rule said no: `message` tells what to do, `details` maps fields to messages."""

    code = "conflict"
    http_status = 409
    title = "Conflict"
    retry_after = 0  # seconds, if the same request may succeed then

    def __init__(self, message: str, details: dict[str, list[Any]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or {}


class InvalidInput(DomainError):
    """A value that breaks a rule; `details` names its field."""

    code = "invalid"
    http_status = 400
    title = "Invalid input"


class NotAllowed(DomainError):
    """The caller may see this, but may not do it."""

    code = "not_allowed"
    http_status = 403
    title = "Not allowed"


class OwnRequest(NotAllowed):
    """Somebody decides what they asked for themselves."""

    code = "own_request"
    title = "Own request"


class WrongState(DomainError):
    """The object's state does not permit this step."""

    code = "wrong_state"
    title = "Wrong state"


class DuplicateCode(DomainError):
    """A business code that is taken."""

    code = "duplicate"
    title = "Already exists"


class StaleVersion(DomainError):
    """Somebody else changed the object since the caller read it."""

    code = "stale_version"
    title = "Changed meanwhile"


class ChangedMeanwhile(StaleVersion):
    """The version that the request named in If-Match is no longer the newest one."""

    http_status = 412


class KeyReused(DomainError):
    """An Idempotency-Key that was used for another request."""

    code = "idempotency_key_reused"
    http_status = 422
    title = "Idempotency key reused"


class Busy(DomainError):
    """Locks could not be had in time; the same request may succeed in a moment."""

    code = "busy"
    http_status = 503
    title = "Busy"
    retry_after = 1

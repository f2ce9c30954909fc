"""What alerts refuse."""

from collections.abc import Iterable

from common.exceptions import WrongState


class AlertClosed(WrongState):
    """A step that the alert's status does not permit; `details` names those that would."""

    def __init__(self, code: str, status: str, step: str, allowed: Iterable[str]) -> None:
        states = [str(state) for state in allowed]
        super().__init__(
            f"Alert {code} is {status}; only one that is {' or '.join(states)} can be {step}.",
            {"status": [f"Is {status}."], "allowed": states},
        )

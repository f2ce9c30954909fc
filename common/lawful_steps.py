"""Documents that take one lawful step after another."""

from collections.abc import Mapping
from typing import Any

from common.exceptions import WrongState


class LawfulSteps:
    """A document whose table TRANSITIONS says which statuses may follow each one."""

    TRANSITIONS: Mapping[str, tuple[str, ...]] = {}
    status: Any

    @property
    def allowed_transitions(self) -> list[str]:
        """The statuses that the document may take next."""
        return [str(status) for status in self.TRANSITIONS[self.status]]

    def require_step_to(self, target: str) -> None:
        """Raise WrongState, naming the lawful steps, where `target` cannot come next."""
        lawful = self.allowed_transitions
        if target in lawful:
            return
        noun = self._meta.verbose_name  # type: ignore[attr-defined]
        remedy = f"Lawful now: {', '.join(lawful)}." if lawful else "It is final."
        text = f"A {noun} that is {self.status} cannot become {target}. {remedy}"
        raise WrongState(text, {"status": [text], "allowed_transitions": lawful})

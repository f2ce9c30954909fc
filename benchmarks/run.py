"""What every row works with."""

from dataclasses import dataclass

from benchmarks.fill import Company
from benchmarks.http import Client
from benchmarks.measure import Basis, Outcome, Variant, compare


@dataclass(frozen=True, slots=True)
class Run:
    """A filled company, a signed-in client, and how long to measure."""

    company: Company
    client: Client
    rounds: int

    def compare(
        self,
        subject: Variant,
        *others: Variant,
        basis: Basis = "seconds",
        slowdown: bool = False,
        note: str = "",
    ) -> Outcome:
        return compare(
            subject,
            *others,
            rounds=self.rounds,
            seconds=self.company.scale.seconds,
            fewest=self.company.scale.fewest,
            basis=basis,
            slowdown=slowdown,
            note=note,
        )

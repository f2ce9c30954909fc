"""What a lot's date gives reason to say: arithmetic and words, no SQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from alerts.models import Alert
from alerts.services.incidents import Finding
from alerts.services.stock_findings import plain

Severity = Alert.Severity
WORSE = [Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]
URGENT_DAYS, SOON_DAYS = 7, 14
CENT = Decimal("0.01")


def balance_of_cause(cause_key: str) -> int:
    """Return the lot balance of a cause such as expiring:17 or expired:17."""
    return int(cause_key.rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges lots as of a day.

    worth_more: from this value at stake on, a warning is one step more severe; None: never. It is
    what the company's staff may write off alone.
    """

    today: date
    warning_days: int
    worth_more: Decimal | None

    def findings(self, lot: dict[str, Any]) -> Iterator[Finding]:
        """Yield what a row of lot_situations() deserves: of its two causes at most one."""
        left = None if lot["expires"] is None else (lot["expires"] - self.today).days
        is_there = lot["on_hand"] > 0 and left is not None
        has_expired = is_there and left is not None and left < 0
        soon = is_there and left is not None and 0 <= left <= self.warning_days
        yield self.finding("expiring", lot, left, is_true=soon, becomes_expired=has_expired)
        yield self.finding("expired", lot, left, is_true=has_expired)

    def finding(
        self,
        cause: str,
        lot: dict[str, Any],
        left: int | None,
        *,
        is_true: bool,
        becomes_expired: bool = False,
    ) -> Finding:
        value = (lot["on_hand"] * lot["unit_cost"]).quantize(CENT, ROUND_HALF_UP)
        is_gone = not lot["on_hand"]
        gone_as = "lot_gone" if is_gone else "date_corrected"
        return Finding(
            cause_key=f"{cause}:{lot['id']}",
            alert_type=Alert.Type.EXPIRY_WARNING if is_true else "",
            severity=self.severity(left or 0, value) if is_true else Severity.LOW,
            title=title_of(cause, lot["product_name"]),
            message=self.message(lot, left, value, is_true=is_true or becomes_expired),
            current_value=None if left is None else Decimal(left),
            threshold_value=Decimal(0 if cause == "expired" else self.warning_days),
            product_id=lot["product_id"],
            variation_id=lot["variation_id"],
            warehouse_id=lot["warehouse_id"],
            closed_as="expired" if becomes_expired else gone_as,
        )

    def severity(self, left: int, value: Decimal) -> str:
        """Return how bad it is: by the days left, and a step more where much is at stake.

        Expired, or at most 7 days left: high; up to 14 days: medium; else low.
        """
        step = 2 if left <= URGENT_DAYS else 1 if left <= SOON_DAYS else 0
        if self.worth_more is not None and value >= self.worth_more:
            step += 1
        return WORSE[step]

    def message(
        self, lot: dict[str, Any], left: int | None, value: Decimal, *, is_true: bool
    ) -> str:
        name = f"Lot {lot['lot_number']} of {lot['sku']} in {lot['warehouse_code']}"
        if not is_true:
            if not lot["on_hand"]:
                return f"Resolved by itself: nothing is left of {name[0].lower()}{name[1:]}."
            when = f"on {lot['expires']}" if lot["expires"] else "never"
            return f"Resolved by itself: {name[0].lower()}{name[1:]} expires {when}."
        much = f"{plain(lot['on_hand'])} {lot['unit']}, worth {plain(value)}"
        if left is not None and left < 0:
            return (
                f"{name} expired on {lot['expires']}: {much}. It is not available; "
                "an adjustment that names the lot disposes of it."
            )
        return f"{name} expires on {lot['expires']}, {in_days(left or 0)}: {much}."


def in_days(left: int) -> str:
    return "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"


def title_of(cause: str, product_name: str) -> str:
    title = f"{'Expired' if cause == 'expired' else 'Expires Soon'}: {product_name}"
    return title if len(title) <= 200 else f"{title[:199]}…"

"""What a balance gives reason to say: arithmetic and words, no SQL."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

from alerts.models import Alert
from alerts.queries import DEMAND_DAYS
from alerts.services.incidents import Finding

Severity, Type = Alert.Severity, Alert.Type
COVER_LIMITS = ((2, Severity.CRITICAL), (7, Severity.HIGH), (14, Severity.MEDIUM))
SHARE_LIMITS = ((Decimal("0.25"), Severity.HIGH), (Decimal("0.5"), Severity.MEDIUM))


CLOSED_AS: dict[str, str] = {
    "": "stock_recovered",
    Type.OUT_OF_STOCK: "escalated",
    Type.LOW_STOCK: "eased",
}


def stock_cause(stock_id: int) -> str:
    return f"stock:{stock_id}"


def stock_of_cause(cause_key: str) -> int:
    return int(cause_key.removeprefix("stock:"))


def find(situation: dict[str, Any]) -> Finding:
    """Judge one row of stock_situations()."""
    available, threshold = situation["available_now"], situation["reorder_point"]
    alert_type = ""
    if situation["is_low"]:
        alert_type = Type.OUT_OF_STOCK if available <= 0 else Type.LOW_STOCK
    cover = days_of_cover(available, -situation["issued"])
    return Finding(
        cause_key=stock_cause(situation["id"]),
        alert_type=alert_type,
        severity=severity_of(available, threshold, cover) if alert_type else Severity.LOW,
        title=title_of(alert_type, situation["product_name"]),
        message=message_of(situation, cover),
        current_value=available,
        threshold_value=threshold,
        product_id=situation["product_id"],
        variation_id=situation["variation_id"],
        warehouse_id=situation["warehouse_id"],
        closed_as=CLOSED_AS[alert_type],
    )


def days_of_cover(available: Decimal, demand: Decimal) -> Decimal | None:
    """Return for how many days the available quantity lasts at the pace of the last 28 days.

    available / (demand of 28 days / 28), in days, at least 0; None where there was no demand.
    """
    if demand <= 0:
        return None
    return max(available, Decimal(0)) * DEMAND_DAYS / demand


def severity_of(available: Decimal, threshold: Decimal, cover: Decimal | None) -> str:
    """Return how bad a low balance is.

    Where goods went out in the last 28 days, by days of cover: up to 2 critical (so nothing left
    is critical), up to 7 high, up to 14 medium, else low. Where none did, by what is left of
    the threshold: up to a quarter high (so nothing left is high: nobody is waiting for it), up to
    a half medium, else low.
    """
    if cover is not None:
        return next((name for limit, name in COVER_LIMITS if cover <= limit), Severity.LOW)
    return next(
        (name for limit, name in SHARE_LIMITS if available <= limit * threshold), Severity.LOW
    )


def title_of(alert_type: str, product_name: str) -> str:
    label = "Out of Stock" if alert_type == Type.OUT_OF_STOCK else "Low Stock"
    title = f"{label} Alert: {product_name}"
    return title if len(title) <= 200 else f"{title[:199]}…"


def message_of(situation: dict[str, Any], cover: Decimal | None) -> str:
    available, threshold = situation["available_now"], situation["reorder_point"]
    where = f"{situation['sku']} in {situation['warehouse_code']}"
    if not situation["is_low"]:
        limit = "" if threshold is None else f", above the reorder point of {plain(threshold)}"
        return f"Resolved by itself: available stock of {where} is {plain(available)}{limit}."
    text = (
        f"Current stock ({plain(available)}) of {where} is at or below"
        f" the reorder threshold ({plain(threshold)})."
    )
    if cover:
        days = cover.quantize(Decimal("0.1"), ROUND_DOWN)
        text += f" At the pace of the last {DEMAND_DAYS} days it lasts {plain(days)} days."
    return text


def plain(value: Decimal) -> str:
    """Write a number without trailing zeros or exponent: 75, not 75.000."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

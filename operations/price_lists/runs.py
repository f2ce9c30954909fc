"""Taking one price list: judged, written as a whole or not at all, and remembered."""

from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from alerts.services.system import raise_system_alert
from inventory.models import SupplierPrice
from inventory.services.terms import terms_from
from operations.exchange.exceptions import FileTooLarge
from operations.exchange.jobs import KEPT
from operations.models import PriceListRun, SupplierPriceFeed
from operations.price_lists.exceptions import PriceListTaken
from operations.price_lists.judging import Judged, judge_price_list
from operations.price_lists.reading import MOST_BYTES, Reading
from suppliers.models import Supplier

State = PriceListRun.State
LONGEST_NAME = 255
JUMPS_NAMED = 5


@transaction.atomic
def take_price_list(
    *,
    supplier: Supplier,
    path: Path,
    file_name: str,
    reading: Reading,
    dry_run: bool,
    feed: SupplierPriceFeed | None = None,
    acting_user: Any,
) -> PriceListRun:
    """Judge a supplier's price list and, unless it is a dry run, put its terms in force.

    All rows, or none where one is refused; rows of goods that are not known are told and do no
    harm. Changes of the reading's jump_percent or more raise an alert. Locks the supplier, so that
    two lists come one after the other, then products, then terms. Raises CannotRead, FileTooLarge,
    and PriceListTaken for a file that was taken before.
    """
    supplier = Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
    size = path.stat().st_size
    if size > MOST_BYTES:
        text = f"At most {MOST_BYTES // 1024 // 1024} MB. Split the list."
        raise FileTooLarge(text, {"file": [text]})
    run = PriceListRun(
        supplier=supplier,
        feed=feed,
        by_feed=feed is not None,
        file_name=shown_name(file_name),
        sha256=sha256(path.read_bytes()).hexdigest(),
        size=size,
        dry_run=dry_run,
        created_by=acting_user,
    )
    if not dry_run:
        refuse_taken(run)
    with terms_from(SupplierPrice.Source.PRICE_LIST, run.file_name):
        judged = judge_price_list(supplier, path, reading, commit=not dry_run)
    remember(run, judged)
    if run.state == State.APPLIED and run.jumps:
        tell_jumps(run, reading)
    return run


def shown_name(name: str) -> str:
    return "".join(one if one.isprintable() else " " for one in name)[-LONGEST_NAME:] or "list"


def refuse_taken(run: PriceListRun) -> None:
    """Raise PriceListTaken where the very file is in force already."""
    before = PriceListRun.objects.filter(
        supplier=run.supplier, sha256=run.sha256, state=State.APPLIED
    ).first()
    if before is not None:
        text = (
            f"This very list was taken on {before.created_at:%Y-%m-%d} as run {before.pk}."
            " Send a newer one."
        )
        raise PriceListTaken(text, {"file": [text]})


def remember(run: PriceListRun, judged: Judged) -> None:
    """Save a run with what became of its rows."""
    for name, value in asdict(judged).items():
        setattr(run, name, value)
    if run.dry_run:
        run.state = State.CHECKED
    else:
        run.state = State.REFUSED if judged.refused else State.APPLIED
    if judged.refused:
        run.message = f"{judged.refused} rows are refused."
    run.save(force_insert=True)


def note_failure(
    *,
    supplier: Supplier,
    feed: SupplierPriceFeed,
    file_name: str,
    digest: str,
    message: str,
    acting_user: Any,
) -> PriceListRun:
    """Remember a list that could not be read or fetched."""
    return PriceListRun.objects.create(
        supplier=supplier,
        feed=feed,
        by_feed=True,
        file_name=shown_name(file_name),
        sha256=digest,
        size=0,
        dry_run=False,
        state=State.FAILED,
        message=message[:500],
        created_by=acting_user,
    )


@transaction.atomic
def purge_price_lists() -> int:
    """Throw away what is told of price lists that are long past; return how many runs it was.

    A run that keeps a file from being taken again stays, without its lines: what is in force, and
    what a feed would find anew every night. All other runs are deleted.
    """
    old = PriceListRun.objects.filter(created_at__lt=timezone.now() - KEPT)
    remembers = Q(dry_run=False) & ~Q(sha256="") & (Q(state=State.APPLIED) | Q(by_feed=True))
    emptied = old.filter(remembers).exclude(lines=[]).update(lines=[])
    _, deleted = old.exclude(remembers).delete()
    return emptied + deleted.get("operations.PriceListRun", 0)


def tell_jumps(run: PriceListRun, reading: Reading) -> None:
    """Raise an alert that names the greatest changes of a list."""
    jumps = [line for line in run.lines if line["is_jump"]]
    jumps.sort(key=lambda line: -abs(line["change_percent"]))
    named = ", ".join(
        f"{line['product_id']} {line['change_percent']:+g} %" for line in jumps[:JUMPS_NAMED]
    )
    limit = f"{reading.jump_percent.normalize():f}"
    count = "1 price" if run.jumps == 1 else f"{run.jumps} prices"
    raise_system_alert(
        cause_key=f"price-list:{run.pk}",
        severity="high",
        title=f"{run.supplier.code}: {count} changed by {limit} % or more",
        message=f"Price list {run.file_name[:100]} of {run.supplier.company_name[:100]}: {named}.",
        supplier=run.supplier,
    )

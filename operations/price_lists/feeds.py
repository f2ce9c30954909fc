"""Feeds: where a supplier's lists come from, and taking what is new there."""

from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from alerts.services.system import end_system_alert, raise_system_alert
from common.exceptions import DomainError, InvalidInput
from common.permissions import Can
from operations.models import PriceListRun, SupplierPriceFeed
from operations.price_lists.reading import FIELD_NAMES, Reading
from operations.price_lists.runs import note_failure, take_price_list
from operations.price_lists.sources import folder_parts, lists_of, require_address
from operations.tasks import take_price_feed
from suppliers.models import Supplier
from users.models import User

Kind, State = SupplierPriceFeed.Kind, PriceListRun.State
LONGEST_COLUMN = 100


@transaction.atomic
def save_feed(*, supplier: Supplier, values: dict[str, Any], acting_user: Any) -> SupplierPriceFeed:
    """Set where a supplier's price lists come from and how they are read; return the feed.

    Changes what `values` names, or makes the feed. Locks the supplier. Raises InvalidInput for a
    folder outside of PRICE_LIST_DIR, an address of no public host, and columns that are none.
    """
    Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
    feed = SupplierPriceFeed.objects.filter(supplier=supplier).first()
    feed = feed or SupplierPriceFeed(supplier=supplier)
    for name, value in values.items():
        setattr(feed, name, value)
    feed.changed_by = acting_user
    require_source(feed)
    require_names(feed.columns)
    feed.save()
    return feed


@transaction.atomic
def delete_feed(*, feed: SupplierPriceFeed) -> None:
    """Take no more lists from a feed; the runs that there were stay."""
    feed.delete()


def require_source(feed: SupplierPriceFeed) -> None:
    """Raise InvalidInput where a feed's folder or address may not be read; the other goes."""
    if feed.kind == Kind.FOLDER:
        feed.url = ""
        folder_parts(feed.folder)
    else:
        feed.folder = ""
        require_address(feed.url)


def require_names(columns: Any) -> None:
    """Raise InvalidInput unless columns map our fields to names of theirs."""
    known = ", ".join(FIELD_NAMES)
    if not isinstance(columns, dict):
        raise InvalidInput("Send an object.", {"columns": ["Send an object of names."]})
    for ours, theirs in columns.items():
        if ours not in FIELD_NAMES:
            text = f"Unknown field {str(ours)[:50]!r}. Use {known}."
            raise InvalidInput(text, {"columns": [text]})
        if not isinstance(theirs, str) or not 0 < len(theirs.strip()) <= LONGEST_COLUMN:
            text = f"{ours}: name the column of the list, in at most {LONGEST_COLUMN} characters."
            raise InvalidInput(text, {"columns": [text]})


def reading_of(feed: SupplierPriceFeed) -> Reading:
    return Reading(
        columns=feed.columns,
        encoding=feed.encoding,
        delimiter=feed.delimiter,
        decimal=feed.decimal,
        jump_percent=feed.jump_percent,
    )


def run_feed(
    *, feed: SupplierPriceFeed, again: bool = False, acting_user: Any
) -> list[PriceListRun]:
    """Take what is new in a feed; return its runs, failed ones included.

    A file is taken once; one that was refused or could not be read is tried once more with `again`.
    Each list is a transaction of its own, and nothing is fetched inside of one. Trouble is told by
    an alert that ends with the next list that is taken. Raises nothing about lists or their place.
    """
    runs: list[PriceListRun] = []
    SupplierPriceFeed.objects.filter(pk=feed.pk).update(looked_at=timezone.now())
    try:
        with lists_of(feed) as lists:
            runs += [run for run in taken(feed, lists, again, acting_user) if run is not None]
    except DomainError as error:
        runs.append(failed(feed, feed.place, "", error, acting_user))
    tell_trouble(feed, runs)
    return runs


def taken(
    feed: SupplierPriceFeed, lists: Iterator[tuple[str, Path]], again: bool, acting_user: Any
) -> Iterator[PriceListRun | None]:
    for name, path in lists:
        digest = sha256(path.read_bytes()).hexdigest()
        if not is_new(feed, digest, again):
            continue
        try:
            yield take_price_list(
                supplier=feed.supplier,
                path=path,
                file_name=name,
                reading=reading_of(feed),
                dry_run=False,
                feed=feed,
                acting_user=acting_user,
            )
        except DomainError as error:
            yield failed(feed, name, digest, error, acting_user)


def is_new(feed: SupplierPriceFeed, digest: str, again: bool) -> bool:
    """Say whether a file is to be taken: not once it is in force, nor refused, unless `again`."""
    before = PriceListRun.objects.filter(supplier=feed.supplier_id, sha256=digest, dry_run=False)
    return not (before.filter(state=State.APPLIED) if again else before).exists()


def failed(
    feed: SupplierPriceFeed, name: str, digest: str, error: DomainError, acting_user: Any
) -> PriceListRun:
    return note_failure(
        supplier=feed.supplier,
        feed=feed,
        file_name=name,
        digest=digest,
        message=error.message,
        acting_user=acting_user,
    )


def tell_trouble(feed: SupplierPriceFeed, runs: list[PriceListRun]) -> None:
    """Raise an alert about the last list that was not taken; end it where the last one was."""
    if not runs:
        return
    cause, last = f"price-feed:{feed.pk}", runs[-1]
    if last.state == State.APPLIED:
        end_system_alert(cause_key=cause, notes="A price list was taken.")
        return
    raise_system_alert(
        cause_key=cause,
        severity="medium",
        title=f"{feed.supplier.code}: no price list was taken",
        message=f"{last.file_name}: {last.message}",
        supplier=feed.supplier,
    )


@transaction.atomic
def ask_for_feed(*, feed: SupplierPriceFeed, acting_user: Any) -> None:
    """Let the worker take what is new in a feed soon, and try again what was refused."""
    transaction.on_commit(partial(take_price_feed.delay, feed.pk, acting_user.pk), robust=True)


def run_asked_feed(feed_id: int, user_id: int) -> int:
    """Take what is new in a feed for whoever asked; return how many lists were taken."""
    feed = SupplierPriceFeed.objects.filter(pk=feed_id).select_related("supplier").first()
    user = User.objects.filter(pk=user_id).first()
    if feed is None or user is None or not user.can(Can.MANAGE_CATALOGUE):
        return 0
    runs = run_feed(feed=feed, again=True, acting_user=user)
    return sum(run.state == State.APPLIED for run in runs)


def run_due_feeds() -> int:
    """Take what is new in all feeds that are switched on; return how many lists were taken.

    Those that were looked at longest ago come first, so that one that takes all the time, or fails
    in a way nobody thought of, keeps the others from nothing for more than a night.
    """
    feeds = SupplierPriceFeed.objects.filter(is_active=True).select_related("supplier")
    number = 0
    for feed in feeds.order_by(F("looked_at").asc(nulls_first=True), "pk"):
        runs = run_feed(feed=feed, acting_user=None)
        number += sum(run.state == State.APPLIED for run in runs)
    return number

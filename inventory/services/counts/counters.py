"""Who counts: a count may be given to somebody, and from them to somebody else."""

from typing import Any

from django.db import transaction
from django.db.models import Q

from common.exceptions import InvalidInput, WrongState
from common.permissions import Can
from inventory.models import StockCount
from inventory.services.counts.entering import lock_count
from inventory.services.tell import tell_count_assigned
from users.models import User
from warehouses.models import Membership, Warehouse


def counters_in(warehouse: Warehouse) -> Any:
    """Return who may count in a warehouse: its people who post stock, and the administrators."""
    members = Membership.objects.filter(warehouse=warehouse).values("user")
    return User.objects.who_can(Can.POST_STOCK).filter(Q(pk__in=members) | Q(role="admin"))


def require_counter(person: Any, warehouse: Warehouse) -> None:
    """Raise InvalidInput (assigned_to) unless somebody may count in a warehouse."""
    if person is not None and not counters_in(warehouse).filter(pk=person.pk).exists():
        raise nobody_counts(person.username, warehouse)


def nobody_counts(reference: str, warehouse: Warehouse) -> InvalidInput:
    text = f'Nobody "{reference[:50]}" counts in {warehouse.code}. Name one of its staff.'
    return InvalidInput(text, {"assigned_to": [text]})


@transaction.atomic
def assign_count(*, count: StockCount, assigned_to: Any, acting_user: Any) -> StockCount:
    """Give an open count to somebody who counts in its warehouse, or with None to nobody.

    They are told, unless it was theirs; others may count in it all the same. Locks the count.
    Raises WrongState and InvalidInput.
    """
    count = lock_count(count)
    if count.status != StockCount.Status.COUNTING:
        text = f"A stock count that is {count.status} is given to nobody. Open another one."
        raise WrongState(text, {"status": [text]})
    require_counter(assigned_to, count.warehouse)
    before = count.assigned_to_id
    count.assigned_to = assigned_to
    count.save(update_fields=["assigned_to", "updated_at"])
    if count.assigned_to_id != before:
        tell_count_assigned(count, acting_user)
    return count

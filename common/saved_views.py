"""Saved filters: who may write them, and the one form in which they are kept."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib.auth import get_user_model
from django.db import transaction

from common.duplicates import refuse_duplicates
from common.exceptions import InvalidInput, NotAllowed
from common.models import SavedView
from common.permissions import Can

MOST_OF_A_LIST = 50
LONGEST_QUERY = 2000
LONGEST_NAME = 80
TAKEN = {"saved_view_once_per_owner": "name"}


def canonical_query(parameters: Iterable[tuple[str, str]]) -> str:
    """Return parameters as an address has them, in one order; empty ones select nothing."""
    return urlencode(sorted((name, value) for name, value in parameters if value != ""))


def parameters_of(query: str) -> dict[str, str | list[str]]:
    """Return the parameters by name, those that stand there several times as a list."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(query):
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


@transaction.atomic
def create_saved_view(
    *,
    resource: str,
    name: str,
    query: str,
    is_shared: bool = False,
    is_default: bool = False,
    acting_user: Any,
) -> SavedView:
    """Keep the parameters of a list under a name; the caller has checked that the list knows them.

    Locks the owner's account, so that their filters change one after another. Raises InvalidInput
    (name, parameters), DuplicateCode (name), and NotAllowed for sharing without that right.
    """
    view = SavedView(owner=acting_user, resource=resource)
    lock_owner(acting_user.pk)
    if SavedView.objects.filter(owner=acting_user, resource=resource).count() >= MOST_OF_A_LIST:
        text = f"You have {MOST_OF_A_LIST} filters of this list. Delete one of them first."
        raise InvalidInput(text, {"resource": [text]})
    values = {"name": name, "query": query, "is_shared": is_shared, "is_default": is_default}
    return write(view, values, acting_user)


@transaction.atomic
def change_saved_view(*, view: SavedView, values: dict[str, Any], acting_user: Any) -> SavedView:
    """Change name, query, is_shared or is_default of a saved filter; a new default replaces one.

    Only its owner changes it; an administrator may also stop sharing it. Locks the owner's
    account. Raises NotAllowed, InvalidInput and DuplicateCode as create_saved_view.
    """
    lock_owner(view.owner_id)
    view = SavedView.objects.get(pk=view.pk)
    stops_sharing = values == {"is_shared": False}
    require_right(view, acting_user, of_administrators=stops_sharing)
    return write(view, values, acting_user)


@transaction.atomic
def delete_saved_view(*, view: SavedView, acting_user: Any) -> None:
    """Delete a saved filter: its owner may, and an administrator where it is shared.

    Locks the owner's account. Raises NotAllowed.
    """
    lock_owner(view.owner_id)
    require_right(view, acting_user, of_administrators=True)
    view.delete()


def lock_owner(key: int) -> None:
    """Lock an account until the transaction ends: what it saved changes one after another."""
    owners = get_user_model()._default_manager.select_for_update(no_key=True)
    list(owners.filter(pk=key).values_list("pk"))


def require_right(view: SavedView, acting_user: Any, *, of_administrators: bool) -> None:
    if view.owner_id == acting_user.pk:
        return
    if of_administrators and view.is_shared and acting_user.can(Can.MANAGE_SETTINGS):
        return
    raise NotAllowed("Somebody else saved this filter. Save one of your own under another name.")


def write(view: SavedView, values: dict[str, Any], acting_user: Any) -> SavedView:
    """Write a saved filter of a locked owner; a new default takes the place of the old one."""
    if values.get("is_shared") and not acting_user.can(Can.USE_BACK_OFFICE):
        text = "Filters are shared by people of the back office. Leave it out to keep your own."
        raise NotAllowed(text, {"is_shared": [text]})
    for name, value in values.items():
        setattr(view, name, value.strip() if name == "name" else value)
    require_values(view)
    if view.is_default:
        others = SavedView.objects.filter(owner_id=view.owner_id, resource=view.resource)
        others.filter(is_default=True).exclude(pk=view.pk).update(is_default=False)
    with refuse_duplicates(TAKEN):
        view.save()
    return view


def require_values(view: SavedView) -> None:
    wrong: dict[str, list[Any]] = {}
    if not view.name:
        wrong["name"] = ["Give the filter a name."]
    if len(view.name) > LONGEST_NAME:
        wrong["name"] = [f"At most {LONGEST_NAME} characters. Shorten it."]
    if not view.query:
        wrong["parameters"] = ["Filter, search or order the list first: this would show all of it."]
    if len(view.query) > LONGEST_QUERY:
        wrong["parameters"] = [f"At most {LONGEST_QUERY} characters in all. Filter by less."]
    if wrong:
        raise InvalidInput(next(iter(wrong.values()))[0], wrong)

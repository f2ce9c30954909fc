"""Writing the category tree."""

from typing import Any

from django.db import transaction
from django.db.models import Case, IntegerField, ProtectedError, Q, Value, When

from common.codes import next_code
from common.duplicates import refuse_duplicates
from common.exceptions import DuplicateCode, InvalidInput
from inventory.exceptions import StillReferredTo
from inventory.models import Category

TAKEN = {"inventory_category_code_key": "code", "category_once": "name"}


@transaction.atomic
def create_category(*, values: dict[str, Any]) -> Category:
    """Add a category, with the next free code where `values` has none. Raises DuplicateCode."""
    code = values.get("code") or next_code(Category, "code", "CAT")
    category = Category(**{**values, "code": code})
    with refuse_duplicates(TAKEN):
        category.save(force_insert=True)
    return category


@transaction.atomic
def update_category(*, category: Category, values: dict[str, Any]) -> Category:
    """Change a category. Raises DuplicateCode, and InvalidInput for a parent below itself.

    A new parent locks the whole tree: two moves at once could close a circle otherwise.
    """
    if values.get("parent"):
        refuse_circle(category, values["parent"])
    for name, value in values.items():
        setattr(category, name, value)
    with refuse_duplicates(TAKEN):
        category.save(update_fields=[*values, "updated_at"])
    return category


def refuse_circle(category: Category, parent: Category) -> None:
    rows = Category.objects.select_for_update(no_key=True).order_by("pk")
    parents = dict(rows.values_list("pk", "parent_id"))
    above: int | None = parent.pk
    while above is not None:
        if above == category.pk:
            text = f"{parent.code} lies below {category.code}. Choose a parent outside of it."
            raise InvalidInput(text, {"parent": [text]})
        above = parents.get(above)


@transaction.atomic
def delete_category(*, category: Category) -> None:
    """Delete a category without products and subcategories; raises StillReferredTo otherwise."""
    try:
        category.delete()
    except ProtectedError:
        raise StillReferredTo(
            f"{category.code} has products or subcategories. Move or delete them first."
        ) from None


def resolve_category(values: dict[str, Any], current: Category | None) -> Category | None:
    """Return the category that `category` and `subcategory` mean, made where unknown.

    What is absent stays: a category alone keeps the subcategory if it is the same category.
    Raises InvalidInput for a subcategory without a category.
    """
    if "category" not in values and "subcategory" not in values:
        return current
    parent = (current.parent or current) if current else None
    if "category" in values:
        name = values["category"]
        named = find_or_create(name) if name else None
        if named and named == parent and "subcategory" not in values:
            return current
        parent = named
    if not values.get("subcategory"):
        return parent
    if parent is None:
        text = "Name the category that the subcategory belongs to."
        raise InvalidInput(text, {"category": [text]})
    return find_or_create(values["subcategory"], parent)


def find_or_create(name: str, parent: Category | None = None) -> Category:
    """Return the category of a code or name (below `parent`, if given), made where unknown."""
    found = find_category(name, parent)
    if found is None:
        try:
            found = create_category(values={"name": name, "parent": parent})
        except DuplicateCode:  # somebody else made it meanwhile
            found = find_category(name, parent)
    if found is None:
        raise InvalidInput("The category changed meanwhile. Send the request again.")
    return found


def find_category(name: str, parent: Category | None) -> Category | None:
    matches = Category.objects.filter(Q(code=name.upper()) | Q(name__iexact=name))
    if parent is not None:
        matches = matches.filter(parent=parent)
    rank = Case(
        When(code=name.upper(), then=Value(0)),
        When(parent=None, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    category: Category | None = matches.order_by(rank, "pk").first()
    return category

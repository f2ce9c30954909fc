"""The page on which customers' goods are taken back."""

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from common.admin_orders import QuantitiesTableForm, plain, quantity_field
from common.admin_steps import Step, permits
from common.permissions import Can
from sales.models import SalesOrder, SalesReturnItem
from sales.services.line_choice import LineRequest
from sales.services.order_rows import HUNDRED, ZERO
from sales.services.returns import return_goods
from warehouses.models import Warehouse

BY_REASON = [("", "As the reason says")]


class TakeBackForm(QuantitiesTableForm):
    """What came back of each line, why, and where it goes."""

    gathered_as = "lines"
    nothing_text = "Enter what came back of at least one line."
    columns = ("Quantity", "Reason", "Goes to", "Lot")
    kinds = (QuantitiesTableForm.prefix_of_lines, "reason_", "to_", "lot_")
    beside = ("warehouse", "restocking_fee_percent", "notes")

    warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(),
        required=False,
        label="Came back to",
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )
    restocking_fee_percent = forms.DecimalField(
        required=False,
        min_value=ZERO,
        max_value=HUNDRED,
        max_digits=5,
        decimal_places=2,
        label="Restocking fee in %",
        help_text="Is kept of what is credited.",
        widget=UnfoldAdminDecimalFieldWidget,
    )
    notes = forms.CharField(max_length=1000, required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, order: SalesOrder, posted: Any, user: Any) -> None:
        super().__init__([], posted)
        places: Any = self.fields["warehouse"]
        places.queryset = Warehouse.objects.member(user).filter(is_active=True).order_by("code")
        places.initial = order.warehouse_id
        items = [
            item
            for item in order.items.select_related("variation__product")
            if item.quantity_returnable
        ]
        self.keys = [item.pk for item in items]
        if not any(item.variation.product.comes_in_lots for item in items):
            self.leave_out("lot_")
        for item in items:
            self.add_row(item)

    def add_row(self, item: Any) -> None:
        self.fields[f"line_{item.pk}"] = quantity_field(
            label=item.variation.full_name,
            help_text=f"{plain(item.quantity_returnable)} left and may come back",
        )
        for kind, choices in (
            ("reason_", SalesReturnItem.Reason.choices),
            ("to_", [*BY_REASON, *SalesReturnItem.Disposition.choices]),
        ):
            self.fields[f"{kind}{item.pk}"] = forms.ChoiceField(
                choices=choices, required=False, widget=UnfoldAdminSelectWidget
            )
        self.fields[f"lot_{item.pk}"] = forms.CharField(
            label="Lot", max_length=50, required=False, widget=UnfoldAdminTextInputWidget
        )

    def gathered(self, filled: dict[str, Any]) -> list[LineRequest]:
        """Return the lines of which something came back."""
        kinds = ("line_", "reason_", "to_", "lot_")
        quantities, reasons, destinations, lots = (self.taken(filled, kind) for kind in kinds)
        return [
            LineRequest(
                "id",
                str(key),
                quantities[key],
                reason=reasons.get(key) or SalesReturnItem.Reason.UNWANTED,
                disposition=destinations.get(key, ""),
                lot_number=lots.get(key, ""),
            )
            for key in self.keys
            if quantities.get(key)
        ]


def take_back(
    row: SalesOrder,
    acting_user: Any,
    lines: list[LineRequest],
    warehouse: Warehouse | None = None,
    restocking_fee_percent: Decimal | None = None,
    notes: str = "",
) -> str:
    returned = return_goods(
        order=row,
        lines=lines,
        warehouse=warehouse,
        restocking_fee_percent=restocking_fee_percent or ZERO,
        notes=notes,
        acting_user=acting_user,
    )
    return (
        f"Taken back as {returned.return_number}; {returned.credit_amount:.2f} {row.currency} "
        "are to be credited."
    )


RETURN_STEP = Step(
    name="return", title="Take back", permission=Can.POST_STOCK, run=take_back,
    lawful=permits("return"), own_form=TakeBackForm, icon="undo",
    explanation="What customers send back, at what they paid for it. What is damaged, defective or "
    "expired goes to scrap unless you say otherwise; what is in quarantine waits for inspection.",
)  # fmt: skip

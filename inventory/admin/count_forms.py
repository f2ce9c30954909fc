"""What is asked for while something is counted."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from inventory.admin.transfers import ReasonForm
from inventory.models import StockCount
from inventory.scanned_codes import LONGEST_CODE
from inventory.services.counts.counters import counters_in
from users.models import User

AMOUNT: dict[str, Any] = {"min_value": 0, "max_digits": 11, "decimal_places": 3}


class SubmitForm(forms.Form):
    uncounted = forms.ChoiceField(
        required=False, label="Lines that nobody counted",
        choices=[
            ("", "There are none"), ("left_out", "Leave them as they are"),
            ("zero", "They are not there: count them as zero"),
        ],
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip

    def __init__(self, row: Any, posted: Any) -> None:
        super().__init__(posted)


class AssignForm(forms.Form):
    """Who shall count, of those who count in the warehouse."""

    assigned_to = forms.ModelChoiceField(
        User.objects.none(), required=False, widget=UnfoldAdminSelectWidget, label="Who counts",
        empty_label="Nobody in particular",
    )  # fmt: skip

    def __init__(self, row: StockCount, posted: Any) -> None:
        super().__init__(posted, initial={"assigned_to": row.assigned_to_id})
        people: Any = self.fields["assigned_to"]
        people.queryset = counters_in(row.warehouse).order_by("username")


class RecountForm(ReasonForm, AssignForm):
    """Why lines are counted again, and by whom."""

    def __init__(self, row: StockCount, posted: Any) -> None:
        AssignForm.__init__(self, row, posted)
        people: Any = self.fields["assigned_to"]
        people.empty_label = "Who did before"


class EntryForm(forms.Form):
    """One scan, or counted quantities of the lines that are shown."""

    code = forms.CharField(max_length=LONGEST_CODE, required=False)
    lot_number = forms.CharField(max_length=50, required=False)
    counted_quantity = forms.DecimalField(required=False, **AMOUNT)
    add = forms.BooleanField(required=False)

    def __init__(self, lines: Any, posted: Any) -> None:
        super().__init__(posted)
        for line in lines:
            self.fields[f"line_{line.pk}"] = forms.DecimalField(
                required=False, label=str(line), **AMOUNT
            )

    def bodies(self) -> list[dict[str, Any]]:
        """Return what was entered as the endpoint takes it."""
        filled = self.cleaned_data
        bodies: list[dict[str, Any]] = [
            {"id": int(name.removeprefix("line_")), "counted_quantity": value}
            for name, value in filled.items()
            if name.startswith("line_") and value is not None
        ]
        if filled["code"] and filled["counted_quantity"] is not None:
            names = ("code", "lot_number", "counted_quantity", "add")
            bodies.append({name: filled[name] for name in names})
        return bodies

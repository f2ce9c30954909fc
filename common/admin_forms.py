"""What the forms of the admin site are made of."""

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.forms import CharField, DateInput, ModelForm
from unfold.widgets import INPUT_CLASSES

from common.references import as_primary_key
from common.validators import business_code, country_code, currency_code, item_code

CODES = (business_code, country_code, currency_code, item_code)


class UpperCaseField(CharField):
    """A code: lower case input is upper-cased, not refused."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.upper() if isinstance(text, str) else text


class DayInput(DateInput):
    """A day, chosen in the browser's own calendar, which needs no script."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


def unchecked(exclude: Any = None) -> None:
    """Check no constraint."""


class AutocompleteOfKeys(AutocompleteSelect):
    """Show the chosen row again; what cannot be a key was never offered and is left out."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if as_primary_key(one)], attr)


class ServiceForm(ModelForm[Any]):
    """A form whose values a service writes; it and the database judge what concerns other rows."""

    def _post_clean(self) -> None:
        """Leave constraints to the service, which has a readable text for each."""
        self.instance.validate_constraints = unchecked
        super()._post_clean()  # type: ignore[misc]
        del self.instance.validate_constraints

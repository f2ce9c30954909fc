"""How passwords are compared, and which ones name the place that they open."""

import unicodedata
from typing import Any

from django.core.exceptions import ValidationError

from common.models import CompanySettings

PRODUCT = "inventorypulse"
SHORTEST_WORD, SHORTEST_REST = 4, 8


def normal_password(password: str) -> str:
    """Return one form for all ways to type the same text (NIST SP 800-63B-4, 3.1.1.2: NFKC)."""
    return unicodedata.normalize("NFKC", password)


def spellings_of(password: str) -> list[str]:
    """Return what a password may have been stored from: its normal form, and itself."""
    return list(dict.fromkeys([normal_password(password), password]))


class PlaceNamesValidator:
    """Refuse the names of the product and the company with little beside them."""

    def validate(self, password: str, user: Any = None) -> None:
        letters = letters_of(password)
        rest = letters
        company = CompanySettings.objects.values_list("name", flat=True).first() or ""
        for word in (PRODUCT, letters_of(company)):
            if len(word) >= SHORTEST_WORD:
                rest = rest.replace(word, "")
        if rest != letters and len(rest) < SHORTEST_REST:
            raise ValidationError(
                "Others guess the name of the product or the company first. Choose other words.",
                code="password_names_place",
            )

    def get_help_text(self) -> str:
        return "Your password can't be the name of the product or the company."


def letters_of(text: str) -> str:
    return "".join(letter for letter in normal_password(text).casefold() if letter.isalpha())

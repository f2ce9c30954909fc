"""What the company says of itself on documents and in mails."""

from dataclasses import dataclass

from common.models import CompanySettings


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Name, lines and logo; each may be missing."""

    name: str = ""
    text: str = ""
    logo: bytes | None = None


def company_letterhead() -> Letterhead:
    """Read the letterhead of the company settings, in one query."""
    row = (
        CompanySettings.objects.filter(pk=CompanySettings.ONLY)
        .values_list("name", "letterhead", "logo__image")
        .first()
    )
    if row is None:
        return Letterhead()
    name, text, logo = row
    return Letterhead(name, text, None if logo is None else bytes(logo))

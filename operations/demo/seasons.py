"""When people buy: the year, the week and the promotions."""

from dataclasses import dataclass
from datetime import date

# Demand by month, January first, against an ordinary month.
YEAR: dict[str, tuple[float, ...]] = {
    "flat": (1.0, 0.95, 1.0, 1.0, 1.0, 1.0, 0.95, 0.95, 1.05, 1.05, 1.05, 1.0),
    "garden": (0.25, 0.5, 1.3, 2.2, 2.3, 1.6, 1.0, 0.8, 0.9, 0.6, 0.3, 0.25),
    "summer": (0.35, 0.4, 0.6, 0.9, 1.5, 2.1, 2.3, 1.8, 0.9, 0.5, 0.3, 0.35),
    "winter": (1.7, 1.3, 0.8, 0.5, 0.35, 0.3, 0.3, 0.4, 0.9, 1.4, 1.9, 2.2),
    "gifts": (0.7, 0.8, 0.8, 0.9, 1.0, 0.85, 0.75, 0.75, 0.9, 1.1, 1.7, 2.1),
    "school": (1.1, 0.8, 0.8, 0.8, 0.8, 0.7, 0.9, 1.9, 1.7, 1.0, 0.8, 0.9),
    "pantry": (1.1, 1.05, 1.0, 0.95, 0.9, 0.8, 0.75, 0.8, 1.0, 1.1, 1.2, 1.35),
}
COMPANY = (0.85, 0.86, 0.94, 1.02, 1.05, 1.0, 0.94, 0.92, 0.98, 1.02, 1.2, 1.3)
WEEK = (1.22, 1.14, 1.08, 1.04, 1.1, 0.8, 0.62)
GROWTH_PER_YEAR = 0.12
MIDDLE_OF_MONTH = 15


@dataclass(frozen=True, slots=True)
class Promotion:
    """A discount on categories between two days of every year, both included."""

    name: str
    categories: tuple[str, ...]
    starts: tuple[int, int]
    ends: tuple[int, int]
    discount_percent: int
    uplift: float


PROMOTIONS = (
    Promotion("White weeks", ("Textiles",), (1, 5), (1, 18), 15, 1.9),
    Promotion("Garden opening", ("Garden",), (4, 10), (4, 24), 10, 1.6),
    Promotion("Summer clearance", ("Outdoor",), (7, 25), (8, 8), 20, 2.0),
    Promotion("Black week", ("Kitchen", "Living"), (11, 20), (11, 30), 20, 2.2),
)


def month_curve(months: tuple[float, ...], day: date) -> float:
    """Return the value of a day, on straight lines between the middles of the months."""
    position = (day.month - 1) + (day.day - MIDDLE_OF_MONTH) / 30.5
    before = int(position // 1)
    share = position - before
    return months[before % 12] * (1 - share) + months[(before + 1) % 12] * share


def season(name: str, day: date) -> float:
    return month_curve(YEAR[name], day)


def intensity(day: date, last_day: date) -> float:
    """Return how busy the whole company is on a day; 1 is an average day of the last year."""
    growth = 1 + GROWTH_PER_YEAR * (0.5 - (last_day - day).days / 365)
    return month_curve(COMPANY, day) * WEEK[day.weekday()] * max(growth, 0.2)


def promotion_on(day: date, category: str) -> Promotion | None:
    here = (day.month, day.day)
    for promotion in PROMOTIONS:
        if category in promotion.categories and promotion.starts <= here <= promotion.ends:
            return promotion
    return None

"""Label formats: sheets as their makers cut them, rolls, and sizes of one's own. In millimetres."""

from dataclasses import dataclass

A4, LETTER = (210.0, 297.0), (215.9, 279.4)
INCH = 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFormat:
    """One label, and how labels stand on a page; a roll has one label a page."""

    title: str
    width: float
    height: float
    page: tuple[float, float]
    columns: int = 1
    rows: int = 1
    left: float = 0.0
    top: float = 0.0
    column_step: float = 0.0
    row_step: float = 0.0

    @property
    def a_page(self) -> int:
        return self.columns * self.rows

    def corner(self, place: int) -> tuple[float, float]:
        """Return the lower left corner of a place of the page, counted from 0 by rows."""
        row, column = divmod(place, self.columns)
        x = self.left + column * self.column_step
        return x, self.page[1] - self.top - row * self.row_step - self.height


def roll(title: str, width: float, height: float) -> LabelFormat:
    return LabelFormat(title=title, width=width, height=height, page=(width, height))


def own_size(width: float, height: float) -> LabelFormat:
    return roll(f"a label of {width:g} x {height:g} mm", width, height)


FORMATS = {
    "avery_l7160": LabelFormat(
        title="Avery L7160, 21 on A4", width=63.5, height=38.1, page=A4, columns=3, rows=7,
        left=7.2, top=15.1, column_step=66.0, row_step=38.1,
    ),
    "avery_l7163": LabelFormat(
        title="Avery L7163, 14 on A4", width=99.1, height=38.1, page=A4, columns=2, rows=7,
        left=4.7, top=15.1, column_step=101.6, row_step=38.1,
    ),
    "avery_l7651": LabelFormat(
        title="Avery L7651, 65 on A4", width=38.1, height=21.2, page=A4, columns=5, rows=13,
        left=4.75, top=10.7, column_step=40.6, row_step=21.2,
    ),
    "avery_5160": LabelFormat(
        title="Avery 5160, 30 on Letter", width=2.625 * INCH, height=INCH, page=LETTER, columns=3,
        rows=10, left=0.1875 * INCH, top=0.5 * INCH, column_step=2.75 * INCH, row_step=INCH,
    ),
    "avery_5163": LabelFormat(
        title="Avery 5163, 10 on Letter", width=4 * INCH, height=2 * INCH, page=LETTER, columns=2,
        rows=5, left=0.15625 * INCH, top=0.5 * INCH, column_step=4.1875 * INCH, row_step=2 * INCH,
    ),
    "roll_51x25": roll("Roll 51 x 25 mm (2 x 1 inch)", 2 * INCH, INCH),
    "roll_62x29": roll("Roll 62 x 29 mm", 62, 29),
    "roll_57x32": roll("Roll 57 x 32 mm (Dymo 11354)", 57, 32),
    "roll_89x36": roll("Roll 89 x 36 mm (Dymo 99012)", 89, 36),
    "roll_100x50": roll("Roll 100 x 50 mm", 100, 50),
    "roll_102x152": roll("Roll 102 x 152 mm (4 x 6 inch)", 4 * INCH, 6 * INCH),
    "roll_100x150": roll("Roll 100 x 150 mm", 100, 150),
}  # fmt: skip
DEFAULT_FORMAT = "avery_l7160"
SMALLEST, LARGEST = (20.0, 10.0), (210.0, 297.0)

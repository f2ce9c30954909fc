"""What a column of a file may hold, as SQL over the text of its cells.

Each field says in SQL when a cell's text is wrong (with a text for the person) and what its value
is, so that the database judges a hundred thousand rows in one statement.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from common.countries import ALPHA_2, ALPHA_3_TO_2
from common.validators import LINE_ENDS, ONE_LINE
from inventory.services.stock_change import LARGEST_QUANTITY

Problem = tuple[str, str]
MARKS = "[ '’\u00a0\u202f]"  # set thousands apart in either way of writing numbers
LARGEST_AMOUNT = Decimal(1_000_000_000)


def literal(text: str) -> str:
    """Write a text of ours as a literal; the driver takes % for its own."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column of text, at most `longest` characters.

    name: of the column in our files. column: in the table, where the names differ.
    empty: what an empty cell means, as SQL; without it an empty cell leaves what is there.
    default: as SQL, of new rows for which the file says nothing.
    also: further names that people give the column.
    is_one_line: whether line breaks are refused.
    """

    name: str
    column: str = ""
    longest: int = 200
    default: str = "''"
    empty: str | None = "''"
    is_required: bool = False
    is_one_line: bool = False
    also: Sequence[str] = ()
    type = "text"

    @property
    def target(self) -> str:
        return self.column or self.name

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        """Return the conditions under which a cell is wrong, each with what to do about it."""
        wrong = [(f"length({cell}) > {self.longest}", f"At most {self.longest} characters.")]
        if self.is_one_line:
            wrong.append((f"{cell} ~ '[{LINE_ENDS}]'", ONE_LINE))
        return wrong

    def is_right(self, cell: str, decimal: str) -> str:
        """Return a cheap condition that most right cells fulfil and no wrong one does, if any."""
        return ""

    def value(self, cell: str, decimal: str) -> str:
        """Return the value of a cell whose text is right."""
        return cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Code(Field):
    """A business code, upper-cased."""

    shortest: int = 3
    longest: int = 30

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        text = (
            f"Use {self.shortest} to {self.longest} characters of A-Z, 0-9, hyphen, underscore, "
            "point and slash."
        )
        # A pattern that counts takes five times as long as one that does not.
        long = f"length({cell}) NOT BETWEEN {self.shortest} AND {self.longest}"
        return [(f"{long} OR upper({cell}) !~ '^[A-Z0-9_./-]+$'", text)]

    def value(self, cell: str, decimal: str) -> str:
        return f"upper({cell})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Field):
    """A text by which something else is looked up: any length; what is not found is said later."""

    longest: int = 200

    def value(self, cell: str, decimal: str) -> str:
        return f"upper({cell})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern(Field):
    """A text of a form; `removed` characters are left out before it is looked at."""

    pattern: str = ""
    remedy: str = ""
    removed: str = ""
    is_upper: bool = False

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        wrong = f"{self.value(cell, decimal)} !~ {literal(self.pattern)}"
        return [*Field.problems(self, cell, decimal), (wrong, self.remedy)]

    def value(self, cell: str, decimal: str) -> str:
        text = f"translate({cell}, {literal(self.removed)}, '')" if self.removed else cell
        return f"upper({text})" if self.is_upper else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Country(Field):
    """A country by two or three letters; two are kept."""

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        known = literal(json.dumps({**ALPHA_3_TO_2, **{code: code for code in ALPHA_2}}))
        return [
            (f"NOT {known}::jsonb ? upper({cell})", 'Use a country code such as "US" or "USA".')
        ]

    def value(self, cell: str, decimal: str) -> str:
        long = literal(json.dumps(ALPHA_3_TO_2))
        return f"coalesce({long}::jsonb ->> upper({cell}), upper({cell}))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of some words, in any case; `words` maps what may be written to what is meant."""

    words: dict[str, str]

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        known = ", ".join(literal(word) for word in self.words)
        meant = ", ".join(dict.fromkeys(self.words.values()))
        return [(f"lower({cell}) NOT IN ({known})", f"Use one of: {meant}.")]

    def value(self, cell: str, decimal: str) -> str:
        return f"{literal(json.dumps(self.words))}::jsonb ->> lower({cell})"


YES = ("true", "yes", "y", "t", "1", "on", "x")
NO = ("false", "no", "n", "f", "0", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNo(Field):
    """Yes or no."""

    default: str = "false"
    empty: str | None = None
    type = "boolean"

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        known = ", ".join(literal(word) for word in YES + NO)
        return [(f"lower({cell}) NOT IN ({known})", "Write yes or no.")]

    def value(self, cell: str, decimal: str) -> str:
        return f"lower({cell}) IN ({', '.join(literal(word) for word in YES)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Field):
    """A number with at most so many decimals, written with the file's decimal mark."""

    places: int = 3
    least: Decimal = Decimal(0)
    most: Decimal = LARGEST_QUANTITY
    above_zero: bool = False
    default: str = "NULL"
    empty: str | None = "NULL"
    type = "numeric"

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        least = "greater than 0" if self.above_zero else f"{self.least:,} or more"
        number = f"({self.value(cell, decimal)})"
        low = f"{number} <= 0" if self.above_zero else f"{number} < {self.least}"
        decimals = f"with at most {self.places} decimals" if self.places else "without decimals"
        unread = f"NOT {cell} ~ {literal(number_pattern(decimal))}"
        found = [(unread, "Not a number. Write it like 1234.5, without currency or unit.")]
        if decimal == "?":
            found.insert(0, (f"{cell} ~ '^[+-]?\\d{{1,3}}(,\\d{{3}})+$'", AMBIGUOUS))
        elif decimal == ".":
            other = f"{cell} ~ '^[+-]?\\d+(\\.\\d{{3}})*,\\d+$' AND {unread}"
            found.insert(0, (other, COMMA_AMONG_POINTS))
        return [
            *found,
            (low, f"Write a number {least}."),
            (f"{number} > {self.most}", f"Write a number of at most {self.most:,}."),
            (f"scale(trim_scale({number})) > {self.places}", f"Write a number {decimals}."),
        ]

    def is_right(self, cell: str, decimal: str) -> str:
        further = len(str(int(self.most))) - 2  # digits after the first that stay below the most
        if self.least > 1 or further < 0:
            return ""
        first = "[1-9]" if self.above_zero or self.least > 0 else r"\d"
        mark = "," if decimal == "," else r"\."
        decimals = rf"({mark}\d{{1,{self.places}}})?" if self.places else ""
        # As above, counting is dear: the length of the whole bounds the digits.
        pattern = rf"^{first}\d*{decimals}$"
        return f"length({cell}) <= {further + 1} AND {cell} ~ {literal(pattern)}"

    def value(self, cell: str, decimal: str) -> str:
        # A tenth of what a pattern costs; a character for which there is none is left out.
        apart = MARKS[1:-1]
        if decimal == ",":
            return f"translate({cell}, {literal(f',.{apart}')}, '.')::numeric"
        return f"translate({cell}, {literal(f',{apart}')}, '')::numeric"


AMBIGUOUS = (
    "It can be read as thousands or as a decimal comma. Write it without marks of thousands, or "
    "name the decimal mark of the file (decimal)."
)
COMMA_AMONG_POINTS = (
    "A decimal comma, where other numbers of the file have a decimal point. Write one or the other."
)


def number_pattern(decimal: str) -> str:
    """Return what numbers look like, with marks of thousands in their places alone."""
    apart = MARKS[1:-1]
    if decimal == ",":
        return rf"^[+-]?(\d{{1,15}}|\d{{1,3}}([.{apart}]\d{{3}}){{1,4}})(,\d{{1,20}})?$"
    return rf"^[+-]?(\d{{1,15}}|\d{{1,3}}([,{apart}]\d{{3}}){{1,4}})(\.\d{{1,20}})?$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Number):
    """A whole number."""

    places: int = 0
    most: Decimal = Decimal(3650)
    type = "integer"

    def value(self, cell: str, decimal: str) -> str:
        return Number.value(self, cell, decimal)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonObject(Field):
    """A small JSON object."""

    longest: int = 10_000
    default: str = "'{}'"
    empty: str | None = "'{}'"
    type = "jsonb"

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        # CASE: only what is JSON may be read as JSON.
        wrong = (
            f"CASE WHEN pg_input_is_valid({cell}, 'jsonb')"
            f" THEN jsonb_typeof({cell}::jsonb) <> 'object' ELSE true END"
        )
        return [
            *Field.problems(self, cell, decimal),
            (wrong, 'Write a JSON object, such as {"color": "red"}.'),
        ]

    def value(self, cell: str, decimal: str) -> str:
        return f"{cell}::jsonb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Field):
    """Texts with semicolons between them, or as a JSON list."""

    longest: int = 50
    most: int = 20
    default: str = "'{}'"
    empty: str | None = "'{}'"
    type = "text[]"

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        words = f"unnest({self.value(cell, decimal)}) AS word"
        broken = (
            f"CASE WHEN {cell} LIKE '[%%' THEN CASE WHEN pg_input_is_valid({cell}, 'jsonb') THEN"
            f" jsonb_path_exists({cell}::jsonb, '$[*] ? (@.type() != \"string\")')"
            " ELSE true END ELSE false END"
        )
        return [
            (broken, "Write words with semicolons between them, or a JSON list of texts."),
            (f"cardinality({self.value(cell, decimal)}) > {self.most}", f"At most {self.most}."),
            (
                f"(SELECT max(length(word)) FROM {words}) > {self.longest}",  # nosec B608
                f"Each at most {self.longest} characters.",
            ),
        ]

    def value(self, cell: str, decimal: str) -> str:
        return (
            f"CASE WHEN {cell} IS NOT NULL THEN"  # nosec B608
            " (SELECT coalesce(array_agg(btrim(word)) FILTER (WHERE btrim(word) <> ''), '{}')"
            f" FROM (SELECT unnest(string_to_array({cell}, ';')) WHERE {cell} NOT LIKE '[%%'"
            f" UNION ALL SELECT jsonb_array_elements_text({cell}::jsonb) WHERE {cell} LIKE '[%%')"
            " AS found(word)) END"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Field):
    """A date, as 2026-01-31 or in the stated form."""

    default: str = "NULL"
    empty: str | None = "NULL"
    date_format: str = ""
    type = "date"

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        iso = f"{cell} ~ '^\\d{{4}}-\\d\\d-\\d\\d([T ]00:00(:00)?)?$'"
        wrong = f"NOT ({iso} AND pg_input_is_valid(left({cell}, 10), 'date'))"
        return [(wrong, "Write the date as 2026-01-31, or name its form (date_format).")]

    def value(self, cell: str, decimal: str) -> str:
        return f"left({cell}, 10)::date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Day):
    """A point in time, as 2026-01-31T10:00:00Z, or a date: its first moment, UTC."""

    type = "timestamptz"

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        written = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?( ?(Z|[+-]\d\d(:?\d\d)?))?$"
        wrong = f"NOT ({cell} ~ {literal(written)} AND pg_input_is_valid({cell}, 'timestamptz'))"
        return [(wrong, "Write the time as 2026-01-31T10:00:00Z, or a date as 2026-01-31.")]

    def value(self, cell: str, decimal: str) -> str:
        return f"{cell}::timestamptz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(Field):
    """An e-mail address."""

    longest: int = 254

    def problems(self, cell: str, decimal: str) -> list[Problem]:
        wrong = rf"{cell} !~ '^[^@\s,;<>()\[\]]+@[^@\s.]+(\.[^@\s.]+)+$'"
        text = "Write an e-mail address, such as sales@example.com."
        return [*Field.problems(self, cell, decimal), (wrong, text)]

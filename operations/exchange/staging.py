"""A file in a temporary table, and every cell of it judged in two statements."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from common.exceptions import InvalidInput
from operations.exchange.columns import RETURNED, Mapped, map_columns
from operations.exchange.exceptions import CannotRead, FileTooLarge
from operations.exchange.fields import MARKS, Day, Field, Number, literal
from operations.exchange.files import MOST_COLUMNS, SourceFile, clean, clean_row
from operations.order_import.columns import plain

ROWS_A_BLOCK = 2_000
MOST_ROWS = 500_000
# Of an import's transaction. What a few statements ask needs few statistics to choose a plan by.
SETTINGS = (
    ("statement_timeout", "30min"),
    ("work_mem", "32MB"),
    ("default_statistics_target", "10"),
)
APART = MARKS[1:-1]
COMMA_SHOWN = rf"^[+-]?(0,\d+|\d+,(\d{{1,2}}|\d{{4,}})|\d{{1,3}}([.{APART}]\d{{3}})+,\d+)$"
POINT_SHOWN = rf"^[+-]?(0\.\d+|\d+\.(\d{{1,2}}|\d{{4,}})|\d{{1,3}}([,{APART}]\d{{3}})+\.\d+)$"
DIRECTIVES = {"yyyy": "%Y", "yy": "%y", "mm": "%m", "m": "%m", "dd": "%d", "d": "%d"}
LETTERS = re.compile("|".join(DIRECTIVES), re.IGNORECASE)
SOME_DAY = date(2031, 12, 28)  # whose parts cannot be mistaken for one another
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})  # for COPY
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a file is to be read; empty: found out."""

    preset: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    date_format: str = ""
    ignore_unknown_columns: bool = False
    allow_below_cost: bool = False


@dataclass(slots=True)
class Work:
    """One import on its way: the tables of its transaction, and what was found.

    columns: what the file calls some of the fields, where that was told.
    """

    cursor: Any
    fields: Sequence[Field]
    options: Options
    user: Any
    progress: Progress
    source: SourceFile
    commits: bool
    columns: Mapping[str, str] = field(default_factory=dict)
    mapped: Mapped = field(default_factory=lambda: Mapped({}))
    rows: int = 0
    header_line: int = 1
    header_again: list[int] = field(default_factory=list)
    date_form: str = ""

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Execute a statement and return its rows, if it has any."""
        self.cursor.execute(statement, list(parameters))
        return list(self.cursor.fetchall()) if self.cursor.description else []

    def make(self, table: str, select: str, parameters: Sequence[Any] = ()) -> None:
        """Make a temporary table of a query's rows."""
        self.run(f"DROP TABLE IF EXISTS {table}")
        self.run(f"CREATE TEMP TABLE {table} ON COMMIT DROP AS {select}", parameters)
        self.run(f"ANALYZE {table}")

    def complete(self, column: str, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Fill in a column of import_row; plans that take it for empty compare each with each."""
        self.run(statement, parameters)
        self.run(f"ANALYZE import_row ({column})")

    def refuse(self, select: str, parameters: Sequence[Any] = ()) -> None:
        """Note problems: the query gives line, field, value and what to do."""
        self.run(
            "INSERT INTO import_problem SELECT line, field, left(value, 100), problem"  # nosec B608
            f" FROM ({select}) AS found(line, field, value, problem)",
            parameters,
        )

    @property
    def problems(self) -> int:
        return int(self.run("SELECT count(*) FROM import_problem")[0][0])

    def finds(self, select: str) -> bool:
        """Say whether a query has a row."""
        return bool(self.run(f"SELECT EXISTS ({select})")[0][0])

    def has(self, *names: str) -> bool:
        """Say whether the file says anything about one of these fields."""
        return any(name in self.mapped.positions or name in self.mapped.constants for name in names)


def load(work: Work, kind: str) -> None:
    """Copy the file into import_row, with a typed column for each field of the kind.

    Notes a problem for each cell that is wrong; its value is NULL there. Raises CannotRead and
    FileTooLarge.
    """
    settings = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in SETTINGS)
    work.run(f"SELECT {settings}")
    work.run("DROP TABLE IF EXISTS import_problem, import_raw")
    work.run(
        "CREATE TEMP TABLE import_problem (line int, field text, value text, problem text)"
        " ON COMMIT DROP"
    )
    with work.source.rows() as rows:
        work.header_line, header = next_filled(rows)
        if len(header) > MOST_COLUMNS:
            raise CannotRead(f"At most {MOST_COLUMNS} columns. Remove those that hold no goods.")
        work.mapped = map_columns(header, work.fields, kind, work.options.preset, work.columns)
        copy_rows(work, rows, header)
    if not work.rows:
        raise CannotRead("The file has a header and no rows below it.")
    work.progress(10)
    refuse_unknown_columns(work)
    decimal = decimal_mark(work)
    refuse_cells(work, decimal)
    type_cells(work, decimal)
    work.progress(20)


def next_filled(rows: Iterator[list[str]]) -> tuple[int, list[str]]:
    """Return the first row that holds names, the header, and its line."""
    for line, row in enumerate(rows, start=1):
        names = [clean(cell).lstrip("\ufeff") for cell in row]
        if any(names) and not (names[0].lower().startswith("sep=") and not any(names[1:])):
            return line, names
    raise CannotRead("The file is empty. Send a header line and the rows below it.")


def copy_rows(work: Work, rows: Iterable[list[str]], header: list[str]) -> None:
    """Copy the mapped columns of all rows that hold anything, with their numbers in the file."""
    names, positions = list(work.mapped.positions), list(work.mapped.positions.values())
    columns = ", ".join(f'"{name}" text' for name in names)
    work.run(f"CREATE TEMP TABLE import_raw (line int, surplus boolean, {columns}) ON COMMIT DROP")
    dates = date_columns(work, names)
    numbered = numbered_rows(work, rows, header, positions, dates)
    with work.cursor.copy("COPY import_raw FROM STDIN (NULL '')") as copy:
        while block := "".join(islice(numbered, ROWS_A_BLOCK)):
            copy.write(block)
    work.run("ANALYZE import_raw")


def numbered_rows(
    work: Work,
    rows: Iterable[list[str]],
    header: list[str],
    positions: Sequence[int],
    dates: Sequence[int],
) -> Iterator[str]:
    """Yield the rows as COPY reads them."""
    words = [
        (index, work.mapped.words[name])
        for index, name in enumerate(work.mapped.positions)
        if name in work.mapped.words
    ]
    width = len(header)
    own = [at for at, name in enumerate(header) if plain(name) not in RETURNED]
    for line, row in enumerate(rows, start=work.header_line + 1):
        cells = clean_row(row)
        if not any(cells):
            continue
        work.rows += 1
        if work.rows > MOST_ROWS:
            raise FileTooLarge(f"At most {MOST_ROWS:,} rows. Split the file.")
        if len(cells) < width:
            cells += [""] * (width - len(cells))
        if cells[own[0]] == header[own[0]] and all(cells[at] == header[at] for at in own):
            work.header_again.append(line)
            continue
        values = [cells[position] for position in positions]
        for index in dates:
            values[index] = iso_date(values[index], work.date_form)
        for index, ours in words:
            values[index] = ours.get(values[index].lower(), values[index])
        surplus = len(cells) > width and any(cells[width:])
        yield f"{line}\t{'t' if surplus else 'f'}\t{copied(values)}\n"


def copied(cells: list[str]) -> str:
    """Return cells with tabs between them, as COPY reads them."""
    text = "\t".join(cells)
    if "\\" in text or "\n" in text or "\r" in text or text.count("\t") >= len(cells):
        return "\t".join(cell.translate(ESCAPED) for cell in cells)
    return text


def date_columns(work: Work, names: Sequence[str]) -> list[int]:
    """Return where dates stand that are written in a stated form."""
    if not work.options.date_format:
        return []
    work.date_form = date_form(work.options.date_format)
    days = {one.name for one in work.fields if isinstance(one, Day)}
    return [index for index, name in enumerate(names) if name in days]


def date_form(written: str) -> str:
    """Return a form of dates as strptime reads it; people write dd.mm.yyyy for %d.%m.%Y.

    Raises InvalidInput for one that cannot tell a day.
    """
    form = written.strip()
    if "%" not in form:
        form = LETTERS.sub(lambda found: DIRECTIVES[found[0].lower()], form)
    try:
        is_whole = datetime.strptime(SOME_DAY.strftime(form), form).date() == SOME_DAY  # noqa: DTZ007
    except (ValueError, re.error):  # of a part that is there twice
        is_whole = False
    if not is_whole:
        text = "Write how dates are written, such as dd.mm.yyyy or %d.%m.%Y."
        raise InvalidInput(text, {"date_format": [text]})
    return form


def iso_date(text: str, form: str) -> str:
    try:
        return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return text


def refuse_unknown_columns(work: Work) -> None:
    """Note columns that are no field of ours, unless they are to be ignored."""
    unknown, work.mapped.unknown = work.mapped.unknown, []
    if work.options.ignore_unknown_columns:
        work.mapped.ignored += [name for name, _ in unknown]
        return
    for name, nearest in unknown:
        meant = f'Did you mean "{nearest}"? Rename' if nearest else "Rename"
        text = f"Unknown column. {meant} or remove it, or ignore unknown columns."
        work.refuse(
            "SELECT %s::int, %s::text, '', %s::text",
            [work.header_line, name[:100], text],
        )


def decimal_mark(work: Work) -> str:
    """Return the decimal mark of the file's numbers; "?" where nothing shows which it is."""
    if work.options.decimal not in ("", ".", ","):
        text = 'Use "." or ",".'
        raise InvalidInput(text, {"decimal": [text]})
    if work.options.decimal:
        return work.options.decimal
    cells = [
        f'"{one.name}"'
        for one in work.fields
        if isinstance(one, Number) and one.name in work.mapped.positions
    ]
    if work.source.format == "xlsx" or not cells:
        return "?"
    commas = " OR ".join(f"strpos({cell}, ',') > 0" for cell in cells)
    if not work.run(f"SELECT EXISTS (SELECT FROM import_raw WHERE {commas})")[0][0]:  # nosec B608
        return "."
    shown = work.run(
        f"SELECT bool_or(cell ~ {literal(COMMA_SHOWN)}), bool_or(cell ~ {literal(POINT_SHOWN)})"  # nosec B608
        f" FROM import_raw, unnest(ARRAY[{', '.join(cells)}]) AS cell"
    )[0]
    return {(True, False): ",", (False, True): "."}.get(shown, "?")


def refuse_cells(work: Work, decimal: str) -> None:
    """Note every cell that is wrong, and rows with more cells than the header has."""
    work.refuse(
        "SELECT line, '', '', 'More cells than the header has columns. Put a text that holds the"
        " delimiter in quotes.' FROM import_raw WHERE surplus"
    )
    if work.header_again:
        work.refuse(
            "SELECT unnest(%s::int[]), '', '', 'The header once more. Take this row out.'",
            [work.header_again],
        )
    judged = [(one, wrong_when(one, decimal)) for one in known_fields(work)]
    cases = ", ".join(
        f"({literal(one.name)}, {cell_of(work, one)}, {wrong})" for one, wrong in judged
    )
    is_wrong = " OR ".join(f"({wrong}) IS NOT NULL" for _, wrong in judged)
    named = ", ".join(f'"{name}"' for name in work.mapped.positions)
    work.refuse(
        "SELECT line, p.name, p.cell, p.problem"  # nosec B608
        f" FROM (SELECT line, {named} FROM import_raw WHERE {is_wrong}) AS raw"
        f" CROSS JOIN LATERAL (VALUES {cases}) AS p(name, cell, problem)"
        " WHERE p.problem IS NOT NULL"
    )


def known_fields(work: Work) -> list[Field]:
    return [one for one in work.fields if one.name in work.mapped.positions]


def cell_of(work: Work, one: Field) -> str:
    """Return a field's cell as SQL: of its column, or what a preset says for all rows."""
    if one.name in work.mapped.positions:
        return f'"{one.name}"'
    return literal(work.mapped.constants[one.name])


def wrong_when(one: Field, decimal: str) -> str:
    """Return SQL that says what is wrong with a cell, or NULL."""
    cell = f'"{one.name}"'
    whens = [f"WHEN {cell} IS NULL THEN NULL"]
    if right := one.is_right(cell, decimal):
        whens.append(f"WHEN {right} THEN NULL")
    whens += [f"WHEN {wrong} THEN {literal(text)}" for wrong, text in one.problems(cell, decimal)]
    if one.is_required:
        whens[0] = f"WHEN {cell} IS NULL THEN 'Fill this in.'"
    return f"CASE {' '.join(whens)} END"


def type_cells(work: Work, decimal: str) -> None:
    """Make import_row: the line, and the value of each field; NULL where there is none."""
    guarded = work.problems > 0
    values = []
    for one in work.fields:
        if not work.has(one.name):
            values.append(f'NULL::{one.type} AS "{one.name}"')
            continue
        value = one.value(cell_of(work, one), decimal)
        if guarded and one.name in work.mapped.positions:
            value = f"CASE WHEN ({wrong_when(one, decimal)}) IS NULL THEN {value} END"
        values.append(f'({value})::{one.type} AS "{one.name}"')
    work.make("import_row", f"SELECT line, {', '.join(values)} FROM import_raw")  # nosec B608
    work.run("DROP TABLE import_raw")
    work.run("CREATE UNIQUE INDEX ON import_row (line)")

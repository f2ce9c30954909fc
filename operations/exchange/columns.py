"""Which column of a file holds which field, whoever wrote the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from operations.exchange.exceptions import CannotRead
from operations.exchange.fields import Field
from operations.exchange.presets import PRESETS, Preset
from operations.order_import.columns import plain

# What a file has beside its own columns that was given back to be corrected.
LINE, PROBLEM = "import_line", "import_problem"
RETURNED = {plain(LINE), plain(PROBLEM)}


@dataclass(slots=True)
class Mapped:
    """The position of each field's column, and what was left out."""

    positions: dict[str, int]
    preset: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)


def map_columns(
    header: Sequence[str],
    fields: Sequence[Field],
    kind: str,
    wanted: str = "",
    named: Mapping[str, str] | None = None,
) -> Mapped:
    """Match a header with the fields of a kind, through a preset where one fits.

    `named` says what the file calls some fields; these are then looked for under no other name.
    Unknown columns of our own form are noted with what was probably meant; those of another
    system's file are left out. Raises CannotRead where required columns or the preset are missing,
    or a column is there twice.
    """
    names = [name.strip() for name in header]
    refuse_twice(names)
    named = named or {}
    refuse_unnamed(names, named)
    preset = None if named else chosen_preset(names, kind, wanted)
    known = known_columns([one for one in fields if one.name not in named], preset)
    known |= {plain(theirs): ours for ours, theirs in named.items()}
    mapped = Mapped({}, preset.name if preset else "")
    for position, name in enumerate(names):
        ours = known.get(plain(name))
        if ours is not None and ours not in mapped.positions:
            mapped.positions[ours] = position
        elif plain(name) in RETURNED:
            continue
        elif name and preset is not None:
            mapped.ignored.append(name)
        elif name:
            mapped.unknown.append((name, nearest(name, [one.name for one in fields])))
    mapped.constants = preset.constants if preset else {}
    mapped.words = preset.words if preset else {}
    refuse_missing(mapped, fields, names)
    return mapped


def known_columns(fields: Sequence[Field], preset: Preset | None) -> dict[str, str]:
    """Return our name of each column that a file may have, by its plain name."""
    known = (
        {} if preset is None else {plain(theirs): ours for theirs, ours in preset.columns.items()}
    )
    left_out = set() if preset is None else {plain(theirs) for theirs in preset.left_out}
    ours = {plain(one.name): one.name for one in fields}
    known |= {name: ours[name] for name in ours.keys() - known.keys() - left_out}
    if preset is None:
        known |= {plain(name): one.name for one in fields for name in one.also}
    return known


def refuse_unnamed(names: Sequence[str], named: Mapping[str, str]) -> None:
    """Raise CannotRead where a file lacks a column that it was said to have."""
    there = {plain(name) for name in names}
    for ours, theirs in named.items():
        if plain(theirs) not in there:
            raise CannotRead(f"The file has no column {theirs} for {ours}. Correct the columns.")


def refuse_twice(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise CannotRead(f"The column {twice[0]} is there twice. Remove or rename one.")


def chosen_preset(names: Sequence[str], kind: str, wanted: str) -> Preset | None:
    """Return the preset asked for, else the one whose own columns are all there.

    Where a system has several forms of a file, its preset is that of the form that is there.
    """
    fitting = [preset for preset in PRESETS if preset.kind == kind]
    there = set(names)
    if wanted and wanted != "inventorypulse":
        forms = [preset for preset in fitting if preset.name == wanted]
        if not forms:
            known = ", ".join(dict.fromkeys(["inventorypulse", *(one.name for one in fitting)]))
            raise CannotRead(f'Unknown preset "{wanted[:50]}" for {kind}. Use one of: {known}.')
        return next((form for form in forms if set(form.marks) <= there), forms[0])
    if wanted:
        return None
    return next((preset for preset in fitting if set(preset.marks) <= there), None)


def refuse_missing(mapped: Mapped, fields: Sequence[Field], names: Sequence[str]) -> None:
    missing = [
        one.name
        for one in fields
        if one.is_required and one.name not in mapped.positions and one.name not in mapped.constants
    ]
    if missing or not mapped.positions:
        there = ", ".join(name for name in names if name)[:500] or "none"
        wanted = ", ".join(missing) or ", ".join(one.name for one in fields[:5])
        hint = "" if mapped.positions else " The first row that is not empty must be the header."
        raise CannotRead(f"The file has no column {wanted}. It has: {there}.{hint}")


def nearest(name: str, known: Sequence[str]) -> str:
    """Return the known column that a name is probably meant to be, or nothing."""
    found = get_close_matches(name.lower().replace(" ", "_"), known, n=1, cutoff=0.6)
    return found[0] if found else ""

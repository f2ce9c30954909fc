"""The table and the JSON of a run."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measure import Outcome
from benchmarks.rows import Row


@dataclass(frozen=True, slots=True)
class Result:
    """A row and what it gave."""

    row: Row
    outcome: Outcome

    @property
    def verdict(self) -> str:
        """Whether gate or stretch is reached."""
        value, row = self.outcome.value, self.row
        if value is None or row.gate is None:
            return "-"
        if row.stretch is not None and row.reaches(value, row.stretch):
            return "stretch"
        return "gate" if row.reaches(value, row.gate) else "MISSED"


def lines_of(result: Result) -> list[str]:
    """The row's line of the table, and a line for each raw figure."""
    row, outcome = result.row, result.outcome
    value = "-" if outcome.value is None else f"{outcome.value:.3g}"
    aims = " / ".join("-" if aim is None else f"{aim:g}" for aim in (row.gate, row.stretch))
    lines = [f"{row.title:<58} {value:>8}  {aims:>12}  {result.verdict}"]
    for figure in outcome.figures:
        processor = "-" if figure.processor_us is None else f"{figure.processor_us:.0f}"
        lines.append(f"    {figure.variant:<54} {figure.per_second:>8.1f}/s  {processor:>8} µs CPU")
    return lines + ([f"    {outcome.note}"] if outcome.note else [])


def as_json(results: Sequence[Result], head: dict[str, object]) -> str:
    rows = [
        {
            "name": result.row.name,
            "title": result.row.title,
            "gate": result.row.gate,
            "stretch": result.row.stretch,
            "direction": result.row.direction,
            "verdict": result.verdict,
            **asdict(result.outcome),
        }
        for result in results
    ]
    return json.dumps({**head, "rows": rows}, indent=2, ensure_ascii=False)


def machine(server: str) -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "postgresql": server,
        "processors": os.cpu_count(),
    }


def write_json(file: Path, results: Sequence[Result], head: dict[str, object]) -> None:
    file.write_text(as_json(results, head) + "\n")

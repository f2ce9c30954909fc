"""Rounds, ratios and rows.

Only ratios inside one run are compared: in each round every variant works for about the same
time, the order rotates from round to round, and the ratio is the median of the rounds' ratios.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from benchmarks.clock import Clock

MOST = 20_000


@dataclass(frozen=True, slots=True)
class Sample:
    """What one variant did in one round; no processor time where the server is elsewhere."""

    operations: int
    seconds: float
    processor: float | None


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to do a thing; `run` does it so many times."""

    name: str
    run: Callable[[int], Sample]


@dataclass(frozen=True, slots=True)
class Figure:
    """The raw medians behind a ratio."""

    variant: str
    per_second: float
    processor_us: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row gave: a value with its raw figures, or the reason why there is none."""

    value: float | None
    figures: tuple[Figure, ...] = ()
    note: str = ""
    rounds: tuple[float, ...] = field(default=())


Unit = Literal["ratio", "count", "share"]
Basis = Literal["seconds", "processor"]


def timed(name: str, operation: Callable[[], object]) -> Variant:
    """A variant that calls a function in this process."""

    def run(operations: int) -> Sample:
        clock = Clock()
        before = clock.read()
        for _ in range(operations):
            operation()
        after = clock.read()
        processor = after.processor - before.processor if clock.sees_server else None
        return Sample(operations, after.wall - before.wall, processor)

    return Variant(name, run)


def operations_for(variant: Variant, seconds: float, fewest: int) -> int:
    """How many operations fill so many seconds, after a warm-up."""
    variant.run(fewest)
    probe = variant.run(fewest)
    per_second = probe.operations / max(probe.seconds, 1e-9)
    return max(fewest, min(MOST, round(per_second * seconds)))


def measure(
    variants: Sequence[Variant], rounds: int, seconds: float, fewest: int
) -> list[list[Sample]]:
    """Return the samples of each variant, one a round, in the variants' order."""
    counts = [operations_for(variant, seconds, fewest) for variant in variants]
    samples: list[list[Sample]] = [[] for _ in variants]
    for number in range(rounds):
        for step in range(len(variants)):
            index = (number + step) % len(variants)
            samples[index].append(variants[index].run(counts[index]))
    return samples


def rate(sample: Sample, basis: Basis) -> float:
    """Operations a second, of the wall's clock or of the processor's."""
    spent = sample.seconds if basis == "seconds" or not sample.processor else sample.processor
    return sample.operations / spent


def compare(
    subject: Variant,
    *others: Variant,
    rounds: int,
    seconds: float,
    fewest: int,
    basis: Basis = "seconds",
    slowdown: bool = False,
    note: str = "",
) -> Outcome:
    """Compare a subject with the first of the others; the rest appear among the raw figures.

    The value says how many times as fast the subject is, or, with `slowdown`, how many times as
    long it takes.
    """
    variants = [subject, *others]
    samples = measure(variants, rounds, seconds, fewest)
    pairs = zip(samples[0], samples[1], strict=True)
    ratios = [rate(mine, basis) / rate(theirs, basis) for mine, theirs in pairs]
    if slowdown:
        ratios = [1 / ratio for ratio in ratios]
    figures = tuple(
        figure(variant, taken) for variant, taken in zip(variants, samples, strict=True)
    )
    return Outcome(median(ratios), figures, note, tuple(ratios))


def figure(variant: Variant, samples: Sequence[Sample]) -> Figure:
    known = [one.processor / one.operations for one in samples if one.processor is not None]
    return Figure(
        variant.name,
        median(one.operations / one.seconds for one in samples),
        median(known) * 1e6 if known else None,
    )


def skipped(reason: str) -> Outcome:
    return Outcome(None, note=reason)

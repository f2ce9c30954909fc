"""The column names of other systems' exports, as those systems document them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Their columns and ours; a file that has all of `marks` is taken for one of theirs.

    constants: what rows hold in columns that their files do not have.
    """

    name: str
    kind: str
    marks: tuple[str, ...]
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)


PRESETS: tuple[Preset, ...] = ()

"""The tree that a file of categories would make of the one that there is; no SQL."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

# Stands before the number of a line for a code that is still to be given; no code has such a mark.
NEW = "~"
SEVERAL = "Several categories have this name. Use the code of one."
UNKNOWN = "There is no such category, and no row of it."
Problem = tuple[int, str, str, str]
Told = tuple[int, str | None, str | None, str | None]


@dataclass(slots=True)
class Node:
    """A category: as it stands, or as a line of the file wants it; its parent is a code."""

    code: str
    name: str
    parent: str = ""
    line: int = 0
    fate: str = "unchanged"

    @property
    def place(self) -> tuple[str, str]:
        """What only one category may have: its name below its parent."""
        return self.name.upper(), self.parent


class CategoryTree:
    """The categories that there are (code, name, parent's code), and those that a file wants.

    told: line, code, name and parent of each row; a parent is named by code, or by a name that
    only one category has.
    """

    def __init__(
        self, present: Iterable[tuple[str, str, str]], told: Sequence[Told], *, keeps_parents: bool
    ) -> None:
        self.present = {code: Node(code, name, parent) for code, name, parent in present}
        self.places = {node.place: node.code for node in self.present.values()}
        self.codes = self.present.keys() | {code for _, code, _, _ in told if code}
        self.wanted: dict[str, Node] = {}
        self.problems: list[Problem] = []
        self._names = self._codes_by_name(told)
        for row in told:
            self._want(*row, keeps_parents)
        self.problems += self._contradictions()

    def _codes_by_name(self, told: Sequence[Told]) -> dict[str, set[str]]:
        """Return the codes that a name may mean, of what there is and of the file's rows."""
        found: dict[str, set[str]] = {}
        for node in self.present.values():
            found.setdefault(node.name.upper(), set()).add(node.code)
        for line, code, name, parent in told:
            if name:
                known = code or self.places.get((name.upper(), parent or "")) or f"{NEW}{line}"
                found.setdefault(name.upper(), set()).add(known)
        return found

    def _want(
        self, line: int, code: str | None, name: str | None, parent: str | None, keeps_parents: bool
    ) -> None:
        above = self._parent_code(line, parent)
        place = ((name or "").upper(), above)
        key = code or self.places.get(place) or f"{NEW}{line}"
        if key in self.wanted:
            text = f"On line {self.wanted[key].line} as well. Remove one of the two."
            self.problems.append((line, "name", name or "", text))
            return
        old = self.present.get(key)
        node = Node(key, name or (old.name if old else ""), above, line)
        if keeps_parents and old:
            node.parent = old.parent
        if old is None:
            node.fate = "new"
        elif (old.name, old.parent) != (node.name, node.parent):
            node.fate = "changed"
        self.wanted[key] = node

    def _parent_code(self, line: int, parent: str | None) -> str:
        """Return the code that a parent is known by; notes one that is unknown or not clear."""
        if not parent or parent in self.codes:
            return parent or ""
        means = self._names.get(parent, set())
        if len(means) == 1:
            return next(iter(means))
        self.problems.append((line, "parent_id", parent, SEVERAL if means else UNKNOWN))
        return ""

    def _contradictions(self) -> Iterator[Problem]:
        """Yield what cannot be: line, column, value, and what to do."""
        seen: dict[tuple[str, str], int] = {}
        for node in self.wanted.values():
            holder = self.places.get(node.place, node.code)
            if not node.name:
                yield node.line, "name", "", "New categories need a name."
            elif node.place in seen:
                text = f"On line {seen[node.place]} as well, below the same parent. Remove one."
                yield node.line, "name", node.name, text
            elif holder != node.code:
                text = f"{holder} has this name there already. Rename that one first."
                yield node.line, "name", node.name, text
            elif self._lies_below_itself(node):
                yield node.line, "parent_id", node.parent, "It would lie below itself."
            seen.setdefault(node.place, node.line)

    def _lies_below_itself(self, node: Node) -> bool:
        passed: set[str] = set()
        current: Node | None = node
        while current is not None and current.code not in passed:
            passed.add(current.code)
            current = self.wanted.get(current.parent) or self.present.get(current.parent)
        return current is not None

    def level(self, node: Node) -> int:
        """Return after how many rows of the file a category can be written."""
        passed = {node.code}
        current = self.wanted.get(node.parent)
        while current is not None and current.code not in passed:
            passed.add(current.code)
            current = self.wanted.get(current.parent)
        return len(passed) - 1

    def nameless(self) -> list[Node]:
        """Return the new categories that have no code yet."""
        return [node for node in self.wanted.values() if node.code.startswith(NEW)]

    def give_codes(self, codes: Sequence[str]) -> None:
        """Give the nameless ones their codes, also where they are somebody's parents."""
        given = {node.code: code for node, code in zip(self.nameless(), codes, strict=True)}
        for node in self.wanted.values():
            node.code = given.get(node.code, node.code)
            node.parent = given.get(node.parent, node.parent)
        self.wanted = {node.code: node for node in self.wanted.values()}

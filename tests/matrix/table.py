"""The form of the table, and the objects that its rows speak of."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from common.permissions import Role
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory

ROLES = tuple(Role)
NAME = re.compile(r"\{(own\.)?(\w+)\}")
MAKERS: dict[str, Callable[..., Any]] = {}
SHARED: set[str] = set()


@dataclass(frozen=True)
class Row:
    """One request and the status that each role gets for it."""

    method: str
    path: str
    own: str
    foreign: str = ""
    body: Any = None
    anonymous: int = 401

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def endpoint(self) -> tuple[str, str]:
        return self.method, NAME.sub("{}", self.path.partition("?")[0])

    def statuses(self, place: "Place") -> list[int]:
        words = (self.own if place.is_own else self.foreign or self.own).split()
        assert len(words) == len(ROLES), f"{self}: one status a role"
        return [int(word) for word in words]

    def address(self, place: "Place") -> str:
        """Return the path with the place's references."""
        return NAME.sub(lambda name: str((place.own if name[1] else place)[name[2]]), self.path)

    def content(self, place: "Place") -> Any:
        return self.body(place) if callable(self.body) else self.body


def made(maker: Callable[..., Any]) -> Callable[..., Any]:
    """Mark the function that makes what a row's `{name}` refers to, in one place."""
    assert maker.__name__ not in MAKERS, f"There are two makers of {maker.__name__}."
    MAKERS[maker.__name__] = maker
    return maker


def shared(maker: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a maker of what belongs to no warehouse: one object for all places."""
    SHARED.add(maker.__name__)
    return made(maker)


@dataclass
class Place:
    """A warehouse and what was made in it."""

    name: str
    warehouse: Any
    world: "World"
    references: dict[str, Any] = field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        return self.name == "own"

    @property
    def own(self) -> "Place":
        return self.world.own

    @property
    def admin(self) -> Any:
        return self.world.admin

    def __getitem__(self, name: str) -> Any:
        if name in SHARED and self is not self.own:
            return self.own[name]
        if name not in self.references:
            self.references[name] = MAKERS[name](self)
        return self.references[name]

    def secret(self, about: str) -> str:
        """Return a text that nobody outside of this place may read."""
        return f"secret-of-{self.name}-{about}"


class Absent(Place):
    """A place whose references look like those of the foreign one and lead nowhere."""

    def __getitem__(self, name: str) -> Any:
        there = self.world.foreign[name]
        return there if name in SHARED else like_but_absent(there)


class World:
    """Two warehouses, and a person of each role who works in the own one."""

    # What the walks know of the foreign one: see `walked`.
    owned: set[tuple[str, Any]]
    contents: Any
    operations: list[Any]
    codes: set[str]
    names: list[str]

    def __init__(self) -> None:
        self.own = Place("own", WarehouseFactory(is_default=True), self)
        self.foreign = Place("foreign", WarehouseFactory(name="Foreign"), self)
        self.absent = Absent("absent", None, self)
        self.users = {role: UserFactory(role=role) for role in ROLES}
        for user in self.users.values():
            MembershipFactory(user=user, warehouse=self.own.warehouse, is_default=True)

    @property
    def admin(self) -> Any:
        return self.users[Role.ADMIN]

    def make_all(self) -> None:
        for place in (self.own, self.foreign):
            for name in MAKERS:
                place[name]


def like_but_absent(reference: Any) -> Any:
    """Return a reference of the same form that no object has."""
    if isinstance(reference, int):
        return 999_999_999
    changed, found = re.subn(r"\d+(?=\D*\Z)", "99999999", reference)
    return changed if found else f"{reference}-99999999"

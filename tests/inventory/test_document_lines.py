"""Which lines of a document the entries of a body mean."""

from types import SimpleNamespace

import pytest

from inventory.api.document_lines import NamedLines, only


def line(pk, position, sku, variation_id, product="P", product_id=7):
    variation = SimpleNamespace(
        sku_code=sku, product=SimpleNamespace(code=product), product_id=product_id
    )
    return SimpleNamespace(pk=pk, position=position, variation=variation, variation_id=variation_id)


FIRST = line(11, 1, "A-1", 101)
SECOND = line(12, 2, "B-2", 102, "Q", 8)
NUMBERED = line(13, 3, "101", 103, "8", 9)  # its codes are the keys of others
AGAIN = line(14, 4, "A-1", 101)
LINES = [FIRST, SECOND, NUMBERED, AGAIN]


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        ({"id": 12}, [SECOND]),
        ({"id": 1}, []),
        ({"line": 3}, [NUMBERED]),
        ({"id": 11, "line": 2}, [FIRST]),
        ({"sku": " b-2 "}, [SECOND]),
        ({"sku": "a-1"}, [FIRST, AGAIN]),
        ({"sku": "102"}, [SECOND]),
        ({"sku": "101"}, [NUMBERED]),  # a code goes before a key
        ({"product_variation": 103}, [NUMBERED]),
        ({"product_id": "q"}, [SECOND]),
        ({"product_id": 8}, [NUMBERED]),
        ({"product_id": "7"}, [FIRST, AGAIN]),
        ({"product_id": "x"}, []),
        ({}, []),
    ],
)
def test_lines_are_found_by_each_of_their_names(entry, meant):
    assert NamedLines(LINES).meant_by(entry) == meant


def test_what_means_none_or_several_is_explained():
    lines, errors = NamedLines(LINES), {}

    found = [
        only(lines, entry, index, errors)
        for index, entry in enumerate([{"line": 2}, {"line": 9}, {"sku": "A-1"}])
    ]

    assert found == [SECOND, None, None]
    assert errors == {
        "items.1.line": ['There is no line "9".'],
        "items.2.sku": ["Several lines are of it. Name the line by its id."],
    }


def test_each_line_is_looked_at_once_however_many_entries_there_are():
    looked = []

    class Line:
        def __init__(self, number):
            self.number = number

        @property
        def position(self):
            looked.append(self.number)
            return self.number

    lines = NamedLines(Line(number) for number in range(1, 301))

    found = [lines.meant_by({"line": number})[0].number for number in range(300, 0, -1)]

    assert found == [*range(300, 0, -1)]
    assert sorted(looked) == [*range(1, 301)]

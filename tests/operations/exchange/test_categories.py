"""The category tree from a file."""

import pytest

from common.models import AuditEntry
from inventory.models import Category
from tests.factories.inventory import CategoryFactory

pytestmark = pytest.mark.django_db


def told(report):
    return [(one["line"], one["column"], one["problem"]) for one in report.problems]


def tree():
    rows = Category.objects.order_by("code").values_list("code", "name", "parent__code")
    return list(rows)


def test_parents_may_stand_below_their_children_and_be_named_by_name(bring):
    CategoryFactory(code="OLD", name="Garden")

    report = bring(
        "categories",
        "category_id,name,parent_id\n"
        "LEAF,Spades,hand tools\nTOOLS,Tools,\nHAND,Hand Tools,TOOLS\nHOSE,Hoses,garden\n",
    )

    assert (report.problems, report.lines) == ([], {"new": [[2, 5]]})
    assert tree() == [
        ("HAND", "Hand Tools", "TOOLS"),
        ("HOSE", "Hoses", "OLD"),
        ("LEAF", "Spades", "HAND"),
        ("OLD", "Garden", None),
        ("TOOLS", "Tools", None),
    ]


def test_codes_are_made_and_the_same_file_again_changes_nothing(bring):
    CategoryFactory(code="CAT-X", name="Taken")
    content = "name,parent\nTools,\nHand Tools,Tools\n"

    dry = bring("categories", content, commit=False)
    assert (dry.totals["new"], Category.objects.count()) == (2, 1)
    report = bring("categories", content)

    assert report.is_imported
    hand = Category.objects.get(name="Hand Tools")
    assert (hand.parent.name, hand.code[:3], hand.parent.code[:3]) == ("Tools", "CAT", "CAT")
    before = list(Category.objects.values()), AuditEntry.objects.count()
    again = bring("categories", "name,parent\ntools,\nHand Tools,TOOLS\n")
    assert again.totals["unchanged"] == 1  # the other is spelled anew
    again = bring("categories", "name,parent\nTools,\nHand Tools,TOOLS\n")
    assert again.totals["changed"] == 1
    again = bring("categories", content, commit=False)
    assert again.totals["unchanged"] == 2
    assert len(before[0]) == Category.objects.count()


def test_categories_are_renamed_and_moved_and_a_missing_column_changes_nothing(bring):
    top = CategoryFactory(code="TOP", name="Top")
    CategoryFactory(code="SUB", name="Sub", parent=top)

    moved = bring("categories", "category_id,name,parent_id\nSUB,Sub,NEW\nNEW,Newer,\n")
    assert moved.lines == {"changed": [[2, 2]], "new": [[3, 3]]}
    renamed = bring("categories", "category_id,name\nsub,Other\n")

    assert renamed.lines == {"changed": [[2, 2]]}
    assert tree() == [("NEW", "Newer", None), ("SUB", "Other", "NEW"), ("TOP", "Top", None)]
    bring("categories", "category_id,parent_id\nSUB,\n")
    assert tree()[1] == ("SUB", "Other", None)


def test_what_is_no_tree_is_refused_by_row_and_nothing_is_written(bring):
    top = CategoryFactory(code="TOP", name="Top")
    CategoryFactory(code="SUB", name="Sub", parent=top)
    CategoryFactory(code="SU2", name="Twin", parent=top)
    CategoryFactory(code="SU3", name="Twin")
    before = tree()

    report = bring(
        "categories",
        "category_id,name,parent_id\n"
        "TOP,Top,SUB\n"
        "A-1,One,NOWHERE\n"
        "A-2,Two,twin\n"
        "A-3,,\n"
        "A-4,Four,A-5\nA-5,Five,A-4\n"
        "A-6,sub,TOP\n"
        "A-7,Seven,\nA-7,Eight,\nA-9,seven,\n"
        ",Ten,\n,ten,\n",
    )

    assert told(report) == [
        (2, "parent_id", "It would lie below itself."),
        (3, "parent_id", "There is no such category, and no row of it."),
        (4, "parent_id", "Several categories have this name. Use the code of one."),
        (5, "name", "New categories need a name."),
        (6, "parent_id", "It would lie below itself."),
        (7, "parent_id", "It would lie below itself."),
        (8, "name", "SUB has this name there already. Rename that one first."),
        (10, "category_id", "On line 9 as well. Remove one of the two."),
        (11, "name", "On line 9 as well, below the same parent. Remove one."),
        (13, "name", "On line 12 as well, below the same parent. Remove one."),
    ]
    assert (report.is_imported, tree()) == (False, before)


@pytest.mark.parametrize("number", [3, 300])
def test_a_file_of_any_length_takes_as_many_statements(bring, number, django_assert_num_queries):
    rows = "".join(f"C-{n},Name {n},C-1\n" for n in range(2, number))

    with django_assert_num_queries(52):
        bring("categories", f"category_id,name,parent_id\nC-1,One,\n{rows}")

    assert Category.objects.count() == number - 1

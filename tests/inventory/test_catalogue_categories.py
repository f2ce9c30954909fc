import pytest

from inventory.models import Category
from tests.factories.inventory import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db
PATH = "/api/categories/"


def test_a_tree_is_built(api):
    client = api("manager")

    root = client.post(PATH, {"name": "Tools", "code": "tools"}).json()
    answer = client.post(PATH, {"name": "Hand tools", "parent": "tools"})

    assert (root["code"], root["parent"]) == ("TOOLS", None)
    assert answer.status_code == 201
    assert answer.json()["parent"] == "TOOLS"
    assert answer.json()["code"].startswith("CAT")
    children = client.get(f"{PATH}?parent=TOOLS").json()["categories"]
    assert [child["name"] for child in children] == ["Hand tools"]


def test_names_are_unique_below_one_parent(api):
    first, second = CategoryFactory(name="Tools"), CategoryFactory(name="Toys")
    client = api("manager")

    for answer, field in (
        (client.post(PATH, {"name": "TOOLS"}), "name"),
        (client.patch(f"{PATH}{second.code}/", {"name": "tools"}), "name"),
        (client.post(PATH, {"name": "New", "code": first.code}), "code"),
    ):
        assert answer.status_code == 409
        assert list(answer.json()["details"]) == [field]
    assert client.post(PATH, {"name": "Tools", "parent": second.pk}).status_code == 201
    assert set(Category.objects.values_list("name", "parent__name")) == {
        ("Tools", None),
        ("Toys", None),
        ("Tools", "Toys"),
    }


def test_a_circle_is_refused(api):
    top = CategoryFactory()
    middle = CategoryFactory(parent=top)
    bottom = CategoryFactory(parent=middle)
    client = api("manager")

    for parent in (top, bottom):
        answer = client.patch(f"{PATH}{top.code}/", {"parent": parent.code})
        assert answer.status_code == 400
        assert list(answer.json()["details"]) == ["parent"]
    assert client.patch(f"{PATH}{bottom.code}/", {"parent": None}).status_code == 200
    top.refresh_from_db()
    assert top.parent is None


def test_an_empty_category_is_deleted_and_a_used_one_is_kept(api):
    empty, used, above = CategoryFactory(), CategoryFactory(), CategoryFactory()
    ProductFactory(category=used)
    CategoryFactory(parent=above)
    client = api("manager")

    assert client.delete(f"{PATH}{empty.code}/").status_code == 204
    for category in (used, above):
        answer = client.delete(f"{PATH}{category.code}/")
        assert answer.status_code == 409
        assert answer.json()["code"] == "in_use"
    assert Category.objects.count() == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": []}, "name"),
        ({"code": "a b"}, "code"),
        ({"parent": "NOPE"}, "parent"),
        ({"parent": {}}, "parent"),
        ({"parent": True}, "parent"),
    ],
)
def test_bad_input_is_refused_by_its_field(api, change, field):
    answer = api("manager").post(PATH, {"name": "Tools", **change})

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]
    assert not Category.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_one_query(api, django_assert_num_queries, count):
    parent = CategoryFactory()
    CategoryFactory.create_batch(count - 1, parent=parent)
    client = api("viewer")

    with django_assert_num_queries(1):
        assert len(client.get(PATH).json()["categories"]) == count


@pytest.mark.parametrize("role", ["staff", "sales", "viewer"])
def test_only_managers_write(api, role):
    category = CategoryFactory()
    client = api(role)

    assert client.post(PATH, {"name": "New"}).status_code == 403
    assert client.patch(f"{PATH}{category.code}/", {"name": "New"}).status_code == 403
    assert client.delete(f"{PATH}{category.code}/").status_code == 403
    assert Category.objects.get().name == category.name

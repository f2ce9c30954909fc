"""Own groups: they add to what a role gives, at every door alike."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from rest_framework.test import APIClient

from common.permissions import OF_ROLES_ALONE, Can
from tests.admin.pages import add_to, errors_of, filled, page_of
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.threads import run_at_once
from users.models import PeopleGroup, User
from users.services.groups import change_group, create_group
from users.services.roles import seed_roles

pytestmark = pytest.mark.django_db
GROUPS, CATEGORIES = "/api/groups/", "/api/categories/"
ROLE_NAMES = ["admin", "manager", "sales", "staff", "viewer"]


@pytest.fixture(autouse=True)
def roles(db):
    seed_roles()


def group_of(*members, permissions, name="Packers"):
    admin = UserFactory(role="admin")
    return create_group(name=name, permissions=permissions, members=members, acting_user=admin)


def as_user(user):
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=user.pk))
    return client


def test_group_is_made_with_permissions_and_members(api):
    viewer = UserFactory()
    body = {
        "name": "Packers",
        "permissions": ["can_manage_catalogue", "post_stock"],
        "members": [viewer.code],
    }

    answer = api("admin").post(GROUPS, body)

    shown = answer.json()
    assert answer.status_code == 201, shown
    assert (shown["name"], shown["is_role"], shown["members"]) == ("Packers", False, [viewer.code])
    assert shown["permissions"] == ["can_manage_catalogue", "can_post_stock"]
    viewer.refresh_from_db()
    assert viewer.can(Can.MANAGE_CATALOGUE)
    assert not viewer.can(Can.MANAGE_WAREHOUSES)
    assert viewer in User.objects.who_can(Can.MANAGE_CATALOGUE)
    assert as_user(viewer).post(CATEGORIES, {"name": "New"}).status_code == 201
    assert "can_manage_catalogue" in as_user(viewer).get("/api/users/me/").json()["permissions"]


def test_rights_go_with_membership_permission_and_group(api):
    viewer, admin = UserFactory(), UserFactory(role="admin")
    group = group_of(viewer, permissions=[Can.MANAGE_CATALOGUE])

    def may():
        return User.objects.get(pk=viewer.pk).can(Can.MANAGE_CATALOGUE)

    assert may()
    change_group(group=group, members=[], acting_user=admin)
    assert not may()
    change_group(group=group, members=[viewer], acting_user=admin)
    assert may()
    change_group(group=group, permissions=[], acting_user=admin)
    assert not may()
    change_group(group=group, permissions=[Can.MANAGE_CATALOGUE], acting_user=admin)
    assert api("admin").delete(f"{GROUPS}{group.pk}/").status_code == 204
    assert not may()


def test_rights_of_several_groups_add_up():
    viewer = UserFactory()
    group_of(viewer, permissions=[Can.POST_STOCK])
    group_of(viewer, permissions=[Can.POST_STOCK, Can.MANAGE_CATALOGUE], name="Others")

    viewer.refresh_from_db()
    assert viewer.extra_permissions == ["manage_catalogue", "post_stock"]


def test_groups_open_no_foreign_warehouse():
    own, foreign = WarehouseFactory(), WarehouseFactory()
    viewer = UserFactory()
    MembershipFactory(user=viewer, warehouse=own)
    group_of(viewer, permissions=[Can.VIEW_PEOPLE])
    stranger = UserFactory()
    MembershipFactory(user=stranger, warehouse=foreign)

    body = as_user(viewer).get("/api/users/").json()

    assert [row["user_id"] for row in body["users"]] == [viewer.code]


@pytest.mark.parametrize(
    "permission",
    [
        "see_all_warehouses", "manage_users", "manage_warehouses", "manage_settings",
        "manage_webhooks", "view_audit", "fly",
    ],
)  # fmt: skip
def test_what_reaches_every_warehouse_is_no_groups_to_give(api, permission):
    answer = api("admin").post(GROUPS, {"name": "Sly", "permissions": [permission]})

    assert answer.status_code == 400
    assert next(iter(answer.json()["details"])).startswith("permissions")
    assert not Group.objects.filter(name="Sly").exists()


@pytest.mark.parametrize("name", ROLE_NAMES)
def test_groups_of_roles_stay_as_they_are(api, name):
    group, admin = Group.objects.get(name=name), api("admin")
    before = set(group.permissions.values_list("codename", flat=True))

    for answer in (
        admin.patch(f"{GROUPS}{group.pk}/", {"permissions": []}),
        admin.patch(f"{GROUPS}{group.pk}/", {"members": []}),
        admin.delete(f"{GROUPS}{group.pk}/"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")

    assert set(group.permissions.values_list("codename", flat=True)) == before


@pytest.mark.parametrize("name", ["Packers", "PACKERS", "admin", "Admin"])
def test_taken_names_are_refused(api, name):
    group_of(permissions=[])
    other = group_of(permissions=[], name="Inspectors")

    for answer in (
        api("admin").post(GROUPS, {"name": name}),
        api("admin").patch(f"{GROUPS}{other.pk}/", {"name": name}),
    ):
        assert (answer.status_code, set(answer.json()["details"])) == (409, {"name"})

    own = set(PeopleGroup.objects.values_list("name", flat=True)) - set(ROLE_NAMES)
    assert own == {"Packers", "Inspectors"}


def test_a_group_may_be_written_in_other_letters(api):
    group = group_of(permissions=[])

    answer = api("admin").patch(f"{GROUPS}{group.pk}/", {"name": "PACKERS"})

    assert (answer.status_code, answer.json()["name"]) == (200, "PACKERS")


@pytest.mark.parametrize("name", ["\u0430dmin", "Pack\u202eers", "Pac\u200bkers"])
def test_misleading_names_are_refused_at_both_doors(api, name):
    office = Client()
    office.force_login(UserFactory(role="admin"))

    answer = api("admin").post(GROUPS, {"name": name})
    page = office.post(add_to(PeopleGroup), {"name": name})

    assert (answer.status_code, set(answer.json()["details"])) == (400, {"name"})
    assert page.status_code == 200
    assert set(PeopleGroup.objects.values_list("name", flat=True)) == set(ROLE_NAMES)


def test_unknown_members_are_named(api):
    answer = api("admin").post(GROUPS, {"name": "Packers", "members": ["USR999999"]})

    assert answer.status_code == 400
    assert answer.json()["details"] == {"members": ['Unknown user "USR999999".']}


def test_permissions_are_listed_with_their_roles(api):
    rows = {row["name"]: row for row in api("admin").get("/api/permissions/").json()["permissions"]}

    assert len(rows) == len(Can)
    assert rows["can_manage_catalogue"]["roles"] == ["admin", "manager"]
    assert rows["can_manage_catalogue"]["may_be_given"] is True
    assert rows["can_see_all_warehouses"]["may_be_given"] is False


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_as_many_queries_for_more(api, rows, django_assert_num_queries):
    for number in range(rows):
        group_of(UserFactory(), permissions=[Can.POST_STOCK], name=f"Group {number}")
    client = api("admin")

    with django_assert_num_queries(3):
        body = client.get(GROUPS).json()

    assert len(body["groups"]) == 5 + rows


def test_rights_of_groups_cost_no_query(django_assert_num_queries):
    viewer = UserFactory()
    group_of(viewer, permissions=[Can.MANAGE_CATALOGUE])
    user = User.objects.get(pk=viewer.pk)

    with django_assert_num_queries(0):
        assert user.can(Can.MANAGE_CATALOGUE)
        assert not user.can(Can.POST_STOCK)


def test_same_permission_opens_the_same_doors():
    """The admin site asks what the API asks: with the permission both open, without neither."""
    viewer = UserFactory()
    group = group_of(viewer, permissions=[Can.USE_BACK_OFFICE])
    browser = Client()
    browser.force_login(viewer)
    add = "/admin/inventory/category/add/"
    assert as_user(viewer).post(CATEGORIES, {"name": "One"}).status_code == 403
    assert browser.get(add).status_code == 403

    permissions = [Can.USE_BACK_OFFICE, Can.MANAGE_CATALOGUE]
    change_group(group=group, permissions=permissions, acting_user=UserFactory(role="admin"))

    assert as_user(viewer).post(CATEGORIES, {"name": "One"}).status_code == 201
    assert browser.get(add).status_code == 200
    assert browser.post(add, {"name": "Two", "code": "TWO"}).status_code == 302
    change_group(group=group, members=[], acting_user=UserFactory(role="admin"))
    assert browser.get(add).status_code == 302
    assert as_user(viewer).post(CATEGORIES, {"name": "Three"}).status_code == 403


def test_groups_in_the_admin_site(client):
    admin, viewer = UserFactory(role="admin"), UserFactory()
    client.force_login(admin)
    body = {"name": "Packers", "permissions": ["post_stock"], "members": [viewer.pk]}

    answer = client.post(add_to(PeopleGroup), body)

    assert answer.status_code == 302, errors_of(answer)
    group = PeopleGroup.objects.get(name="Packers")
    viewer.refresh_from_db()
    assert viewer.can(Can.POST_STOCK)
    changed = filled(client, page_of(group), permissions=["manage_catalogue"])
    assert client.post(page_of(group), changed).status_code == 302
    viewer.refresh_from_db()
    assert viewer.extra_permissions == ["manage_catalogue"]
    role = PeopleGroup.objects.get(name="manager")
    assert "manage_catalogue" in client.get(page_of(role)).content.decode()
    assert client.post(page_of(role), {"name": "x"}).status_code == 403


@pytest.mark.parametrize("can", sorted(OF_ROLES_ALONE))
def test_what_comes_with_roles_alone_counts_for_nothing_in_a_group(can):
    """Also where somebody wrote it into the database."""
    viewer = UserFactory()
    group = group_of(viewer, permissions=[Can.POST_STOCK])
    group.permissions.add(Permission.objects.get(codename=can.value))
    User.objects.filter(pk=viewer.pk).update(extra_permissions=[can.value])
    viewer.refresh_from_db()

    assert not viewer.can(can)
    assert viewer not in User.objects.who_can(can)
    seed_roles()
    viewer.refresh_from_db()
    assert viewer.extra_permissions == ["post_stock"]


def test_roles_command_brings_rights_in_step():
    viewer = UserFactory()
    group_of(viewer, permissions=[Can.POST_STOCK])
    seed_roles()
    User.objects.filter(pk=viewer.pk).update(extra_permissions=["manage_users"])

    assert seed_roles() == ["1 users have the rights of their groups again"]

    viewer.refresh_from_db()
    assert viewer.extra_permissions == ["post_stock"]
    assert seed_roles() == []


@pytest.mark.django_db(transaction=True)
def test_changes_of_two_groups_at_once_both_count():
    seed_roles()
    viewer, admin = UserFactory(), UserFactory(role="admin")
    groups = [group_of(permissions=[], name="A"), group_of(permissions=[], name="B")]
    rights = [[Can.POST_STOCK], [Can.MANAGE_CATALOGUE]]

    outcomes = run_at_once(
        *[
            lambda group=group, given=given: change_group(
                group=group, permissions=given, members=[viewer], acting_user=admin
            )
            for group, given in zip(groups, rights, strict=True)
        ]
    )

    assert outcomes == groups
    viewer.refresh_from_db()
    assert viewer.extra_permissions == ["manage_catalogue", "post_stock"]


@pytest.mark.django_db(transaction=True)
def test_two_groups_made_at_once_both_count():
    seed_roles()
    rights = [[Can.POST_STOCK], [Can.MANAGE_CATALOGUE], [Can.VIEW_PEOPLE], [Can.BACKDATE_STOCK]]
    viewer, admin = UserFactory(), UserFactory(role="admin")

    outcomes = run_at_once(
        *[
            lambda number=number, given=given: create_group(
                name=f"Group {number}", permissions=given, members=[viewer], acting_user=admin
            )
            for number, given in enumerate(rights)
        ]
    )

    assert {type(outcome) for outcome in outcomes} == {PeopleGroup}, outcomes
    viewer.refresh_from_db()
    assert viewer.extra_permissions == sorted(given[0].value for given in rights)

"""Which warehouse is meant where a document names none."""

import pytest

from common.exceptions import InvalidInput
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from warehouses.queries import (
    default_warehouse_for,
    member_warehouse,
    people_concerned_by,
    people_who_decide,
)

pytestmark = pytest.mark.django_db


def test_own_default_comes_before_the_company_s():
    user = UserFactory()
    company = WarehouseFactory(is_default=True)
    MembershipFactory(user=user, warehouse=company)
    assert default_warehouse_for(user) == company

    own = MembershipFactory(user=user, is_default=True).warehouse

    assert default_warehouse_for(user) == own


def test_company_s_default_only_where_one_belongs():
    user = UserFactory()
    WarehouseFactory(is_default=True)
    assert default_warehouse_for(user) is None

    any_own = MembershipFactory(user=user).warehouse

    assert default_warehouse_for(user) == any_own
    assert default_warehouse_for(UserFactory(role="admin")).is_default


def test_warehouse_out_of_use_is_not_meant():
    member = MembershipFactory(is_default=True, warehouse__is_active=False)

    assert default_warehouse_for(member.user) is None


def test_foreign_and_unknown_warehouses_are_refused_alike():
    user, foreign = MembershipFactory().user, WarehouseFactory(code="WH970")
    texts = set()
    for reference in (foreign.code, "WH404"):
        with pytest.raises(InvalidInput) as refused:
            member_warehouse(reference, user)
        texts.add(refused.value.message.replace(reference, "X"))
        assert set(refused.value.details) == {"warehouse"}

    assert len(texts) == 1


def test_who_may_decide_by_a_group_decides_where_they_work():
    place, admin = WarehouseFactory(), UserFactory(role="admin")
    person = MembershipFactory(warehouse=place).user
    MembershipFactory(user=admin, warehouse=place)
    foreman = UserFactory(role="staff", extra_permissions=["view_people", "manage_people"])
    assert people_who_decide(place) == [admin]

    MembershipFactory(user=foreman, warehouse=place)

    assert people_who_decide(place) == people_concerned_by(person) == [foreman]
    assert people_who_decide(WarehouseFactory()) == people_who_decide(None) == [admin]

"""Who may decide what."""

import pytest

from common.exceptions import OwnRequest
from common.models import CompanySettings
from common.second_person import require_second_person
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


def test_own_request_is_decided_by_somebody_else():
    one, other = UserFactory(), UserFactory()

    require_second_person(one.pk, acting_user=other)
    require_second_person({one.pk, None}, acting_user=other)
    with pytest.raises(OwnRequest, match="somebody else decides it"):
        require_second_person(one.pk, acting_user=one)
    with pytest.raises(OwnRequest):
        require_second_person({other.pk, one.pk}, acting_user=one)


def test_company_of_one_person_may_switch_the_rule_off():
    only = UserFactory()
    CompanySettings.objects.update_or_create(pk=1, defaults={"second_person_rule": False})

    require_second_person(only.pk, acting_user=only)

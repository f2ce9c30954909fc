import pytest
from django.core.management import call_command

from common import sealed
from common.sealed import (
    SecretUnreadable,
    derived_key,
    reseal_secrets,
    seal,
    sealed_columns,
    unseal,
)
from tests.factories.users import UserFactory
from users.models import SecondFactor

pytestmark = pytest.mark.django_db
COLUMN = SecondFactor._meta.get_field("secret")


def factor_with(secret):
    return SecondFactor.objects.create(user=UserFactory(), secret=seal(COLUMN, secret))


def test_sealed_secret_opens_again_and_tells_nothing():
    factor = factor_with("JBSWY3DPEHPK3PXP")

    assert "JBSWY3DPEHPK3PXP" not in factor.secret
    assert unseal(factor, "secret") == "JBSWY3DPEHPK3PXP"
    assert seal(COLUMN, "JBSWY3DPEHPK3PXP") != factor.secret


def test_each_column_has_a_key_of_its_own(settings):
    key = settings.SECRET_KEY

    assert derived_key(key, "users.secondfactor.secret") != derived_key(key, "a.b.secret")


def changed_at(text, place):
    return text[:place] + ("B" if text[place] == "A" else "A") + text[place:][1:]


def test_secret_of_another_column_or_a_changed_one_opens_nothing():
    factor = factor_with("JBSWY3DPEHPK3PXP")
    stored = factor.secret
    for text in (*(changed_at(stored, place) for place in (20, -10)), "", "plain"):
        factor.secret = text
        with pytest.raises(SecretUnreadable):
            unseal(factor, "secret")


def test_secret_opens_under_an_older_key_until_that_is_forgotten(settings):
    factor, old = factor_with("JBSWY3DPEHPK3PXP"), settings.SECRET_KEY
    settings.SECRET_KEY = "a new key " * 6
    with pytest.raises(SecretUnreadable):
        unseal(factor, "secret")

    settings.SECRET_KEY_FALLBACKS = [old]
    assert unseal(factor, "secret") == "JBSWY3DPEHPK3PXP"
    call_command("reseal_secrets")
    settings.SECRET_KEY_FALLBACKS = []

    factor.refresh_from_db()
    assert unseal(factor, "secret") == "JBSWY3DPEHPK3PXP"


def test_nothing_is_sealed_anew_where_one_secret_cannot_be_opened(settings):
    first, old = factor_with("JBSWY3DPEHPK3PXP"), settings.SECRET_KEY
    settings.SECRET_KEY = "a lost key " * 6
    lost = factor_with("GEZDGNBVGY3TQOJQ")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key " * 6, [old]
    stored = [first.secret, lost.secret]

    with pytest.raises(SecretUnreadable):
        reseal_secrets()

    for factor in (first, lost):
        factor.refresh_from_db()
    assert [first.secret, lost.secret] == stored


def test_columns_that_hold_secrets_are_known():
    assert COLUMN in sealed_columns()
    assert all(isinstance(column, sealed.SealedField) for column in sealed_columns())

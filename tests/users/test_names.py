"""Names that mislead are refused; those of all scripts are welcome."""

import pytest
from django.core.exceptions import ValidationError

from users.names import normal_form, plain_name, user_name


@pytest.mark.parametrize(
    "name",
    ["jo", "maria.lopez", "o-neill_7", "иван", "李雷", "ゆきさん", "çelik", "γιώργος"],
)
def test_ordinary_user_names_are_taken(name):
    user_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "a", "123", "١٢٣", "usr001", "a b", "a@b.c", "a/b", "", "x" * 151, "jo\n", "jo\u200d",
        "аdmin", "admіn", "οscar", "аса", "ЅЕО", "ａｄｍｉｎ", "ﬁona", "jo\u202e", "jo\x00",
        "ivanиван",
    ],
)  # fmt: skip
def test_misleading_user_names_are_refused(name):
    with pytest.raises(ValidationError):
        user_name(name)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ａｄｍｉｎ", "admin"),
        ("USR①", "USR1"),
        (" jo ", "jo"),
        ("𝐚𝐝𝐦𝐢𝐧", "admin"),
        ("cafe\u0301", "café"),
    ],
)
def test_the_normal_form_is_judged_and_stored(typed, stored):
    assert normal_form(typed) == stored


@pytest.mark.parametrize(
    "name",
    ["", "José-María O’Neill", "Иван (Ivan)", "李雷", "山田 ユキ", "Nguyễn", "می\u200cخواهم",
     "R&D, 2nd floor", "Kahakuʻi", "김李"],
)  # fmt: skip
def test_names_of_people_are_taken(name):
    plain_name(name)


@pytest.mark.parametrize(
    "name",
    ["Jo\x00", "Jo\n", "Jo\u202eevil", "Jo\u2066x", "J\u200bo", "\ufeffJo", "Jo\u2028", "Jo\ue000",
     "Ѕmith", "𝐉𝐨", "Ｊｏ", "Jo\u00ad"],
)  # fmt: skip
def test_invisible_and_mixed_names_are_refused(name):
    with pytest.raises(ValidationError):
        plain_name(name)

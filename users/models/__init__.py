from users.models.accounts import PUBLISHED_PASSWORDS, User, UserQuerySet
from users.models.api_tokens import ApiToken
from users.models.avatars import Avatar
from users.models.email_changes import EmailChange
from users.models.groups import PeopleGroup
from users.models.passwords import PasswordReset
from users.models.second_factors import RecoveryCode, SecondFactor
from users.models.sign_ins import AttemptCount, SignIn

__all__ = [
    "PUBLISHED_PASSWORDS",
    "ApiToken",
    "AttemptCount",
    "Avatar",
    "EmailChange",
    "PasswordReset",
    "PeopleGroup",
    "RecoveryCode",
    "SecondFactor",
    "SignIn",
    "User",
    "UserQuerySet",
]

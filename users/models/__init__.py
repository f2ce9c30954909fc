from users.models.accounts import PUBLISHED_PASSWORDS, User, UserQuerySet
from users.models.sign_ins import AttemptCount, SignIn

__all__ = ["PUBLISHED_PASSWORDS", "AttemptCount", "SignIn", "User", "UserQuerySet"]

"""Refusals of accounts and sign-ins."""

from common.exceptions import DomainError, WrongState


class InvalidCredentials(DomainError):
    """Unknown name, wrong password or an account that may not sign in: one answer for all."""

    code = "invalid_credentials"
    http_status = 401
    title = "Invalid credentials"

    def __init__(self) -> None:
        super().__init__("Username or password incorrect.")


class CodeRequired(DomainError):
    """The password is right, and the account has a second factor."""

    code = "otp_required"
    http_status = 401
    title = "Code required"

    def __init__(self) -> None:
        super().__init__("Send the code of your authenticator app, or a recovery code, as `otp`.")


class CodeRefused(DomainError):
    """The password is right, the code of the second factor is not, or was used before."""

    code = "otp_invalid"
    http_status = 401
    title = "Invalid code"

    def __init__(self) -> None:
        super().__init__("This code is wrong or was used before. Wait for the next one.")


class TooManyAttempts(DomainError):
    """An address has used up its attempts, whatever it tried."""

    code = "throttled"
    http_status = 429
    title = "Too many requests"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts. Try again in {seconds} seconds.")
        self.retry_after = seconds


class SignInEnded(DomainError):
    """The refresh token is used, expired or belongs to an ended sign-in."""

    code = "token_not_valid"
    http_status = 401
    title = "Token invalid or expired"

    def __init__(self) -> None:
        super().__init__("Please log in again.")


class InvalidLink(DomainError):
    """A mailed link that is used, over, or none of ours."""

    code = "link_invalid"
    http_status = 400
    title = "Link invalid or expired"

    def __init__(self) -> None:
        text = "This link is used or expired. Ask for a new one."
        super().__init__(text, {"token": [text]})


class InvalidResetLink(InvalidLink):
    """A link to choose a new password."""

    code = "reset_link_invalid"


class InvalidEmailLink(InvalidLink):
    """A link to confirm a new address."""

    code = "email_link_invalid"


class TooManyTokens(DomainError):
    """Somebody has as many API tokens as one may have."""

    code = "too_many_tokens"
    title = "Too many tokens"


class LastAdmin(WrongState):
    """Without an active admin nobody could administer the company again."""

    code = "last_admin"

from common.exceptions import DomainError


class TooManyStreams(DomainError):
    """There are as many streams as there may be, of one person or of all."""

    code = "too_many_streams"
    http_status = 429
    title = "Too many streams"
    retry_after = 30

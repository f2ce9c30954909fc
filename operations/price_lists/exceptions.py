"""What taking price lists refuses."""

from common.exceptions import DomainError


class PriceListTaken(DomainError):
    """The very file was taken before."""

    code = "price_list_taken"
    title = "Price list taken already"


class FeedUnreachable(DomainError):
    """The folder or the address of a feed gives nothing that can be read."""

    code = "feed_unreachable"
    title = "Feed unreachable"

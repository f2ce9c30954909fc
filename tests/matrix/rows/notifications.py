"""Messages in the app: to each their own, the admin's too."""

from tests.factories.notifications import NotificationFactory
from tests.matrix.table import Row, made

ALL = "200 200 200 200 200"
PATH = "/api/notifications/"


@made
def notification(place):
    """A message to somebody else: nobody but its recipient may know of it."""
    note = NotificationFactory(title=place.secret("note"), message=place.secret("note-text"))
    return note.pk


NOBODY = "404 404 404 404 404"
ROWS = [
    Row("get", PATH, own=ALL),
    Row("get", PATH + "{notification}/", own=NOBODY, foreign=NOBODY),
    Row("post", PATH + "{notification}/read/", own=NOBODY, foreign=NOBODY),
    Row("post", PATH + "read-all/", own=ALL),
]

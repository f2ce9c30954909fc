"""What browsers may do with our pages, and how often somebody may try to sign in."""

from urllib.parse import urlsplit

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from config import environment

# In a quarter of an hour. A right password begins the count of its account anew.
SIGN_IN_ATTEMPTS_PER_ACCOUNT = (
    environment.whole_number("SIGN_IN_ATTEMPTS_PER_ACCOUNT", default=5, most=100) or 1
)
# Failed ones; 0 is no limit.
SIGN_IN_ATTEMPTS_PER_ADDRESS = environment.whole_number(
    "SIGN_IN_ATTEMPTS_PER_ADDRESS", default=50, most=1_000_000
)

# Nothing comes from elsewhere and no script stands in a page. Styles may: Swagger UI and the
# browsable API carry some, and a style cannot act.
DIRECTIVES = {
    "default-src": [SELF],
    "script-src": [SELF],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}


def content_policy(events_url: str) -> dict[str, dict[str, list[str]]]:
    """Return the policy; pages may also read the event stream, wherever it is."""
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(events_url))
    return {"DIRECTIVES": {**DIRECTIVES, "connect-src": [SELF, origin]}}


# The admin's pages hold expressions that its library (Alpine) evaluates: allowed there alone.
CONTENT_SECURITY_ADMIN = {"script-src": [UNSAFE_EVAL]}
# A bar-code scanner may use the camera on our own pages; nothing here needs the rest.
PERMISSIONS_POLICY: dict[str, list[str] | str] = {
    "camera": "self",
    "clipboard-write": "self",
    "accelerometer": [],
    "autoplay": [],
    "display-capture": [],
    "encrypted-media": [],
    "geolocation": [],
    "gyroscope": [],
    "magnetometer": [],
    "microphone": [],
    "midi": [],
    "payment": [],
    "usb": [],
}

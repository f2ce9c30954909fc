"""Signatures are those of the Standard Webhooks specification."""

import re
from datetime import UTC, datetime, timedelta

from django.conf import settings

from operations.webhooks.signing import new_secret, signature, signed_headers

# The example of the specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT_ID, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def verifier():
    """Return the function that the user guide gives to receivers."""
    guide = (settings.BASE_DIR / "docs" / "user-guide.md").read_text()
    [snippet] = re.findall(r"```python\n(import base64.*?)```", guide, re.DOTALL)
    names = {}
    exec(snippet, names)
    return names["is_genuine"]


def test_signature_equals_the_example_of_the_specification():
    assert signature(SECRET, EVENT_ID, TIMESTAMP, BODY) == SIGNED


def test_headers_carry_a_signature_for_each_secret():
    at, other = datetime.fromtimestamp(TIMESTAMP, tz=UTC), new_secret()

    headers = signed_headers([SECRET, other], EVENT_ID, BODY, at)

    assert headers == {
        "webhook-id": EVENT_ID,
        "webhook-timestamp": str(TIMESTAMP),
        "webhook-signature": f"{SIGNED} {signature(other, EVENT_ID, TIMESTAMP, BODY)}",
    }


def test_secrets_are_new_each_time_and_long_enough():
    secrets = {new_secret() for _ in range(50)}

    assert len(secrets) == 50
    assert all(re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret) for secret in secrets)


def test_guides_snippet_takes_what_is_genuine_and_nothing_else():
    is_genuine, secret = verifier(), new_secret()
    at, body = datetime.now(UTC), '{"id":"evt_1","name":"Müller"}'
    headers = signed_headers([new_secret(), secret], "evt_1", body, at)

    assert is_genuine(headers, body.encode(), secret) is True
    assert is_genuine(headers, body.replace("1", "2").encode(), secret) is False
    assert is_genuine(headers, body.encode(), new_secret()) is False
    assert is_genuine({**headers, "webhook-id": "evt_2"}, body.encode(), secret) is False
    late = signed_headers([secret], "evt_1", body, at - timedelta(seconds=400))
    assert is_genuine(late, body.encode(), secret) is False

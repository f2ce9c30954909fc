"""Log lines: JSON for machines, plain for people; neither tells a secret."""

import logging
import re

from pythonjsonlogger.orjson import OrjsonFormatter

# A net under the rule that nobody logs a secret: messages of libraries hold addresses and headers.
SECRETS = [
    (re.compile(r"\b(Bearer|Basic|Token)\s+[\w.~+/=-]{6,}", re.IGNORECASE), r"\1 [hidden]"),
    (re.compile(r"\bwhsec_[\w+/=]+"), "[hidden]"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*"), "[hidden]"),
    (
        re.compile(
            r"([?&][\w.-]*(?:token|key|secret|password|signature|jwt)[\w.-]*=)[^&\s\"'\\]+",
            re.IGNORECASE,
        ),
        r"\1[hidden]",
    ),
    (re.compile(r"(://[^:/@\s\"']*):[^@/\s\"']+@"), r"\1:[hidden]@"),
]


def hide_secrets(line: str) -> str:
    """Replace what looks like a token, or like a password in an address."""
    for pattern, replacement in SECRETS:
        line = pattern.sub(replacement, line)
    return line


class JsonLines(OrjsonFormatter):
    """One JSON object a line, with every extra of the record as a field."""

    def format(self, record: logging.LogRecord) -> str:
        return hide_secrets(super().format(record))


class PlainLines(logging.Formatter):
    """A line to read while developing."""

    def format(self, record: logging.LogRecord) -> str:
        return hide_secrets(super().format(record))

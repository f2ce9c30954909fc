"""Judging PDFs that people send: what a reader would run, open or unpack is refused.

The bytes are searched as they are, not as a reader would follow them: names in any spelling, those
inside object streams too (ISO 32000-1, 7.3.5 and 7.5.7). So what is told depends on no table of
the file's own, and what cannot be searched is refused as well. It takes memory within bounds and
no parser of somebody else's. What it does not do: look for flaws of readers in fonts or pictures.
"""

import re
import zlib
from collections.abc import Iterator

HEADER = re.compile(rb"%PDF-(?:1\.[0-7]|2\.0)[\r\n\t ]")
NAME = re.compile(rb"/([^\x00\t\n\f\r ()<>\[\]{}/%]{1,127})")
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
STREAM = re.compile(rb"(?<!end)stream(?:\r\n|\n|\r)")
OBJECTS = re.compile(rb"\s*\d+\s+\d+\s")  # how an object stream begins: number and place
END, ARCHIVE_END = b"%%EOF", b"PK\x05\x06"
BLANK = b"\x00\t\n\f\r "
ARCHIVE_TAIL = 22  # bytes of an archive's end without its comment
LONGEST_COMMENT = 65_535
MOST_UNPACKED = 64 * 1024 * 1024
PEEK = 512

ACTIVE = {
    b"JavaScript": "a script",
    b"Launch": "a command that starts a program",
    b"EmbeddedFile": "another file",
    b"EmbeddedFiles": "another file",
    b"GoToE": "a link into another file",
    b"GoToR": "a link to another file",
    b"ImportData": "a command that reads a file",
    b"SubmitForm": "a form that sends what is entered",
    b"RichMedia": "a player",
    b"XFA": "a form with scripts",
    b"Encrypt": "a password, so that it cannot be checked",
}
OBJECT_STREAM = b"ObjStm"


class UnsafePdfError(Exception):
    """A file that is no PDF, or one that does more than show pages; the text says what."""


def require_safe_pdf(content: bytes) -> None:
    """Raise UnsafePdfError unless a file is a PDF alone, of pages alone."""
    if not HEADER.match(content):
        raise UnsafePdfError("This is no PDF, though it begins like one.")
    end = content.rfind(END)
    if end < 0 or content[end + len(END) :].strip(BLANK):
        raise UnsafePdfError("This PDF is cut off, or something else follows it.")
    if is_archive(content):
        raise UnsafePdfError("This PDF is an archive at the same time.")
    refuse_active(content)
    for unpacked in object_streams(content):
        refuse_active(unpacked)


def is_archive(content: bytes) -> bool:
    """Say whether a program for archives would find one: its directory's end lies at the end."""
    at = content.rfind(ARCHIVE_END, max(0, len(content) - LONGEST_COMMENT - ARCHIVE_TAIL))
    if at < 0 or at + ARCHIVE_TAIL > len(content):
        return False
    comment = int.from_bytes(content[at + 20 : at + 22], "little")
    return at + ARCHIVE_TAIL + comment <= len(content)


def refuse_active(content: bytes) -> None:
    for name in names_in(content):
        if name in ACTIVE:
            raise UnsafePdfError(f"This PDF holds {ACTIVE[name]}.")


def names_in(content: bytes) -> set[bytes]:
    """Return the names that stand in a text, whatever their spelling."""
    return {plain(name) for name in set(NAME.findall(content))}


def plain(name: bytes) -> bytes:
    return ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), name)


def object_streams(content: bytes) -> Iterator[bytes]:
    """Yield what is packed into object streams; raises UnsafePdfError where one cannot be read.

    Every stream that begins as one does is taken for one, whatever is said of it.
    """
    starts = [found.end() for found in STREAM.finditer(content)]
    claimed = claimed_starts(content, starts)
    room = MOST_UNPACKED
    for start in starts:
        if not looks_like_objects(content, start):
            if start in claimed:
                raise UnsafePdfError("This PDF hides its objects, so that it cannot be checked.")
            continue
        unpacked = unpack(content, start, room)
        room -= len(unpacked)
        yield unpacked


def claimed_starts(content: bytes, starts: list[int]) -> set[int]:
    """Return where the streams begin that are said to hold objects."""
    claimed = set()
    following = iter(starts)
    start = next(following, None)
    for found in NAME.finditer(content):
        if plain(found[1]) != OBJECT_STREAM:
            continue
        while start is not None and start < found.end():
            start = next(following, None)
        if start is not None:
            claimed.add(start)
    return claimed


def looks_like_objects(content: bytes, start: int) -> bool:
    piece = content[start : start + PEEK]
    if OBJECTS.match(piece):
        return True  # not packed: it was searched with all the rest
    try:
        return bool(OBJECTS.match(zlib.decompressobj().decompress(piece, 64)))
    except zlib.error:
        return False


def unpack(content: bytes, start: int, room: int) -> bytes:
    """Return what a packed stream holds, or nothing for one that is not packed."""
    unpacking = zlib.decompressobj()
    try:
        unpacked = unpacking.decompress(memoryview(content)[start:], room)
    except zlib.error:
        return b""
    if unpacking.unconsumed_tail:
        raise UnsafePdfError("This PDF unpacks to too much to be checked.")
    return unpacked

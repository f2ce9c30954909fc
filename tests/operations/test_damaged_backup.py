"""Whichever byte of a back-up is wrong, the answer is a sentence and never a traceback."""

import os
import zipfile

import pytest

from operations.backup.archive import dump_chunks, read_manifest
from operations.backup.dump import DUMP, MANIFEST
from operations.backup.exceptions import BackupError
from operations.backup.media import unpacked

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def backup(tmp_path):
    """A file that is laid out as a back-up, with nothing of ours in its manifest."""
    file = tmp_path / "company.backup"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(DUMP, CONTENT)
        archive.writestr("media/logo.png", b"logo")
        archive.writestr(MANIFEST, "{}")
    return file


def directory_of(file):
    """Return where the list of members begins, which names how each is to be read."""
    with zipfile.ZipFile(file) as archive:
        return archive.start_dir


def test_control_what_nobody_touched_is_read_whole(backup, tmp_path):
    assert b"".join(dump_chunks(backup)) == CONTENT
    unpacked(backup, tmp_path / "draft")
    files = [path for path in (tmp_path / "draft").rglob("*") if path.is_file()]
    assert [file.read_bytes() for file in files] == [b"logo"]


@pytest.mark.parametrize(
    ("offset", "value"),
    [(6, 255), (8, 1), (8, 32), (10, 99), (28, 255), (42, 255)],
    ids=["version", "password", "patched", "method", "length of name", "place"],
)
def test_a_wrong_byte_of_the_directory_is_told(backup, offset, value):
    content = bytearray(backup.read_bytes())
    content[directory_of(backup) + offset] = value
    backup.write_bytes(content)

    with pytest.raises(BackupError):
        list(dump_chunks(backup))


def test_every_wrong_byte_is_told_or_does_no_harm(backup):
    content = backup.read_bytes()
    places = [*range(60), *range(len(CONTENT), len(content))]
    for place in places:
        for value in (0, 255, content[place] ^ 1):
            backup.write_bytes(content[:place] + bytes([value]) + content[place + 1 :])
            try:
                assert b"".join(dump_chunks(backup)) == CONTENT
            except BackupError:
                continue


@pytest.mark.parametrize("flag", [1, 32])
def test_a_wrong_byte_of_an_uploads_entry_is_told(backup, tmp_path, flag):
    content = backup.read_bytes()
    entry = content.rindex(b"media/logo.png") - 46
    backup.write_bytes(content[: entry + 8] + bytes([flag]) + content[entry + 9 :])

    with pytest.raises(BackupError, match="damaged"):
        unpacked(backup, tmp_path / "draft")


def test_a_manifest_that_asks_for_a_password_is_told(backup):
    content = backup.read_bytes()
    entry = content.rindex(MANIFEST.encode()) - 46
    backup.write_bytes(content[: entry + 8] + b"\x01" + content[entry + 9 :])

    with pytest.raises(BackupError, match="damaged or no back-up"):
        read_manifest(backup)


def test_noise_is_no_backup(tmp_path):
    file = tmp_path / "noise.backup"
    file.write_bytes(os.urandom(4096))

    with pytest.raises(BackupError, match="no back-up"):
        read_manifest(file)

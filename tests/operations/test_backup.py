"""A back-up is whole, comes back equal, and a bad one changes nothing."""

import json
import subprocess
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from inventory.models import Stock, StockMovement
from operations.backup.dump import write_backup
from operations.backup.exceptions import BackupError
from operations.backup.figures import digest, read_figures
from operations.backup.media import media_replaced
from operations.backup.programs import environment_for, find_program
from operations.backup.server import create_database, drop_database, swap_databases
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.operations.processes import manage
from users.models import SignIn

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery"


def figures():
    with transaction.atomic():
        return read_figures()


def databases():
    """The names of all databases that a restore of the test's may have made."""
    with connection.cursor() as cursor:
        name = connection.settings_dict["NAME"]
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [name])
        return sorted(row[0] for row in cursor.fetchall())


@pytest.fixture(autouse=True)
def media(tmp_path_factory, settings, monkeypatch):
    """Where uploads lie, with three of them."""
    root = tmp_path_factory.mktemp("uploads")
    settings.MEDIA_ROOT = root
    monkeypatch.setenv("MEDIA_ROOT", str(root))
    (root / "avatars" / "2026").mkdir(parents=True)
    (root / "avatars" / "2026" / "ö mark.png").write_bytes(bytes(range(256)) * 9000)
    (root / "logo.png").write_bytes(b"logo")
    (root / "empty.txt").touch()
    return root


def uploads(root):
    """The content of every file, by its name."""
    paths = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def company():
    """A person at work in a warehouse with stock."""
    warehouse = WarehouseFactory()
    person = UserFactory(role="staff", password=make_password(PASSWORD))
    MembershipFactory(user=person, warehouse=warehouse, is_default=True)
    SignIn.objects.create(
        user=person, current_jti=uuid4().hex, expires_at=timezone.now() + timedelta(days=7)
    )
    for number in range(1, 6):
        put_in_stock(VariationFactory(), warehouse, quantity=number)
    return person


def post_movement(person):
    """Sign in with the password and receive two of the first product."""
    client = APIClient()
    answer = client.post(
        "/api/auth/login/", {"username": person.username, "password": PASSWORD}, format="json"
    )
    assert answer.status_code == 200
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access_token']}")
    stock = Stock.objects.order_by("pk").first()
    body = {
        "product_id": stock.variation.product.code,
        "movement_type": "inbound",
        "quantity": 2,
        "warehouse": stock.warehouse.code,
    }
    return client.post("/api/stock-movements/", body, format="json")


def test_restored_database_is_the_one_that_was_dumped_and_works(company, tmp_path, media):
    before, files = figures(), uploads(media)
    file = tmp_path / "company.backup"

    written = manage("backup", file)
    assert written.returncode == 0, written.stderr
    assert post_movement(company).status_code == 201
    put_in_stock(quantity=99)
    assert figures()["ledger"] != before["ledger"]
    (media / "logo.png").write_bytes(b"another logo")
    (media / "avatars" / "2026" / "ö mark.png").unlink()
    (media / "late").mkdir()
    (media / "late" / "note.pdf").write_bytes(b"note")
    connection.close()
    restored = manage("restore", file, "--discard")

    assert restored.returncode == 0, restored.stderr
    after = figures()
    assert after["ledger"] == before["ledger"]
    assert after["schema"] == before["schema"]
    changed = {name for name in after["tables"] if after["tables"][name] != before["tables"][name]}
    assert changed == {"users_signin"}  # all of them are ended
    assert verify_ledger() == []
    assert not SignIn.objects.filter(revoked_at=None).exists()
    assert post_movement(company).status_code == 201
    assert StockMovement.objects.count() == 6
    assert verify_ledger() == []
    assert databases() == [connection.settings_dict["NAME"]]
    assert uploads(media) == files
    assert len(files["avatars/2026/ö mark.png"]) == 256 * 9000
    assert sorted(entry.name for entry in media.iterdir()) == ["avatars", "empty.txt", "logo.png"]


def test_application_may_still_not_change_history_after_a_restore(company, tmp_path):
    file = tmp_path / "company.backup"
    manage("backup", file)
    connection.close()
    assert manage("restore", file, "--discard").returncode == 0

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege('inventorypulse', 'inventory_stockmovement', right_name)"
            " FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) right_name"
        )
        rights = [row[0] for row in cursor.fetchall()]
    assert rights == [True, True, False, False, False]


def test_what_was_there_is_kept_unless_it_is_to_be_discarded(company, tmp_path, media):
    file, before = tmp_path / "company.backup", uploads(media)
    manage("backup", file)
    (media / "logo.png").write_bytes(b"another logo")
    connection.close()

    restored = manage("restore", file)

    name = connection.settings_dict["NAME"]
    kept = [found for found in databases() if found.startswith(f"{name}_before_")]
    assert len(kept) == 1
    assert kept[0] in restored.stdout
    [folder] = [entry for entry in media.iterdir() if entry.name.startswith(".before-")]
    assert str(folder) in restored.stdout
    assert uploads(folder) == {**before, "logo.png": b"another logo"}
    assert {name for name in uploads(media) if not name.startswith(".")} == set(before)
    again = tmp_path / "again.backup"
    assert write_backup(again)["media"]["files"] == 3  # what is kept aside is not in it
    subprocess.run([find_program("dropdb"), kept[0]], env=environment_for("postgres"), check=True)


def test_file_is_private_and_says_what_is_in_it(company, tmp_path):
    file = tmp_path / "company.backup"

    write_backup(file)

    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["product"], manifest["version"]) == ("InventoryPulse", "1.0.0")
    assert manifest["tables"]["inventory_stockmovement"]["rows"] == 5
    assert manifest["ledger_violations"] == 0
    assert (manifest["media"]["files"], manifest["media"]["bytes"]) == (3, 256 * 9000 + 4)


def test_existing_file_is_not_overwritten(company, tmp_path):
    file = tmp_path / "company.backup"
    file.write_text("precious")

    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(file))

    assert file.read_text() == "precious"


def test_place_that_cannot_be_written_is_said(company, tmp_path):
    with pytest.raises(CommandError, match="could not be written"):
        call_command("backup", str(tmp_path / "nowhere" / "company.backup"))


def remake(file, *, dump=lambda content: content, uploads=lambda files: files, **changes):
    """Write the back-up anew with another manifest, dump or other files."""
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json")) | changes
        content = archive.read("database.dump")
        files = [
            (name, archive.read(name)) for name in archive.namelist() if name.startswith("media/")
        ]
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("database.dump", dump(content))
        for name, upload in uploads(files):
            archive.writestr(name, upload)
        archive.writestr("manifest.json", json.dumps(manifest))


def cut_short(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip_a_byte(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def other_dump(file):
    remake(file, dump=lambda content: content[:-100] + bytes(100))


def other_upload(file):
    remake(file, uploads=lambda files: [*files[:-1], (files[-1][0], b"a forged logo")])


def missing_upload(file):
    remake(file, uploads=lambda files: files[:-1])


def upload_too_many(file):
    remake(file, uploads=lambda files: [*files, ("media/extra.html", b"<script>")])


def escaping_upload(file):
    remake(file, uploads=lambda files: [("media/../../escaped.txt", b"out"), *files])


def spoilt_upload(file):
    content = file.read_bytes()
    place = content.index(bytes(range(256)) * 2) + 300
    file.write_bytes(content[:place] + b"!!" + content[place + 2 :])


def without_uploads(file):
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        content = archive.read("database.dump")
    del manifest["media"]
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("database.dump", content)
        archive.writestr("manifest.json", json.dumps(manifest))


def foreign_zip(file):
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "holiday pictures")


def plain_dump(file):
    command = [find_program("pg_dump"), "--format=custom", f"--file={file}"]
    environment = environment_for(connection.settings_dict["NAME"])
    subprocess.run(command, env=environment, check=True)


def other_product(file):
    remake(file, product="StockMaster")


def newer_format(file):
    remake(file, format=3, version="3.0.0")


def newer_schema(file):
    with zipfile.ZipFile(file) as archive:
        names = json.loads(archive.read("manifest.json"))["migrations"]
    names.append("inventory.9999_teleportation")
    remake(file, version="2.7.0", migrations=names, schema=digest(names))


def forged_migrations(file):
    remake(file, migrations=[])


def missing(file):
    file.unlink()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (cut_short, "damaged"),
        (flip_a_byte, "damaged"),
        (other_dump, "damaged"),
        (other_upload, "files are not those"),
        (missing_upload, "files are not those"),
        (upload_too_many, "files are not those"),
        (escaping_upload, "holds a file called '../../escaped.txt'"),
        (spoilt_upload, "damaged: Bad CRC-32"),
        (without_uploads, "contradicts itself"),
        (forged_migrations, "contradicts itself"),
        (foreign_zip, "no back-up of InventoryPulse"),
        (plain_dump, "no back-up made by"),
        (other_product, "no back-up of InventoryPulse"),
        (newer_format, r"newer version \(3.0.0\)"),
        (newer_schema, r"newer version \(2.7.0\)"),
        (missing, "There is no file"),
    ],
)
def test_bad_file_is_refused_and_changes_nothing(company, tmp_path, media, spoil, reason):
    file = tmp_path / "company.backup"
    write_backup(file)
    spoil(file)
    before, files = figures(), uploads(media)

    with pytest.raises(CommandError, match=reason) as refused:
        call_command("restore", str(file))

    assert str(refused.value).endswith("Nothing was changed.")
    assert figures() == before
    assert SignIn.objects.filter(revoked_at=None).count() == 1
    assert databases() == [connection.settings_dict["NAME"]]
    assert uploads(media) == files
    assert sorted(entry.name for entry in media.iterdir()) == ["avatars", "empty.txt", "logo.png"]
    assert not list(media.parent.rglob("escaped.txt"))


def test_dump_that_comes_out_otherwise_is_refused(company, tmp_path):
    """The file is whole, but its dump holds other rows than were there."""
    file = tmp_path / "company.backup"
    write_backup(file)
    with zipfile.ZipFile(file) as archive:
        tables = json.loads(archive.read("manifest.json"))["tables"]
    tables["inventory_stock"]["checksum"] = "1"
    remake(file, tables=tables)
    before = figures()

    refused = manage("restore", file)

    assert refused.returncode == 1
    assert "inventory_stock came out otherwise. Nothing was changed." in refused.stderr
    assert figures() == before
    assert databases() == [connection.settings_dict["NAME"]]


def test_swap_that_fails_leaves_the_database_open(company, tmp_path):
    """Where the place of the old database is taken, both keep their names."""
    name = connection.settings_dict["NAME"]
    create_database(f"{name}_draft", like=name)
    create_database(f"{name}_taken", like=name)
    before = figures()

    with pytest.raises(BackupError, match="already exists"):
        swap_databases(current=name, draft=f"{name}_draft", before=f"{name}_taken")

    assert figures() == before
    for leftover in (f"{name}_draft", f"{name}_taken"):
        drop_database(leftover)


def test_files_go_back_where_the_databases_cannot_change_names(media):
    draft = media / ".restore-1"
    draft.mkdir()
    (draft / "logo.png").write_bytes(b"restored logo")
    files = {name: content for name, content in uploads(media).items() if name[0] != "."}

    def swap_in_vain():
        with media_replaced(draft, "1") as kept:
            assert (media / "logo.png").read_bytes() == b"restored logo"
            assert uploads(kept) == files
            raise BackupError("The database server refused.")

    with pytest.raises(BackupError, match="refused"):
        swap_in_vain()

    assert uploads(media) == files


def test_backup_of_before_there_were_uploads_leaves_the_files(company, tmp_path, media):
    file, files = tmp_path / "company.backup", uploads(media)
    write_backup(file)
    without_uploads(file)
    remake(file, format=1)
    connection.close()

    restored = manage("restore", file, "--discard")

    assert restored.returncode == 0, restored.stderr
    assert uploads(media) == files

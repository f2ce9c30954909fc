"""What makes a start prepare the database anew, and what does not."""

import pytest

from launcher import prepared
from launcher.postgres import APPLICATION, DATABASE, OWNER
from launcher.prepared import code_fingerprint, is_prepared, mark_prepared

# As many of the product's tables as the fingerprint reads.
TABLES = """
    CREATE TABLE django_migrations (id int, app text, name text);
    CREATE TABLE auth_permission (id int, content_type_id int, codename text);
    CREATE TABLE auth_group (id int, name text);
    CREATE TABLE auth_group_permissions (id int, group_id int, permission_id int);
    CREATE TABLE users_user_groups (id int, user_id int, group_id int);
    CREATE TABLE users_user (id int, role text, extra_permissions text[], last_login timestamptz);
    INSERT INTO django_migrations VALUES (1, 'users', '0001_initial');
    INSERT INTO auth_permission VALUES (1, 1, 'view_stock');
    INSERT INTO auth_group VALUES (1, 'viewer');
    INSERT INTO users_user VALUES (1, 'viewer', '{}', NULL);
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER audited AFTER INSERT ON users_user FOR EACH ROW EXECUTE FUNCTION refuse();
    COMMENT ON TRIGGER audited ON users_user IS 'as it was made'"""


@pytest.fixture
def database(shared_cluster):
    """The product's database, prepared by the code `c0de`."""

    def run(statements):
        with shared_cluster.connect(OWNER, DATABASE) as connection:
            connection.execute(statements)

    run(TABLES)
    mark_prepared(shared_cluster, "c0de")
    yield run
    run("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def test_what_is_unchanged_is_prepared(shared_cluster, database):
    assert is_prepared(shared_cluster, "c0de")


def test_work_of_every_day_changes_nothing(shared_cluster, database):
    database("UPDATE users_user SET last_login = now()")
    database("VACUUM users_user")
    assert is_prepared(shared_cluster, "c0de")


def test_other_code_prepares_anew(shared_cluster, database):
    assert not is_prepared(shared_cluster, "c0d")
    assert not is_prepared(shared_cluster, "c0de2")


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM django_migrations",
        "INSERT INTO django_migrations VALUES (2, 'users', '0002_later')",
        "DROP TRIGGER audited ON users_user",
        "ALTER TABLE users_user DISABLE TRIGGER audited",
        "COMMENT ON TRIGGER audited ON users_user IS 'made otherwise'",
        f"GRANT DELETE ON users_user TO {APPLICATION}",
        f"GRANT USAGE ON SCHEMA public TO {APPLICATION}",
        "TRUNCATE users_user",
        "CREATE TABLE stranger (id int)",
        "DELETE FROM auth_permission",
        "UPDATE auth_group SET name = 'visitor'",
        "INSERT INTO auth_group_permissions VALUES (1, 1, 1)",
        "INSERT INTO users_user_groups VALUES (1, 1, 1)",
        "UPDATE users_user SET extra_permissions = '{post_stock}'",
        "UPDATE users_user SET role = 'admin'",
        f"COMMENT ON DATABASE {DATABASE} IS NULL",
    ],
)
def test_what_the_preparation_looks_at_makes_it_look_again(shared_cluster, database, change):
    database(change)
    assert not is_prepared(shared_cluster, "c0de")


def test_renamed_database_in_its_place_is_not_prepared(shared_cluster, database):
    """A restored back-up comes like this."""
    with shared_cluster.connect("postgres") as connection:
        connection.execute(f"CREATE DATABASE restored OWNER {OWNER} TEMPLATE {DATABASE}")
        connection.execute(f"ALTER DATABASE {DATABASE} RENAME TO earlier")
        connection.execute(f"ALTER DATABASE restored RENAME TO {DATABASE}")
        assert not is_prepared(shared_cluster, "c0de")
        connection.execute(f"DROP DATABASE {DATABASE}")
        connection.execute(f"ALTER DATABASE earlier RENAME TO {DATABASE}")
    assert is_prepared(shared_cluster, "c0de")


def test_empty_database_is_not_prepared(shared_cluster):
    assert not is_prepared(shared_cluster, "c0de")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(prepared, "ROOT", tmp_path)
    (tmp_path / "requirements.txt").write_text("django==5.2.19\n")
    for name in ("users", "tests"):
        (tmp_path / name / "migrations").mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("file", "matters"),
    [
        ("requirements.txt", True),
        ("manage.py", True),
        ("users/models.py", True),
        ("users/migrations/0002_later.py", True),
        ("tests/test_models.py", False),
        ("users/notes.txt", False),
    ],
)
def test_code_fingerprint_is_that_of_the_product(checkout, file, matters):
    before = code_fingerprint(demo=False)
    assert code_fingerprint(demo=False) == before
    (checkout / file).write_text("# changed")
    assert (code_fingerprint(demo=False) != before) is matters


def test_code_fingerprint_tells_the_demo_company_apart(checkout):
    assert code_fingerprint(demo=False) != code_fingerprint(demo=True)

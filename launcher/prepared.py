"""Whether everything is as the last complete preparation left it, so that a start may skip it.

A comment on the database keeps two fingerprints: of the product's code, and of all that the
preparation looks at in the database. A restored or renamed database has no such comment.
"""

import hashlib
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from launcher.install import ROOT
from launcher.postgres import DATABASE, OWNER, PostgresCluster

NOT_OF_THE_PRODUCT = {"benchmarks", "docs", "staticfiles", "tests"}
# Which migrations ran; the triggers, rights and files of tables; who has which role and group.
# A table that was emptied has another file.
LOOKED_AT = """
    SELECT md5(concat_ws('|',
        (SELECT string_agg(concat_ws(' ', app, name), ',' ORDER BY id) FROM django_migrations),
        (SELECT string_agg(concat_ws(' ', tgrelid, tgname, tgenabled,
                                     obj_description(oid, 'pg_trigger')), ',' ORDER BY oid)
         FROM pg_trigger WHERE NOT tgisinternal),
        (SELECT string_agg(concat_ws(' ', relname, relacl,
                                     CASE relkind WHEN 'r' THEN relfilenode END), ',' ORDER BY oid)
         FROM pg_class WHERE relnamespace = 'public'::regnamespace),
        (SELECT nspacl FROM pg_namespace WHERE nspname = 'public'),
        (SELECT string_agg(concat_ws(' ', rolname, rolsuper, rolcanlogin), ',' ORDER BY oid)
         FROM pg_roles),
        (SELECT string_agg(concat_ws(' ', id, content_type_id, codename), ',' ORDER BY id)
         FROM auth_permission),
        (SELECT string_agg(concat_ws(' ', id, name), ',' ORDER BY id) FROM auth_group),
        (SELECT string_agg(concat_ws(' ', group_id, permission_id), ',' ORDER BY id)
         FROM auth_group_permissions),
        (SELECT string_agg(concat_ws(' ', user_id, group_id), ',' ORDER BY id)
         FROM users_user_groups),
        (SELECT string_agg(concat_ws(' ', id, role, extra_permissions), ',' ORDER BY id)
         FROM users_user)))"""
COMMENT = """
    SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"""


def code_fingerprint(*, demo: bool) -> str:
    """Changes with every Python file of the product, its packages, and what it is to be."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    digest.update(f"{sys.version_info[:2]} {demo}".encode())
    for path in sorted(product_files()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def product_files() -> list[Path]:
    """The Python files that the product may load."""
    packages = [path.parent for path in ROOT.glob("*/__init__.py")]
    chosen = [folder for folder in packages if folder.name not in NOT_OF_THE_PRODUCT]
    return [*ROOT.glob("*.py"), *(path for folder in chosen for path in folder.rglob("*.py"))]


def is_prepared(cluster: PostgresCluster, code: str) -> bool:
    """Whether the database says that this code prepared it, and nothing has changed in it since."""
    with cluster.connect(OWNER, DATABASE) as connection:
        row = connection.execute(COMMENT, [DATABASE]).fetchone()
        if row is None or row[0] is None or not row[0].startswith(f"prepared {code} "):
            return False
        try:
            return bool(row[0] == comment_for(connection, code))
        except psycopg.errors.UndefinedTable:
            return False


def mark_prepared(cluster: PostgresCluster, code: str) -> None:
    """Let the database say that this code has prepared it."""
    with cluster.connect(OWNER, DATABASE) as connection:
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        text = comment_for(connection, code)
        connection.execute(comment.format(sql.Identifier(DATABASE), sql.Literal(text)))


def comment_for(connection: psycopg.Connection, code: str) -> str:
    row = connection.execute(LOOKED_AT).fetchone()
    return f"prepared {code} {row[0] if row else ''}"

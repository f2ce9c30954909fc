"""docker-compose.yml starts what the launcher starts, with the same commands and settings."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from launcher import commands, postgres, valkey
from launcher.postgres import find_binaries

ROOT = Path(__file__).resolve().parents[2]
LIVE_PATH = "/api/health/live/"


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_processes_run_the_launchers_commands(services):
    assert services["web"]["command"] == commands.web("python", "0.0.0.0:8000")
    assert services["events"]["command"] == commands.events("python", "0.0.0.0:8001")
    assert services["worker"]["command"] == commands.worker("python")
    assert services["beat"]["command"] == commands.beat("python", "/data/beat/schedule")


def test_image_starts_the_web_server_by_default():
    instruction = re.search(r"^CMD (\[(?:.|\\\n)*\])$", dockerfile(), re.MULTILINE).group(1)
    assert yaml.safe_load(instruction.replace("\\\n", "")) == commands.web("python", "0.0.0.0:8000")


def test_image_runs_as_an_ordinary_user_and_checks_its_health():
    steps = [line.split()[0] for line in dockerfile().splitlines() if line[:1].isupper()]
    assert steps.count("FROM") == 2
    assert "USER inventorypulse" in dockerfile()
    assert "HEALTHCHECK" in steps
    assert steps.index("USER") > max(i for i, step in enumerate(steps) if step == "RUN")
    assert commands.HEALTH_PATH in (ROOT / "docker" / "healthcheck.py").read_text()
    assert "--require-hashes -r requirements.txt" in dockerfile()


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def test_database_has_the_launchers_settings(services):
    program, *options = services["db"]["command"]
    settings = dict(option.split("=", 1) for option in options[1::2])
    assert (program, set(options[::2])) == ("postgres", {"-c"})
    assert settings == postgres.SETTINGS
    arguments = services["db"]["environment"]["POSTGRES_INITDB_ARGS"]
    assert arguments.split() == list(postgres.INITDB_ARGUMENTS)
    assert services["db"]["image"] == "postgres:18"


def test_broker_has_the_launchers_settings(services):
    program, *options = services["valkey"]["command"]
    settings = dict(zip(options[::2], options[1::2], strict=True))
    assert program == "valkey-server"
    assert settings == {f"--{name}": value for name, value in valkey.SETTINGS.items()}


def test_only_the_migration_knows_the_owner(services):
    knowing = {
        name
        for name in ("migrate", *commands.PROCESS_NAMES)
        if "DATABASE_OWNER_URL" in services[name]["environment"]
    }
    assert knowing == {"migrate"}
    for name in commands.PROCESS_NAMES:
        assert services[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }


def test_production_has_no_secret_of_its_own_and_no_demo(services):
    for name in (*commands.PROCESS_NAMES, "migrate"):
        environment = services[name]["environment"]
        assert environment["SECRET_KEY"] == "${SECRET_KEY:?set SECRET_KEY in .env}"
        assert (environment["DEMO"], environment["DEBUG"]) == ("false", "false")


def test_every_variable_of_compose_is_in_the_example():
    text = (ROOT / "docker-compose.yml").read_text()
    used = set(re.findall(r"\$\{([A-Z_]+)", text))
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert used <= set(named)
    assert len(named) == len(set(named))


# What compose settles itself, and what only servers outside of it are told by.
NOT_PASSED_ON = {
    *("CELERY_RESULT_BACKEND", "CELERY_TASK_ALWAYS_EAGER", "DATABASE_OWNER_URL"),
    *("DATABASE_APP_PASSWORD", "DATABASE_OWNER_PASSWORD", "EVENTS_PORT", "WEB_PORT"),
    *("POSTGRES_DB", "POSTGRES_HOST", "POSTGRES_PASSWORD", "POSTGRES_PORT", "POSTGRES_USER"),
    *("INVENTORYPULSE_STATE", "MEDIA_ROOT", "PROMETHEUS_MULTIPROC_DIR", "STATIC_ROOT"),
}


def test_whatever_stands_in_env_reaches_the_containers(services):
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    for name in (*commands.PROCESS_NAMES, "migrate"):
        assert set(named) - set(services[name]["environment"]) <= NOT_PASSED_ON, name


def test_defaults_of_compose_are_those_of_the_settings(services):
    """A default written twice must not come apart."""
    text = (ROOT / ".env.example").read_text()
    told = dict(re.findall(r"^#?([A-Z_]+)=(\d+)$", text, re.MULTILINE))
    for name, value in services["web"]["environment"].items():
        default = re.fullmatch(rf"\$\{{{name}:-(\d+)\}}", value)
        if default and name not in {"EMAIL_PORT"}:  # the example shows that of a real server
            assert told[name] == default.group(1), name


def test_servers_are_looked_at(services):
    looked_at = {
        name: service["healthcheck"]["test"]
        for name, service in services.items()
        if "test" in service.get("healthcheck", {})
    }
    assert set(looked_at) == {"db", "valkey", "events"}  # the web server's is the image's
    assert looked_at["events"][1:] == ["python", "docker/healthcheck.py", "8001", LIVE_PATH]


READERS = re.compile(
    r"(?:env\.\w+|whole_number|environ(?:\.get)?)[(\[]\s*\"([A-Z_]+)\"|os\.getenv\(\"([A-Z_]+)\""
)
# Set by the launcher and by Python's own programs, never by a person.
INTERNAL = {"DATABASE_APP_URL", "DJANGO_SETTINGS_MODULE"}


def test_every_variable_that_is_read_is_in_the_example():
    sources = [*(ROOT / "config").rglob("*.py"), ROOT / "gunicorn.conf.py"]
    used = {
        name
        for source in sources
        for found in READERS.findall(source.read_text())
        for name in found
        if name
    }
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert {"SECRET_KEY", "USER_REQUESTS_PER_MINUTE", "PROMETHEUS_MULTIPROC_DIR"} <= used
    assert used - set(named) - INTERNAL == set()


def test_every_variable_of_the_example_is_in_the_guide():
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    guide = (ROOT / "docs" / "deployment-guide.md").read_text()
    assert [name for name in named if f"`{name}`" not in guide and f"`{name}=" not in guide] == []


def test_containers_roles_are_the_launchers(shared_cluster, shared_state):
    """Run the container's script on a database of its own, the launcher's roles renamed away."""
    with shared_cluster.connect("postgres") as connection:
        for name in (postgres.OWNER, postgres.APPLICATION):
            connection.execute(f"ALTER ROLE {name} RENAME TO launchers_{name}")
    subprocess.run(
        [
            *(find_binaries(shared_state) / "psql", "-q", "-v", "ON_ERROR_STOP=1"),
            *("-h", shared_cluster.socket_directory, "-U", "postgres", "-d", "postgres"),
            *("-f", ROOT / "docker" / "roles.sql"),
        ],
        env=os.environ | {"DATABASE_OWNER_PASSWORD": "o1", "DATABASE_APP_PASSWORD": "a1"},
        check=True,
    )
    with shared_cluster.connect("postgres") as connection:
        roles = connection.execute(
            "SELECT replace(rolname, 'launchers_', ''), rolcanlogin, rolcreatedb, rolsuper,"
            " rolcreaterole, rolbypassrls, rolreplication, rolinherit"
            " FROM pg_roles WHERE rolname LIKE '%inventorypulse%' ORDER BY 1"
        ).fetchall()
        memberships = connection.execute(
            "SELECT replace(roleid::regrole::text, 'launchers_', ''),"
            " replace(member::regrole::text, 'launchers_', ''), inherit_option, set_option"
            " FROM pg_auth_members WHERE roleid::regrole::text LIKE '%inventorypulse%'"
        ).fetchall()
    assert len(roles) == 4
    assert roles[::2] == roles[1::2]
    assert memberships[0] == memberships[1]

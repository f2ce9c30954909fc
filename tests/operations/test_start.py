"""What a start costs: every command, worker and web process pays for what is imported."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Each is needed by some requests and tasks, which load it themselves.
HEAVY = {
    *("PIL", "arabic_reshaper", "argon2", "barcode", "bidi", "biip", "duckdb", "lxml", "numpy"),
    *("openai", "openpyxl", "pandas", "pyarrow", "python_calamine", "redis", "reportlab"),
    *("scipy", "segno", "snowflake", "statsmodels", "uvicorn"),
}
SAY_WHAT_IS_LOADED = """
import json, sys
import django
from django.core.management import call_command
django.setup()
call_command("check")
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_check_of_everything_loads_no_heavy_library():
    said = subprocess.run(
        [sys.executable, "-c", SAY_WHAT_IS_LOADED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(said.stdout.splitlines()[-1]))
    assert {"django", "inventory", "rest_framework"} <= loaded  # it did look
    assert loaded & HEAVY == set()

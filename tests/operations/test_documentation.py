import pytest
from django.core.management import CommandError, call_command

from operations.documentation import api_documentation, database_schemas


def test_api_page_lists_paths_with_what_they_do():
    page = api_documentation()

    assert (
        "| POST | `/api/stock-movements/` | Record a receipt, an issue or a correction. |" in page
    )
    assert "| GET | `/api/purchase-orders/` |" in page


def test_database_page_shows_columns_references_and_guards():
    page = database_schemas()

    section = page.split("### inventory_stockmovement")[1].split("###")[0]
    assert "| `quantity` | numeric(14, 3) |  |  |" in section
    assert "| `stock_id` | bigauto |  | `inventory_stock` |" in section
    assert "Append-only" in section
    assert "`movement_adds_up` (check)" in section


def test_check_fails_on_an_outdated_page(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()

    with pytest.raises(CommandError, match="outdated"):
        call_command("make_docs", check=True)

    call_command("make_docs")
    call_command("make_docs", check=True)

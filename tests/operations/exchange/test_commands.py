"""Imports from the command line."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from inventory.models import Product
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


def run(path, *arguments):
    out = StringIO()
    call_command("import_products", str(path), *arguments, "-v0", stdout=out)
    return out.getvalue()


def test_a_command_judges_first_and_imports_with_commit(tmp_path):
    UserFactory(role="admin")
    path = tmp_path / "goods.csv"
    path.write_text("sku;name\nSKU-1;Hammer\n")

    said = run(path)

    assert "Read as csv, utf-8, semicolon." in said
    assert "Nothing was written. Add --commit to import." in said
    assert Product.objects.count() == 0
    run(path, "--commit")
    assert Product.objects.get().name == "Hammer"


def test_a_command_names_what_is_wrong_and_fails(tmp_path):
    UserFactory(role="admin")
    path = tmp_path / "goods.csv"
    path.write_text("sku,name,cost_price\nSKU-1,Hammer,x\n")

    with pytest.raises(CommandError, match="1 problems, so nothing was imported"):
        run(path, "--commit")

    assert Product.objects.count() == 0


def test_a_command_needs_a_file_and_somebody_who_may(tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "none.csv")
    path = tmp_path / "goods.csv"
    path.write_text("sku,name\nSKU-1,Hammer\n")
    with pytest.raises(CommandError, match="Nobody of that name"):
        run(path)
    assert Product.objects.count() == 0

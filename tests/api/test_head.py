"""HEAD tells what GET would bring, and brings nothing."""

import pytest

from tests.factories.inventory import put_in_stock

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/products/", "/api/stocks/?limit=5", "/api/nowhere/"])
def test_an_answer_has_the_headers_of_get_and_no_body(api, path):
    put_in_stock()
    client = api("admin")

    told, brought = client.head(path), client.get(path)

    assert told.content == b""
    assert told.status_code == brought.status_code
    assert int(told["Content-Length"]) == len(brought.content)
    assert told["Content-Type"] == brought["Content-Type"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_is_named_and_not_sent(api, kind):
    put_in_stock()

    told = api("admin").head(f"/api/products/?format={kind}")

    assert b"".join(told.streaming_content) == b""
    assert told.status_code == 200
    assert told["Content-Disposition"] == f'attachment; filename="products.{kind}"'


def test_pages_of_the_back_office_too(client):
    told = client.head("/admin/login/", secure=True)

    assert (told.status_code, told.content) == (200, b"")

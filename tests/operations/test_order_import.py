import hashlib
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from inventory.models import Product, ProductVariation, Stock, StockMovement
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from notifications.models import OutboxMessage
from operations.ledger_verification import verify_ledger
from operations.models import OrderImport
from purchasing.models import GoodsReceipt, PurchaseOrder
from sales.models import SalesOrder, SalesOrderItem
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.order_logs import (
    COUNTED,
    HEADER,
    LOG,
    ROWS_EACH_COUNTED_ONCE,
    UK,
    WRITERS,
    at,
    import_log,
    on_hand,
    utc,
    write_csv,
)
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from warehouses.models import Warehouse


@pytest.fixture
def admin():
    return UserFactory(role="admin", username="boss")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", WRITERS)
def test_import_replays_every_kind_of_file_alike(kind, tmp_path, admin):
    summary = import_log(WRITERS[kind](tmp_path / f"log.{kind}"))

    progress = OrderImport.objects.get()
    assert progress.counters == COUNTED
    assert progress.finished_at is not None
    rows = sum(
        number
        for name, number in progress.counters.items()
        if name in ROWS_EACH_COUNTED_ONCE or name.startswith("skipped: ")
    )
    assert rows == len(LOG)
    # A week's cover of 28 days' sales: 18 holders make 5, 5 lanterns make 2; and 2 came back.
    assert on_hand() == {"85123A": 5, "71053": 4}
    assert verify_ledger() == []
    assert "verify_ledger: 0 violations in 2 balances" in summary
    assert "16 rows in " in summary


@pytest.mark.django_db
def test_import_posts_orders_at_their_own_dates_without_alerts(tmp_path, admin):
    import_log(write_csv(tmp_path / "log.csv"), "--currency", "GBP")

    orders = SalesOrder.objects.order_by("pk").values_list(
        "order_number", "status", "order_date", "customer_id", "region", "channel", "total_amount"
    )
    assert list(orders) == [
        ("1001", "fulfilled", utc(2011, 1, 10, 8, 26), "17850", UK, "online", Decimal("28.86")),
        ("1002", "cancelled", utc(2011, 1, 10, 9), "15098", UK, "online", Decimal(0)),
        ("1005", "fulfilled", utc(2011, 2, 3, 12), "", "France", "online", Decimal("29.70")),
        ("1005-2", "fulfilled", utc(2011, 2, 6, 9), "", "France", "online", Decimal("3.39")),
    ]
    assert set(SalesOrder.objects.values_list("currency", "created_by__username")) == {
        ("GBP", "boss")
    }
    lanterns = StockMovement.objects.filter(variation__sku_code="71053").order_by("pk")
    assert list(
        lanterns.values_list("movement_type", "quantity", "reason_code", "occurred_at")
    ) == [
        ("inbound", 6, "opening_stock", utc(2011, 1, 9, 8, 26)),
        ("outbound", -4, "sale", utc(2011, 1, 10, 8, 26)),
        ("inbound", 1, "", utc(2011, 1, 31, 18)),
        ("outbound", -1, "sale", utc(2011, 2, 6, 9)),
        ("inbound", 2, "return", utc(2011, 2, 4, 9)),
    ]
    assert OutboxMessage.objects.count() == 0


@pytest.mark.django_db
def test_import_makes_catalogue_and_purchases(tmp_path, admin):
    import_log(write_csv(tmp_path / "log.csv"), "--warehouse", "outlet", "--cost-share", "0.5")

    assert list(Warehouse.objects.values_list("code", "is_default")) == [("OUTLET", True)]
    made = ProductVariation.objects.order_by("sku_code").values_list(
        "sku_code", "product__code", "product__name", "selling_price", "cost_price", "is_default"
    )
    # The average price of 16 at 2.55 and 2 at 2.10.
    assert list(made) == [
        ("71053", "71053", "LANTERN", Decimal("3.39"), Decimal("1.6950"), True),
        ("85123A", "85123A", "HOLDER", Decimal("2.50"), Decimal("1.2500"), True),
    ]
    order = PurchaseOrder.objects.get()
    assert (order.status, order.order_date, order.actual_delivery_date) == (
        "received",
        utc(2011, 1, 24, 18),
        utc(2011, 1, 31, 18),
    )
    lines = order.items.values_list("variation__sku_code", "quantity_ordered", "quantity_received")
    assert list(lines) == [("71053", 1, 1), ("85123A", 12, 12)]
    assert GoodsReceipt.objects.count() == 1


@pytest.mark.django_db
def test_import_uses_the_catalogue_that_is_there(tmp_path, admin):
    warehouse = WarehouseFactory(is_default=True)
    variation = VariationFactory(sku_code="85123A", selling_price=Decimal("9.99"))
    other = VariationFactory(product=ProductFactory(code="71053"), sku_code="LANTERN-RED")

    import_log(write_csv(tmp_path / "log.csv"))

    assert Product.objects.count() == 2
    assert Warehouse.objects.get() == warehouse
    variation.refresh_from_db()
    assert variation.selling_price == Decimal("9.99")
    assert set(SalesOrderItem.objects.values_list("variation", flat=True)) == {
        variation.pk,
        other.pk,
    }


@pytest.mark.django_db
def test_import_reads_other_columns_separators_dates_and_text(tmp_path, admin):
    path = write_csv(
        tmp_path / "log.csv",
        [("A-1", "MUG 1", "Tasse für Käse", "1.5", "24/12/2023 18:00", "4.5", "Zoë")],
        ("Beleg", "Art", "Text", "Menge", "Wann", "Preis", "Kunde"),
        delimiter=";",
        encoding="cp1252",
    )
    columns = {"order": "Beleg", "sku": "Art", "quantity": "Menge", "date": "Wann"}
    columns |= {"price": "Preis", "customer": "Kunde", "description": "Text"}
    arguments = [f"--map={field}={column}" for field, column in columns.items()]
    arguments += ["--date-format", "%d/%m/%Y %H:%M", "--timezone", "Europe/Berlin"]
    with pytest.raises(CommandError, match="not utf-8-sig text .* --encoding cp1252"):
        call_command("import_orders", str(path), *arguments, verbosity=0)
    with pytest.raises(CommandError, match=r"None of the 1 rows .*SKU is not an item code: 1"):
        call_command("import_orders", str(path), *arguments, "--encoding=cp1252", verbosity=0)
    assert Product.objects.count() == 0

    path.write_bytes(path.read_bytes().replace(b"MUG 1", b"mug-1"))
    call_command(
        "import_orders", str(path), *arguments, "--encoding=cp1252",
        stdout=StringIO(), verbosity=0,
    )  # fmt: skip

    item = SalesOrderItem.objects.get()
    assert (item.variation.sku_code, item.quantity) == ("MUG-1", Decimal("1.5"))
    assert item.variation.product.name == "Tasse für Käse"
    assert (item.order.customer_id, item.order.order_date) == ("Zoë", utc(2023, 12, 24, 17))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "arguments", "message"),
    [
        ("log.txt", b"x", [], "save it as one of .csv, .xlsx, .parquet"),
        ("absent.csv", None, [], "There is no file"),
        ("log.csv", b"", [], "No column found for: order"),
        ("log.csv", b"InvoiceNo,Qty,Date,Price\n1,2,3,4\n", [], "--map sku=COLUMN"),
        ("log.csv", b"a,b\n1,2\n", ["--map=sku=c"], 'No column "c" for the sku'),
        ("log.csv", b"a,b\n1,2\n", ["--map=colour=a"], 'Unknown field "colour"'),
        ("log.csv", b"a,b\n1,2\n", ["--map=colour"], "write FIELD=COLUMN"),
        ("log.csv", b"a,b\n1,2\n", ["--encoding=latin-99"], "Unknown encoding"),
        ("log.csv", b"a,b\n1,2\n", ["--cost-share=NaN"], "--cost-share"),
        ("log.csv", b"a,b\n1,2\n", ["--cost-share=2"], "above 0 and up to 1"),
        ("log.csv", b"a,b\n1,2\n", ["--timezone=Mars"], "--timezone"),
        ("log.csv", b"a,b\n1,2\n", ["--sku-pattern=("], "--sku-pattern"),
        ("log.csv", b"a,b\n1,2\n", ["--currency=pounds"], "--currency"),
        ("log.csv", b"a,b\n1,2\n", ["--warehouse=a b"], "--warehouse"),
        ("log.csv", b"a,b\n1,2\n", ["--user=nobody"], 'No active user "nobody"'),
        ("log.csv", b"Order,SKU,Qty,Date,Price\n", [], "no rows below its header"),
        ("log.csv", b"Order,SKU,Qty,Date,Price\n1,ABC,2,soon,4\n", [], "unreadable date: 1"),
        (
            "log.csv",
            b"Order,SKU,Qty,Date,Price\n1,ABC,2,2024-01-01,4\n",
            ["--date-format=%Y-%Y"],
            "unreadable date: 1",
        ),
        ("log.csv", b"Order,SKU,Qty,Date,Price\n1,ABC,x,2024-01-01,4\n", [], "unreadable quantity"),
        ("log.csv", b"Order,SKU,Qty,Date,Price\n1,ABC,NaN,2024-01-01,4\n", [], "unreadable"),
        ("log.csv", b"Order,SKU,Qty,Date,Price\n1,ABC,1e30,2024-01-01,4\n", [], "too large"),
        ("log.csv", b"Order,SKU,Qty,Date,Price\n1," + b"A" * 200_000, [], "not readable CSV"),
        ("log.csv", b"Order,SKU,Qty,Date,Price\n1,A\xff", [], "is not utf-8-sig text"),
        ("log.xlsx", b"no workbook", [], "not a readable XLSX"),
        ("log.parquet", b"no parquet", [], "not a readable Parquet"),
    ],
)
def test_import_refuses_with_the_remedy(name, content, arguments, message, tmp_path, admin):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError) as refusal:
        call_command("import_orders", str(tmp_path / name), *arguments, verbosity=0)
    assert message in str(refusal.value)
    assert (OrderImport.objects.count(), Product.objects.count()) == (0, 0)
    assert Warehouse.objects.count() == 0


@pytest.mark.django_db
def test_import_needs_somebody_who_may_backdate(tmp_path):
    UserFactory(role="staff", username="hands")
    path = write_csv(tmp_path / "log.csv")
    with pytest.raises(CommandError, match="createsuperuser"):
        import_log(path)
    with pytest.raises(CommandError, match='No active user "hands"'):
        import_log(path, "--user", "hands")
    assert Product.objects.count() == 0


@pytest.mark.django_db
def test_import_again_changes_nothing(tmp_path, admin):
    path = write_csv(tmp_path / "log.csv")
    import_log(path)
    before = (StockMovement.objects.count(), SalesOrder.objects.count())

    said = import_log(path)

    assert "Imported already" in said
    assert (StockMovement.objects.count(), SalesOrder.objects.count()) == before


@pytest.mark.django_db
def test_import_leaves_orders_that_were_here_before(tmp_path, admin):
    SalesOrder.objects.create(order_number="1001", warehouse=WarehouseFactory())

    import_log(write_csv(tmp_path / "log.csv"))

    counters = OrderImport.objects.get().counters
    assert counters["skipped: order number exists already"] == 2
    assert counters["orders delivered"] == 2
    assert verify_ledger() == []


@pytest.mark.django_db
def test_import_gives_numbers_where_the_logs_are_no_order_numbers(tmp_path, admin):
    long = hashlib.md5(b"x").hexdigest()
    import_log(write_csv(tmp_path / "log.csv", [(long, *LOG[0][1:])]))

    order = SalesOrder.objects.get()
    assert order.order_number.startswith("SO-")
    assert long.upper() in order.notes


@pytest.mark.django_db
def test_import_leaves_orders_open_whose_goods_somebody_took(tmp_path, admin):
    rows = [(str(2000 + day), "85123A", "HOLDER", 5, at(2011, 3, day), 2) for day in (1, 2, 3)]
    path = write_csv(tmp_path / "log.csv", rows, HEADER[:6])
    import_log(path, "--limit", "2")
    stock = Stock.objects.get()
    assert stock.on_hand == 5 + 35
    taken = StockChange(
        variation_id=stock.variation_id,
        warehouse_id=stock.warehouse_id,
        quantity=Decimal(-37),
        movement_type="outbound",
    )
    apply_stock_changes([taken], acting_user=None)

    import_log(path)

    assert OrderImport.objects.get().counters["orders left open"] == 1
    waiting = SalesOrder.objects.get(order_number="2003")
    assert (waiting.status, waiting.order_date) == ("pending", utc(2011, 3, 3))
    stock.refresh_from_db()
    assert (stock.on_hand, stock.reserved) == (3, 3)
    assert verify_ledger() == []

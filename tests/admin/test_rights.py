"""Every page of every model, for every role, as the role table says."""

from decimal import Decimal
from typing import NamedTuple

import pytest
from django.contrib import admin
from django.utils import timezone

from alerts.models import Alert
from common.models import AuditEntry, CompanySettings, SavedView
from common.permissions import ROLE_PERMISSIONS, Can, Role
from inventory.attached_files import CheckedFile
from inventory.attachments import attachment_kinds
from inventory.models import (
    AdjustmentRequest,
    Attachment,
    Category,
    Lot,
    LowStockThreshold,
    Product,
    ProductVariation,
    Stock,
    StockCount,
    StockMovement,
    SupplierPrice,
    TransferRequest,
)
from inventory.services.adjustments import Correction, request_adjustment
from inventory.services.attachments import attach_file
from inventory.services.counts.opening import open_count
from notifications.models import Notification, OutboxMessage
from operations.models import (
    ImportJob,
    JobRun,
    OrderImport,
    PriceListRun,
    SupplierPriceFeed,
    Webhook,
    WebhookDelivery,
)
from purchasing.models import GoodsReceipt, PurchaseOrder, PurchaseRequest, SupplierReturn
from purchasing.services.returns import ReturnLine, return_to_supplier
from sales.models import Fulfilment, SalesOrder, SalesPrice, SalesReturn
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.returns import return_goods
from suppliers.models import Supplier, SupplierPerformance
from tests.admin.pages import add_to, deletion_of, list_of, page_of
from tests.factories.alerts import AlertFactory
from tests.factories.goods_requests import make_goods_request
from tests.factories.inventory import (
    CategoryFactory,
    ProductFactory,
    VariationFactory,
    put_in_stock,
)
from tests.factories.notifications import MailFactory, NotificationFactory
from tests.factories.purchasing import make_order
from tests.factories.sales import list_price, take_order
from tests.factories.suppliers import SupplierFactory, SupplierPerformanceFactory
from tests.factories.transfers import make_transfer
from tests.factories.users import UserFactory
from tests.factories.webhooks import make_delivery, make_webhook
from users.models import ApiToken, PeopleGroup, SignIn, User
from users.services.api_tokens import create_api_token
from warehouses.models import PromotionRequest, TaskHandOver, Warehouse

pytestmark = pytest.mark.django_db
MAY_ENTER = {Role.ADMIN, Role.MANAGER, Role.STAFF}


class Rights(NamedTuple):
    view: Can
    add: Can | None = None
    change: Can | None = None
    delete: Can | None = None


CATALOGUE = Rights(Can.VIEW_STOCK, *[Can.MANAGE_CATALOGUE] * 3)
TABLE = {
    Category: CATALOGUE,
    Product: CATALOGUE,
    ProductVariation: Rights(Can.VIEW_STOCK, None, Can.MANAGE_CATALOGUE, Can.MANAGE_CATALOGUE),
    LowStockThreshold: CATALOGUE,
    Lot: Rights(Can.VIEW_STOCK),
    TransferRequest: Rights(Can.VIEW_STOCK, Can.REQUEST_TRANSFERS),
    AdjustmentRequest: Rights(Can.VIEW_STOCK, Can.POST_STOCK),
    StockCount: Rights(Can.VIEW_STOCK, Can.POST_STOCK),
    Supplier: CATALOGUE,
    SupplierPerformance: Rights(Can.VIEW_STOCK),
    SupplierPrice: Rights(Can.VIEW_STOCK),
    SupplierPriceFeed: Rights(*[Can.MANAGE_CATALOGUE] * 4),
    PriceListRun: Rights(Can.MANAGE_CATALOGUE, Can.MANAGE_CATALOGUE),
    Stock: Rights(Can.VIEW_STOCK),
    StockMovement: Rights(Can.VIEW_STOCK),
    Warehouse: Rights(Can.VIEW_STOCK, *[Can.MANAGE_WAREHOUSES] * 3),
    User: Rights(Can.VIEW_PEOPLE, Can.MANAGE_USERS, Can.MANAGE_USERS),
    SignIn: Rights(Can.MANAGE_USERS),
    ApiToken: Rights(Can.MANAGE_USERS),
    PromotionRequest: Rights(Can.MANAGE_PEOPLE),
    TaskHandOver: Rights(Can.MANAGE_PEOPLE),
    PeopleGroup: Rights(*[Can.MANAGE_USERS] * 4),
    PurchaseOrder: Rights(Can.VIEW_PURCHASE_ORDERS, *[Can.MANAGE_PURCHASE_ORDERS] * 2),
    GoodsReceipt: Rights(Can.VIEW_PURCHASE_ORDERS),
    Attachment: Rights(Can.SIGN_IN),
    SupplierReturn: Rights(Can.VIEW_PURCHASE_ORDERS),
    PurchaseRequest: Rights(Can.REQUEST_GOODS, Can.REQUEST_GOODS),
    SalesOrder: Rights(Can.VIEW_SALES_ORDERS, *[Can.MANAGE_SALES_ORDERS] * 2),
    Fulfilment: Rights(Can.VIEW_SALES_ORDERS),
    SalesReturn: Rights(Can.VIEW_SALES_ORDERS),
    SalesPrice: CATALOGUE,
    Alert: Rights(Can.VIEW_STOCK),
    Notification: Rights(Can.SIGN_IN),
    OutboxMessage: Rights(Can.MANAGE_SETTINGS),
    OrderImport: Rights(Can.MANAGE_SETTINGS),
    Webhook: Rights(*[Can.MANAGE_WEBHOOKS] * 4),
    WebhookDelivery: Rights(Can.MANAGE_WEBHOOKS),
    ImportJob: Rights(Can.POST_STOCK, Can.POST_STOCK),
    JobRun: Rights(Can.MANAGE_SETTINGS),
    CompanySettings: Rights(Can.MANAGE_SETTINGS, None, Can.MANAGE_SETTINGS),
    AuditEntry: Rights(Can.VIEW_AUDIT),
    SavedView: Rights(Can.SIGN_IN, None, None, Can.SIGN_IN),
}


def handed_over(place, user):
    return TaskHandOver.objects.create(
        kind="stock_count", task_code="CNT-1", title="Stock count CNT-1", warehouse=place.own,
        from_user=user, to_user=user, handed_over_by=user, handed_over_at=timezone.now(),
    )  # fmt: skip


def asked_promotion(place, user):
    return PromotionRequest.objects.create(
        code="PRM-1", user=user, warehouse=place.own, requested_by=user
    )


def attached(warehouse):
    receipt = make_order(warehouse=warehouse, status="received").receipts.get()
    return attach_file(
        kind=attachment_kinds()["goods_receipt"],
        document=receipt,
        file=CheckedFile("a.pdf", "application/pdf", b"%PDF"),
        acting_user=UserFactory(role="admin"),
    )


def delivered(place):
    order = take_order((place.variation, 2), warehouse=place.own)
    return fulfil_sales_order(order=order, acting_user=None)


def returned(place):
    return return_goods(
        order=delivered(place).order,
        lines=[LineRequest("line", "1", 1, "unwanted")],
        acting_user=None,
    )


def sent_back(warehouse):
    order = make_order(warehouse=warehouse, status="received")
    line = ReturnLine(item_id=order.items.get().pk, quantity=Decimal(1), reason="damaged")
    return return_to_supplier(order=order, lines=[line], acting_user=None)


def signed_in(user):
    return SignIn.objects.create(user=user, current_jti="x", expires_at=timezone.now())


def correct(warehouse, variation):
    correction = Correction(variation=variation, quantity=Decimal(-1), reason_code="theft")
    return request_adjustment(
        warehouse=warehouse, corrections=[correction], acting_user=UserFactory(role="staff")
    )


def lot_in(warehouse):
    milk = VariationFactory(product=ProductFactory(lot_tracking=True))
    put_in_stock(milk, warehouse, 5, lot_number="L-7")
    return Lot.objects.get()


def price_of(product):
    product.sourcing.create(supplier=SupplierFactory(), cost_per_unit=5)
    return product.supplier_prices.get()


def imported(place):
    return OrderImport.objects.create(file_name="log.csv", options="{}", warehouse=place.own)


ROWS = {
    Category: lambda place, user: CategoryFactory(),
    Product: lambda place, user: place.variation.product,
    ProductVariation: lambda place, user: place.variation,
    LowStockThreshold: lambda place, user: LowStockThreshold.objects.create(
        variation=place.variation, warehouse=place.own, threshold=3
    ),
    Lot: lambda place, user: lot_in(place.own),
    TransferRequest: lambda place, user: make_transfer(source=place.own),
    AdjustmentRequest: lambda place, user: correct(place.own, place.variation),
    StockCount: lambda place, user: open_count(warehouse=place.own, acting_user=user),
    Supplier: lambda place, user: SupplierFactory(),
    SupplierPerformance: lambda place, user: SupplierPerformanceFactory(),
    SupplierPrice: lambda place, user: price_of(place.variation.product),
    SupplierPriceFeed: lambda place, user: SupplierPriceFeed.objects.create(
        supplier=SupplierFactory(), kind="url", url="https://lists.example.com/a.csv"
    ),
    PriceListRun: lambda place, user: PriceListRun.objects.create(
        supplier=SupplierFactory(), file_name="a.csv", size=1, state="checked"
    ),
    Stock: lambda place, user: Stock.objects.get(warehouse=place.own),
    StockMovement: lambda place, user: StockMovement.objects.get(warehouse=place.own),
    Warehouse: lambda place, user: place.own,
    User: lambda place, user: user,
    SignIn: lambda place, user: signed_in(user),
    ApiToken: lambda place, user: create_api_token(name="script", scopes=["all"], acting_user=user)[
        0
    ],
    PromotionRequest: lambda place, user: asked_promotion(place, user),
    TaskHandOver: lambda place, user: handed_over(place, user),
    PeopleGroup: lambda place, user: PeopleGroup.objects.create(name="Inspectors"),
    PurchaseOrder: lambda place, user: make_order(warehouse=place.own),
    GoodsReceipt: lambda place, user: make_order(
        warehouse=place.own, status="received"
    ).receipts.get(),
    PurchaseRequest: lambda place, user: make_goods_request(warehouse=place.own),
    SupplierReturn: lambda place, user: sent_back(place.own),
    SalesOrder: lambda place, user: take_order((place.variation, 2), warehouse=place.own),
    Attachment: lambda place, user: attached(place.own),
    Fulfilment: lambda place, user: delivered(place),
    SalesReturn: lambda place, user: returned(place),
    SalesPrice: lambda place, user: list_price(place.variation, 7),
    Alert: lambda place, user: AlertFactory(variation=place.variation, warehouse=place.own),
    Notification: lambda place, user: NotificationFactory(recipient=user),
    OutboxMessage: lambda place, user: MailFactory(),
    OrderImport: lambda place, user: imported(place),
    Webhook: lambda place, user: make_webhook()[0],
    WebhookDelivery: lambda place, user: make_delivery(),
    ImportJob: lambda place, user: ImportJob.objects.create(
        kind="stocks", file_name="stock.csv", size=1, created_by=user
    ),
    JobRun: lambda place, user: JobRun.objects.create(
        job="sweep", slot=timezone.now(), started_at=timezone.now()
    ),
    CompanySettings: lambda place, user: CompanySettings.current(),
    # Making the category leaves an entry.
    AuditEntry: lambda place, user: CategoryFactory() and AuditEntry.objects.latest("pk"),
    SavedView: lambda place, user: SavedView.objects.create(
        owner=user, resource="stocks", name="Low", query="low_stock=true"
    ),
}
FOREIGN = {
    Lot: lambda place: lot_in(place.foreign),
    TransferRequest: lambda place: make_transfer(source=place.foreign),
    AdjustmentRequest: lambda place: correct(place.foreign, place.variation),
    StockCount: lambda place: open_count(warehouse=place.foreign, acting_user=UserFactory()),
    LowStockThreshold: lambda place: LowStockThreshold.objects.create(
        variation=place.variation, warehouse=place.foreign, threshold=3
    ),
    Stock: lambda place: Stock.objects.get(warehouse=place.foreign),
    StockMovement: lambda place: StockMovement.objects.get(warehouse=place.foreign),
    PurchaseOrder: lambda place: make_order(warehouse=place.foreign),
    GoodsReceipt: lambda place: make_order(
        warehouse=place.foreign, status="received"
    ).receipts.get(),
    Attachment: lambda place: attached(place.foreign),
    PurchaseRequest: lambda place: make_goods_request(warehouse=place.foreign),
    SupplierReturn: lambda place: sent_back(place.foreign),
    SalesOrder: lambda place: take_order((place.variation, 2), warehouse=place.foreign),
    Fulfilment: lambda place: fulfil_sales_order(
        order=take_order((place.variation, 2), warehouse=place.foreign), acting_user=None
    ),
    Alert: lambda place: AlertFactory(variation=place.variation, warehouse=place.foreign),
    Notification: lambda place: NotificationFactory(),
    ImportJob: lambda place: ImportJob.objects.create(
        kind="stocks", file_name="stock.csv", size=1, created_by=UserFactory()
    ),
}


def status(role, permission):
    """Return what a page answers to a role: to others than the back office's, the sign-in."""
    if role not in MAY_ENTER:
        return 302
    return 200 if permission in ROLE_PERMISSIONS[role] else 403


def test_every_registered_model_is_in_the_table():
    assert set(admin.site._registry) == set(TABLE) == set(ROWS)


@pytest.mark.parametrize("model", TABLE, ids=lambda model: model.__name__)
@pytest.mark.parametrize("role", Role)
def test_pages_answer_as_the_role_table_says(office, place, model, role):
    client = office(role)
    row = ROWS[model](place, client.user)
    rights = TABLE[model]

    assert client.get(list_of(model)).status_code == status(role, rights.view)
    assert client.get(list_of(model), {"q": "PO-2026-1"}).status_code == status(role, rights.view)
    assert client.get(add_to(model)).status_code == status(role, rights.add)
    assert client.get(page_of(row)).status_code == status(role, rights.view)
    assert client.get(deletion_of(row)).status_code == status(role, rights.delete)
    before = model.objects.filter(pk=row.pk).values().get()
    if status(role, rights.change) != 200:
        assert client.post(page_of(row), {"name": "x"}).status_code == status(role, rights.change)
        assert model.objects.filter(pk=row.pk).values().get() == before
    if status(role, rights.delete) != 200:
        assert client.post(deletion_of(row), {"post": "yes"}).status_code != 200
        assert model.objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("model", FOREIGN, ids=lambda model: model.__name__)
@pytest.mark.parametrize("role", ["manager", "staff"])
def test_rows_of_foreign_warehouses_are_not_there(office, place, model, role):
    client = office(role)
    row = FOREIGN[model](place)

    answer = client.get(page_of(row))

    assert (answer.status_code, answer.url) == (302, "/admin/")
    rows = client.get(list_of(model)).context["cl"].queryset
    assert row.pk not in rows.values_list("pk", flat=True)


def test_people_of_foreign_warehouses_are_not_there(office, place):
    manager, stranger = office("manager"), User.objects.create_user("other", "o@example.com")

    assert manager.get(page_of(stranger)).status_code == 302
    assert manager.get(list_of(User)).context["cl"].result_count == 1


def test_notes_on_people_are_for_administrators(office, place):
    manager = office("manager")
    manager.user.notes = "Late twice."
    manager.user.save()

    assert "Late twice." not in manager.get(page_of(manager.user)).content.decode()
    assert "Late twice." in office("admin").get(page_of(manager.user)).content.decode()


@pytest.mark.parametrize("model", TABLE, ids=lambda model: model.__name__)
def test_lists_survive_nonsense(office, place, model):
    client = office("admin")

    for query in ("p=99999", "o=99.-3.x", "q=%25%5C_'", "e=1", "all=", "warehouse=abc", "due=x"):
        assert client.get(f"{list_of(model)}?{query}").status_code in (200, 302)
    for key in ("0", "abc", "9" * 30, "1_5F", "%E2%82%AC"):
        assert client.get(f"{list_of(model)}{key}/change/").status_code == 302


def test_nothing_is_deleted_in_bulk(office, place):
    client = office("admin")
    product = place.variation.product

    client.post(
        list_of(Product), {"action": "delete_selected", "_selected_action": [product.pk], "post": 1}
    )

    assert Product.objects.filter(pk=product.pk).exists()

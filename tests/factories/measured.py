"""Two suppliers whose figures are computed by hand, and how orders come to them."""

from datetime import UTC, datetime
from decimal import Decimal

from common.models import CompanySettings
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import create_purchase_order
from purchasing.services.receipts import Delivery, ReceiptLine, receive_purchase_order
from purchasing.services.transitions import cancel_purchase_order
from tests.factories.inventory import VariationFactory
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

MEASURED_AT = datetime(2025, 3, 31, 12, tzinfo=UTC)


def at(month, day, hour=0, minute=0):
    return datetime(2025, month, day, hour, minute, tzinfo=UTC)


class Buyer:
    """Orders and receives at given times."""

    def __init__(self, supplier):
        self.supplier = supplier
        self.user = UserFactory(role="manager")
        self.warehouse = WarehouseFactory()

    def order(self, ordered, expected, *lines, **wanted):
        """Order lines of (quantity, cost); sent unless a status says otherwise."""
        return create_purchase_order(
            supplier=self.supplier,
            warehouse=self.warehouse,
            lines=[
                OrderLine(
                    variation=VariationFactory(),
                    quantity_ordered=Decimal(quantity),
                    unit_cost=Decimal(cost),
                )
                for quantity, cost in lines
            ],
            order_date=ordered,
            expected_delivery_date=expected,
            acting_user=self.user,
            **{"status": "sent", **wanted},
        )

    def receive(self, order, arrived, accepted, rejected=0, line=0):
        receive_purchase_order(
            order=order,
            lines=[
                ReceiptLine(
                    item_id=order.items.all()[line].pk,
                    quantity_accepted=Decimal(accepted),
                    quantity_rejected=Decimal(rejected),
                )
            ],
            delivery=Delivery(occurred_at=arrived),
            acting_user=self.user,
        )


def example():
    """Make the example of two suppliers; its arithmetic stands beside what is expected of it."""
    CompanySettings.objects.update_or_create(
        pk=1, defaults={"over_receipt_tolerance_percent": Decimal(10)}
    )
    first = Buyer(SupplierFactory(code="SUPA", currency="USD", communication_score=Decimal(4)))
    whole = first.order(at(1, 5, 8), at(1, 15), (100, 2), (10, 5))  # 250.00
    first.receive(whole, at(1, 12, 8), 100)
    first.receive(whole, at(1, 12, 8), 10, line=1)
    partly_late = first.order(at(1, 10, 23), at(1, 20), (40, 10))  # 400.00
    first.receive(partly_late, at(1, 20, 23), 30)  # the last hour of the expected day
    first.receive(partly_late, at(1, 30, 23), 10)
    rejected = first.order(at(1, 12, 8), at(1, 22), (50, 4))  # 200.00
    first.receive(rejected, at(1, 16, 8), 40, 10)
    first.receive(rejected, at(1, 26, 8), 10)
    cancelled = first.order(at(1, 15, 8), at(1, 25), (7, 9))
    cancel_purchase_order(order=cancelled, acting_user=first.user)
    first.order(at(1, 20, 8), at(1, 25), (20, 3))  # 60.00, open and overdue
    over_received = first.order(at(1, 20, 8), at(1, 30), (10, 1))  # 10.00
    first.receive(over_received, at(1, 28, 8), 11)
    first.order(at(1, 28, 8), at(4, 30), (6, 5))  # 30.00, open and not due
    first.order(at(1, 29, 8), at(2, 5), (3, 1), status="draft")
    second = Buyer(SupplierFactory(code="SUPB", currency="USD"))
    foreign = second.order(at(2, 4), at(2, 10), (5, 100))  # in dollars, as it then billed
    second.supplier.currency = "EUR"
    second.supplier.save(update_fields=["currency"])
    second.receive(foreign, at(2, 9), 4)
    late = second.order(at(2, 3), at(2, 10), (8, "2.5"))  # 20.00 EUR
    second.receive(late, at(2, 14), 8)
    second.order(at(3, 1), at(3, 20), (2, 1))  # 2.00 EUR, overdue
    return first.supplier, second.supplier

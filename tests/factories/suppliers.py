from datetime import date
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from suppliers.models import Supplier, SupplierPerformance, SupplierStanding


class SupplierFactory(DjangoModelFactory):
    class Meta:
        model = Supplier

    code = factory.Sequence("SUP{:03d}".format)
    company_name = factory.Sequence("Supplier {}".format)
    email = factory.Sequence("supplier-{}@example.com".format)


class MeasurementFactory(DjangoModelFactory):
    """Figures as a measurement leaves them."""

    class Meta:
        abstract = True

    supplier = factory.SubFactory(SupplierFactory)
    on_time_delivery_rate = Decimal("98.50")
    order_fulfillment_rate = Decimal("99.00")
    quality_score = Decimal("4.50")
    average_lead_time_days = Decimal("4.80")
    lead_time_spread_days = Decimal("1.20")
    reliability_score = Decimal("92.00")
    judged_lines = 7
    evaluation_period_start = date(2025, 1, 1)
    evaluation_period_end = date(2025, 1, 31)
    recorded_at = factory.LazyFunction(timezone.now)


class SupplierPerformanceFactory(MeasurementFactory):
    class Meta:
        model = SupplierPerformance

    total_orders_in_period = 3
    total_value_in_period = Decimal("1200.50")


class SupplierStandingFactory(MeasurementFactory):
    class Meta:
        model = SupplierStanding

    total_orders = 120

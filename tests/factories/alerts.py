from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from alerts.models import Alert
from tests.factories.inventory import VariationFactory
from tests.factories.warehouses import WarehouseFactory


class AlertFactory(DjangoModelFactory):
    class Meta:
        model = Alert

    alert_type = Alert.Type.LOW_STOCK
    severity = Alert.Severity.HIGH
    cause_key = factory.Sequence("stock:{}".format)
    variation = factory.SubFactory(VariationFactory)
    product = factory.SelfAttribute("variation.product")
    warehouse = factory.SubFactory(WarehouseFactory)
    title = factory.LazyAttribute("Low Stock Alert: {0.product.name}".format)
    message = "Current stock (15) is at or below the reorder threshold (20)."
    current_value = Decimal(15)
    threshold_value = Decimal(20)
    created_at = factory.LazyFunction(timezone.now)

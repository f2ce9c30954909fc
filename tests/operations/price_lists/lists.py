"""What the tests of price lists share: catalogue terms, files, and looks at a feed."""

import os
from decimal import Decimal
from time import time

from inventory.models import ProductSupplier
from operations.price_lists.feeds import run_feed
from tests.factories.inventory import VariationFactory

LIST = "supplier_product_code,sku,cost_per_unit,lead_time_days\n"


def source(supplier, code="", cost="10", sku=None, **terms):
    variation = VariationFactory(**({"sku_code": sku} if sku else {}))
    return ProductSupplier.objects.create(
        product=variation.product,
        supplier=supplier,
        supplier_product_code=code,
        cost_per_unit=cost and Decimal(cost),
        **terms,
    )


def terms():
    return list(
        ProductSupplier.objects.order_by("pk").values_list(
            "cost_per_unit", "lead_time_days", "min_order_quantity", "pack_size"
        )
    )


def put(folder, name, content, age=3600):
    path = folder / name
    path.write_text(content)
    os.utime(path, (time() - age, time() - age))
    return path


def look(feed, **wanted):
    return [(run.file_name, run.state) for run in run_feed(feed=feed, acting_user=None, **wanted)]

"""What receipts brought before there were charges cost what their lines said."""

from django.db import migrations

AMOUNTS = """
    UPDATE purchasing_goodsreceiptline l
    SET goods_amount = round(l.quantity_accepted * i.unit_cost, 2)
    FROM purchasing_purchaseorderitem i
    WHERE i.id = l.item_id"""
# Of orders of which something came in, no share of the shipping cost did; what is still to come
# does not carry the whole of it.
SHIPPING = """
    UPDATE purchasing_purchaseorder o
    SET shipping_carried = shipping_cost
    WHERE EXISTS (SELECT FROM purchasing_purchaseorderitem i
                  WHERE i.order_id = o.id AND i.quantity_received > 0)"""


class Migration(migrations.Migration):
    dependencies = [("purchasing", "0007_landed_costs_and_packs")]

    operations = [
        migrations.RunSQL([AMOUNTS, SHIPPING], migrations.RunSQL.noop),
    ]

"""Tell of orders that were cancelled how much of their lines that concerned."""

from django.db import migrations

CANCELLED = """
UPDATE sales_salesorderitem i
SET quantity_cancelled = i.quantity - i.quantity_fulfilled
FROM sales_salesorder o
WHERE o.id = i.order_id AND o.status = 'cancelled';

UPDATE sales_salesorder o
SET total_amount = i.total,
    status = CASE WHEN i.fulfilled > 0 THEN 'fulfilled' ELSE 'cancelled' END
FROM (
    SELECT order_id, sum(line_total) AS total, sum(quantity_fulfilled) AS fulfilled
    FROM sales_salesorderitem GROUP BY order_id
) i
WHERE i.order_id = o.id AND o.status = 'cancelled';
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0004_order_life")]

    operations = [migrations.RunSQL(CANCELLED, migrations.RunSQL.noop)]

"""Say of each delivered line from which warehouse it left: so far the order's own."""

import django.db.models.deletion
from django.db import migrations, models

FROM_THE_OWN = """
UPDATE sales_fulfilmentitem i
SET warehouse_id = o.warehouse_id
FROM sales_fulfilment f
JOIN sales_salesorder o ON o.id = f.order_id
WHERE f.id = i.fulfilment_id
"""


def to_warehouse(**options):
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name='+',
        to='warehouses.warehouse',
        **options,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('sales', '0005_cancelled_quantities'),
        ('warehouses', '0003_how_people_come_and_go'),
    ]

    operations = [
        migrations.AddField('fulfilmentitem', 'warehouse', to_warehouse(null=True)),
        migrations.RunSQL(FROM_THE_OWN, migrations.RunSQL.noop),
        migrations.AlterField('fulfilmentitem', 'warehouse', to_warehouse()),
        migrations.AddIndex(
            model_name='fulfilmentitem',
            index=models.Index(fields=['warehouse', 'fulfilment'], name='fulfilment_item_place'),
        ),
    ]

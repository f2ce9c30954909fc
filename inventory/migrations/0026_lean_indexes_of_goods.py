"""Goods without indexes that nothing asks: each cost an import as much as a column.

Beside every unique text Django makes an index for LIKE. Where texts are ordered by their bytes, as
in our server, the unique one serves LIKE too; elsewhere only making a SKU asks so. Who made or
changed a product is shown and never looked for.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

LIKE = {
    "inventory_product_code_556c722d_like": "inventory_product (code varchar_pattern_ops)",
    "inventory_productvariation_sku_code_094d8d95_like": "inventory_productvariation (sku_code varchar_pattern_ops)",
    "inventory_productvariation_barcode_9fa9ff8d_like": "inventory_productvariation (barcode varchar_pattern_ops)",
}
DROP = "".join(f"DROP INDEX IF EXISTS {name};" for name in LIKE)
MAKE = "".join(f"CREATE INDEX IF NOT EXISTS {name} ON {columns};" for name, columns in LIKE.items())


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0025_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="product",
            name=name,
            field=models.ForeignKey(
                blank=True, null=True, db_index=False,
                on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL,
            ),
        )
        for name in ("created_by", "last_modified_by")
    ] + [migrations.RunSQL(DROP, MAKE)]  # fmt: skip

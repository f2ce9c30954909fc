"""What was approved before charges counted in the limit holds with the charges that it has."""

from django.db import migrations, models

WITH_CHARGES = """
    UPDATE purchasing_purchaseorder
    SET approved_total = approved_total + charges_amount
    WHERE approved_total IS NOT NULL AND charges_amount > 0"""


class Migration(migrations.Migration):
    dependencies = [("purchasing", "0009_supplier_returns")]

    operations = [
        migrations.AlterField(
            model_name="purchaseorder",
            name="approved_total",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                help_text="Up to which total with charges it may go on.",
                max_digits=24,
                null=True,
            ),
        ),
        migrations.RunSQL(WITH_CHARGES, migrations.RunSQL.noop),
    ]

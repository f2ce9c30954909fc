"""The reorder point that a new balance begins with."""

from django.db import migrations

# A threshold that another transaction changes is none of the rows that making a balance locks. VOLATILE
# reads it anew, with a snapshot taken after the wait for the variation, which that transaction locks.
REORDER_POINT = """
CREATE FUNCTION inventory_reorder_point(variation bigint, warehouse bigint)
RETURNS numeric LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN (
        SELECT COALESCE(t.threshold, v.reorder_level)
        FROM inventory_productvariation v
        LEFT JOIN inventory_lowstockthreshold t
          ON t.variation_id = v.id AND t.warehouse_id = warehouse
        WHERE v.id = variation
    );
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_lots_of_present_stock")]

    operations = [
        migrations.RunSQL(REORDER_POINT, "DROP FUNCTION inventory_reorder_point(bigint, bigint)"),
    ]

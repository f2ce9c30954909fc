from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("warehouses", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE warehouses_warehouse_code_seq",
            "DROP SEQUENCE warehouses_warehouse_code_seq",
        )
    ]

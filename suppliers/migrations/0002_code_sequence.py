from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("suppliers", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE suppliers_supplier_code_seq",
            "DROP SEQUENCE suppliers_supplier_code_seq",
        )
    ]

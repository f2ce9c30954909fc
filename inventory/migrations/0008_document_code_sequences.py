"""Numbers of the documents of the warehouse floor."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_transfers")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE inventory_transferrequest_code_seq",
            "DROP SEQUENCE inventory_transferrequest_code_seq",
        )
    ]

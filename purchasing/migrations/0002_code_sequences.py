from django.db import migrations

TABLES = ("purchasing_purchaseorder", "purchasing_goodsreceipt")


class Migration(migrations.Migration):
    dependencies = [("purchasing", "0001_initial")]

    operations = [
        migrations.RunSQL(f"CREATE SEQUENCE {table}_code_seq", f"DROP SEQUENCE {table}_code_seq")
        for table in TABLES
    ]

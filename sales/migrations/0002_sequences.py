"""Where order and return numbers come from."""

from django.db import migrations

SEQUENCES = """
CREATE SEQUENCE sales_salesorder_code_seq;
CREATE SEQUENCE sales_salesreturn_code_seq;
"""
DROP_SEQUENCES = """
DROP SEQUENCE sales_salesorder_code_seq;
DROP SEQUENCE sales_salesreturn_code_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]

    operations = [migrations.RunSQL(SEQUENCES, DROP_SEQUENCES)]

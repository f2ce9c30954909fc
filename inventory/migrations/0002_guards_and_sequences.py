"""What the models cannot say: code sequences, room for HOT updates, a ledger that only grows."""

from django.db import migrations

SEQUENCES = """
CREATE SEQUENCE inventory_product_code_seq;
CREATE SEQUENCE inventory_category_code_seq;
"""
DROP_SEQUENCES = """
DROP SEQUENCE inventory_product_code_seq;
DROP SEQUENCE inventory_category_code_seq;
"""

# TRUNCATE alone may be let through, by a role that owns the table and says so: the flush
# between tests. Nothing lets an UPDATE or a DELETE through.
GUARD = """
CREATE FUNCTION inventory_refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('inventorypulse.maintenance', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'Stock movements are never changed or deleted: post a correcting movement.'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER stockmovement_append_only BEFORE UPDATE OR DELETE ON inventory_stockmovement
    FOR EACH ROW EXECUTE FUNCTION inventory_refuse_ledger_change();
CREATE TRIGGER stockmovement_no_truncate BEFORE TRUNCATE ON inventory_stockmovement
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_refuse_ledger_change();
"""
DROP_GUARD = """
DROP TRIGGER stockmovement_no_truncate ON inventory_stockmovement;
DROP TRIGGER stockmovement_append_only ON inventory_stockmovement;
DROP FUNCTION inventory_refuse_ledger_change();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        migrations.RunSQL(SEQUENCES, DROP_SEQUENCES),
        migrations.RunSQL(
            "ALTER TABLE inventory_stock SET (fillfactor = 70)",
            "ALTER TABLE inventory_stock RESET (fillfactor)",
        ),
        migrations.RunSQL(GUARD, DROP_GUARD),
    ]

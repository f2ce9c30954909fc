"""Prices of purchase orders that are sent become part of the history of prices."""

from django.db import migrations

# What an order costs more or less than was known is news; what it costs alike is not. The order is
# not named: its number is of its warehouse alone.
TRIGGER = """
CREATE FUNCTION purchasing_note_prices() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    context jsonb := nullif(current_setting('inventorypulse.audit', true), '')::jsonb;
BEGIN
    INSERT INTO inventory_supplierprice (product_id, supplier_id, variation_id, cost_per_unit,
        previous_cost, currency, valid_from, source, reference, changed_by_id)
    SELECT o.product_id, NEW.supplier_id, o.variation_id, o.unit_cost, last.cost_per_unit,
        NEW.currency, NEW.order_date, 'order', '', (context ->> 'user')::bigint
    FROM (
        SELECT DISTINCT ON (i.variation_id) v.product_id, i.variation_id, i.unit_cost
        FROM purchasing_purchaseorderitem i
        JOIN inventory_productvariation v ON v.id = i.variation_id
        WHERE i.order_id = NEW.id AND i.unit_cost > 0
        ORDER BY i.variation_id, i.position DESC) AS o
    LEFT JOIN LATERAL (
        SELECT p.cost_per_unit FROM inventory_supplierprice p
        WHERE p.product_id = o.product_id AND p.supplier_id = NEW.supplier_id
            AND (p.variation_id IS NULL OR p.variation_id = o.variation_id)
            AND p.currency = NEW.currency AND p.cost_per_unit IS NOT NULL
        ORDER BY p.id DESC LIMIT 1) AS last ON true
    WHERE o.unit_cost IS DISTINCT FROM last.cost_per_unit
    ORDER BY o.variation_id;
    RETURN NULL;
END $$;

CREATE TRIGGER purchaseorder_prices AFTER UPDATE OF status ON purchasing_purchaseorder
    FOR EACH ROW WHEN (NEW.status = 'sent' AND OLD.status IS DISTINCT FROM 'sent')
    EXECUTE FUNCTION purchasing_note_prices();
"""
DROP_TRIGGER = """
DROP TRIGGER purchaseorder_prices ON purchasing_purchaseorder;
DROP FUNCTION purchasing_note_prices();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("purchasing", "0005_approve_what_went"),
        ("inventory", "0016_supplier_prices"),
    ]

    operations = [migrations.RunSQL(TRIGGER, DROP_TRIGGER)]

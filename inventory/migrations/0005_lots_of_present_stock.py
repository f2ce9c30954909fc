"""Goods that are in stock already and whose product tracks lots or expiry get one lot each.

The ledger says so by two movements: out without a lot, in again with it.
"""

from django.db import migrations

BEGIN_LOTS = """
UPDATE inventory_stock s
SET tracks_lots = p.lot_tracking, tracks_expiry = p.expiration_tracking
FROM inventory_productvariation v JOIN inventory_product p ON p.id = v.product_id
WHERE v.id = s.variation_id AND (p.lot_tracking OR p.expiration_tracking);

INSERT INTO inventory_lot (variation_id, lot_number, created_at)
SELECT DISTINCT variation_id, 'BEFORE-LOTS', now() FROM inventory_stock
WHERE (tracks_lots OR tracks_expiry) AND on_hand > 0;

INSERT INTO inventory_lotbalance (lot_id, stock_id, on_hand, quarantined, expired)
SELECT l.id, s.id, s.on_hand, false, false
FROM inventory_stock s JOIN inventory_lot l ON l.variation_id = s.variation_id
WHERE (s.tracks_lots OR s.tracks_expiry) AND s.on_hand > 0;

INSERT INTO inventory_stockmovement
    (stock_id, variation_id, warehouse_id, movement_type, quantity, stock_before, stock_after,
     unit_cost, total_value, reason_code, reason_description, reference_type, reference_code,
     bin_location, lot_id, lot_number, occurred_at, recorded_at, notes)
SELECT s.id, s.variation_id, s.warehouse_id, 'adjustment', step.sign * s.on_hand,
       CASE step.sign WHEN -1 THEN s.on_hand ELSE 0 END,
       CASE step.sign WHEN -1 THEN 0 ELSE s.on_hand END,
       s.average_cost, round(step.sign * s.on_hand * s.average_cost, 4), 'lot_tracking_started',
       '', '', '', '', CASE step.sign WHEN 1 THEN l.id END,
       CASE step.sign WHEN 1 THEN l.lot_number ELSE '' END, now(), clock_timestamp(), ''
FROM inventory_stock s
JOIN inventory_lot l ON l.variation_id = s.variation_id
CROSS JOIN (VALUES (-1), (1)) AS step(sign)
WHERE (s.tracks_lots OR s.tracks_expiry) AND s.on_hand > 0
ORDER BY s.id, step.sign;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_lots")]

    operations = [migrations.RunSQL(BEGIN_LOTS, migrations.RunSQL.noop)]

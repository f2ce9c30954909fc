"""What suppliers asked for goods over time, noted wherever their terms change."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# Statement by statement, so that a bulk load writes its history in one. An insert is compared with
# the last terms of the catalogue: whoever takes a supplier away and puts it back changes nothing.
TRIGGERS = """
CREATE FUNCTION inventory_note_new_terms() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    context jsonb := nullif(current_setting('inventorypulse.audit', true), '')::jsonb;
BEGIN
    INSERT INTO inventory_supplierprice (product_id, supplier_id, cost_per_unit, previous_cost,
        currency, lead_time_days, valid_from, source, reference, changed_by_id)
    SELECT n.product_id, n.supplier_id, n.cost_per_unit, priced.cost_per_unit, s.currency,
        n.lead_time_days, clock_timestamp(),
        coalesce(nullif(current_setting('inventorypulse.terms_source', true), ''), 'hand'),
        coalesce(current_setting('inventorypulse.terms_reference', true), ''),
        (context ->> 'user')::bigint
    FROM new_rows n
    JOIN suppliers_supplier s ON s.id = n.supplier_id
    LEFT JOIN LATERAL (
        SELECT p.id, p.cost_per_unit, p.currency, p.lead_time_days FROM inventory_supplierprice p
        WHERE p.product_id = n.product_id AND p.supplier_id = n.supplier_id AND p.source <> 'order'
        ORDER BY p.id DESC LIMIT 1) AS last ON true
    LEFT JOIN LATERAL (
        SELECT p.cost_per_unit FROM inventory_supplierprice p
        WHERE p.product_id = n.product_id AND p.supplier_id = n.supplier_id
            AND p.source <> 'order' AND p.currency = s.currency AND p.cost_per_unit IS NOT NULL
        ORDER BY p.id DESC LIMIT 1) AS priced ON true
    WHERE CASE WHEN last.id IS NULL
        THEN n.cost_per_unit IS NOT NULL OR n.lead_time_days IS NOT NULL
        ELSE (n.cost_per_unit, s.currency, n.lead_time_days)
            IS DISTINCT FROM (last.cost_per_unit, last.currency, last.lead_time_days) END
    ORDER BY n.id;
    RETURN NULL;
END $$;

CREATE TRIGGER productsupplier_terms_inserted AFTER INSERT ON inventory_productsupplier
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_note_new_terms();
CREATE TRIGGER productsupplier_terms_updated AFTER UPDATE ON inventory_productsupplier
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_note_new_terms();

CREATE FUNCTION inventory_refuse_price_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The history of prices is never changed: change the terms of the supplier.'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER supplierprice_never_changed BEFORE UPDATE ON inventory_supplierprice
    FOR EACH ROW EXECUTE FUNCTION inventory_refuse_price_change();
"""
DROP_TRIGGERS = """
DROP TRIGGER supplierprice_never_changed ON inventory_supplierprice;
DROP FUNCTION inventory_refuse_price_change();
DROP TRIGGER productsupplier_terms_updated ON inventory_productsupplier;
DROP TRIGGER productsupplier_terms_inserted ON inventory_productsupplier;
DROP FUNCTION inventory_note_new_terms();
"""
PRESENT_TERMS = """
INSERT INTO inventory_supplierprice (product_id, supplier_id, cost_per_unit, currency,
    lead_time_days, valid_from, source, reference)
SELECT o.product_id, o.supplier_id, o.cost_per_unit, s.currency, o.lead_time_days,
    clock_timestamp(), 'hand', ''
FROM inventory_productsupplier o JOIN suppliers_supplier s ON s.id = o.supplier_id
WHERE o.cost_per_unit IS NOT NULL OR o.lead_time_days IS NOT NULL
ORDER BY o.id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0015_search_texts_in_bulk'),
        ('suppliers', '0003_supplier_performance'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SupplierPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cost_per_unit', models.DecimalField(decimal_places=4, max_digits=15, null=True)),
                ('previous_cost', models.DecimalField(decimal_places=4, max_digits=15, null=True)),
                ('currency', models.CharField(max_length=3)),
                ('lead_time_days', models.PositiveIntegerField(null=True)),
                ('valid_from', models.DateTimeField()),
                ('source', models.CharField(choices=[('hand', 'By hand'), ('import', 'Import'), ('price_list', 'Price list'), ('order', 'Purchase order')], max_length=10)),
                ('reference', models.CharField(blank=True, max_length=255)),
                ('changed_by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='supplier_prices', to='inventory.product')),
                ('supplier', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='suppliers.supplier')),
                ('variation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='supplier_prices', to='inventory.productvariation')),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(models.F('product'), models.F('supplier'), models.OrderBy(models.F('id'), descending=True), name='supplier_price_last'), models.Index(models.F('supplier'), models.OrderBy(models.F('id'), descending=True), name='supplier_price_of_supplier')],
            },
        ),
        migrations.RunSQL(TRIGGERS, DROP_TRIGGERS),
        migrations.RunSQL(PRESENT_TERMS, migrations.RunSQL.noop),
    ]

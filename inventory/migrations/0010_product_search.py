"""The search text of products, kept by triggers that see every row of a statement at once."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations, models

FUNCTIONS = r"""
CREATE FUNCTION inventory_folded(original text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN lower(public.unaccent('public.unaccent'::regdictionary, original));

CREATE FUNCTION inventory_write_search_texts(wanted bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- In the order and with the lock of the catalogue's services: the last writer sees the others.
    PERFORM FROM inventory_product WHERE id = ANY(wanted) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO inventory_productsearchtext AS kept
        (product_id, codes, name, document, own_length, words)
    SELECT p.id, c.codes, t.name, concat_ws(' ', t.own, t.stocked), length(t.own),
        array_to_tsvector(ARRAY(
            SELECT left(word, 100)
            FROM regexp_split_to_table(concat_ws(' ', t.name, t.tags, t.codes), '[^[:alnum:]]+')
                AS word
            WHERE word <> ''
            UNION ALL
            -- Trigrams know no letters beyond ASCII in every locale: every end of such a word
            -- instead, so that any part of the word is the beginning of a lexeme.
            SELECT substr(word, start, 40)
            FROM regexp_split_to_table(t.own || ' ' || coalesce(t.stocked, ''), '[^[:alnum:]]+')
                AS word
            CROSS JOIN LATERAL generate_series(1, least(length(word), 60)) AS start
            WHERE octet_length(t.own || coalesce(t.stocked, '')) > length(t.own || coalesce(t.stocked, ''))
                AND octet_length(word) > length(word)))
    FROM inventory_product p
    CROSS JOIN LATERAL (
        SELECT array_agg(folded ORDER BY is_own DESC, folded) AS codes,
               string_agg(folded, ' ' ORDER BY folded) FILTER (WHERE is_own) AS own,
               string_agg(folded, ' ' ORDER BY folded) FILTER (WHERE NOT is_own) AS stocked
        FROM (
            SELECT inventory_folded(p.code), true
            UNION ALL SELECT inventory_folded(supplier_product_code), true
                FROM inventory_productsupplier
                WHERE product_id = p.id AND supplier_product_code <> ''
            UNION ALL SELECT inventory_folded(sku_code), false
                FROM inventory_productvariation WHERE product_id = p.id
            UNION ALL SELECT inventory_folded(barcode), false
                FROM inventory_productvariation WHERE product_id = p.id AND barcode <> ''
        ) AS found(folded, is_own)
    ) AS c
    CROSS JOIN LATERAL (
        SELECT inventory_folded(p.name) AS name,
               inventory_folded(array_to_string(p.tags, ' ')) AS tags,
               array_to_string(c.codes, ' ') AS codes, c.stocked,
               concat_ws(' ', inventory_folded(p.name), nullif(inventory_folded(p.description), ''),
                         nullif(inventory_folded(array_to_string(p.tags, ' ')), ''), c.own) AS own
    ) AS t
    WHERE p.id = ANY(wanted)
    ORDER BY p.id
    ON CONFLICT (product_id) DO UPDATE SET codes = excluded.codes, name = excluded.name,
        document = excluded.document, own_length = excluded.own_length,
        words = excluded.words
    WHERE (kept.codes, kept.name, kept.document, kept.own_length)
        IS DISTINCT FROM (excluded.codes, excluded.name, excluded.document, excluded.own_length);
END $$;

CREATE FUNCTION inventory_search_after_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_write_search_texts(ARRAY(
        SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
        WHERE (n.code, n.name, n.description, n.tags)
            IS DISTINCT FROM (o.code, o.name, o.description, o.tags)));
    RETURN NULL;
END $$;

CREATE FUNCTION inventory_search_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_write_search_texts(ARRAY(SELECT DISTINCT product_id FROM new_rows));
    RETURN NULL;
END $$;

CREATE FUNCTION inventory_search_after_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_write_search_texts(ARRAY(SELECT DISTINCT product_id FROM old_rows));
    RETURN NULL;
END $$;

CREATE FUNCTION inventory_search_after_variation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_write_search_texts(ARRAY(
        SELECT unnest(ARRAY[n.product_id, o.product_id])
        FROM new_rows n JOIN old_rows o USING (id)
        WHERE (n.sku_code, n.barcode, n.product_id)
            IS DISTINCT FROM (o.sku_code, o.barcode, o.product_id)));
    RETURN NULL;
END $$;

CREATE FUNCTION inventory_search_after_sourcing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_write_search_texts(ARRAY(
        SELECT unnest(ARRAY[n.product_id, o.product_id])
        FROM new_rows n JOIN old_rows o USING (id)
        WHERE (n.supplier_product_code, n.product_id)
            IS DISTINCT FROM (o.supplier_product_code, o.product_id)));
    RETURN NULL;
END $$;

ALTER TABLE inventory_productsearchtext ADD CONSTRAINT product_search_of_product
    FOREIGN KEY (product_id) REFERENCES inventory_product ON DELETE CASCADE;
"""
# A product without variations does not exist: what it is found by is written with its first one.
TRIGGERS = """
CREATE TRIGGER product_search_updated AFTER UPDATE ON inventory_product
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_search_after_product();
CREATE TRIGGER variation_search_inserted AFTER INSERT ON inventory_productvariation
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_search_after_insert();
CREATE TRIGGER variation_search_updated AFTER UPDATE ON inventory_productvariation
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_search_after_variation();
CREATE TRIGGER variation_search_deleted AFTER DELETE ON inventory_productvariation
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_search_after_delete();
CREATE TRIGGER sourcing_search_inserted AFTER INSERT ON inventory_productsupplier
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_search_after_insert();
CREATE TRIGGER sourcing_search_updated AFTER UPDATE ON inventory_productsupplier
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_search_after_sourcing();
CREATE TRIGGER sourcing_search_deleted AFTER DELETE ON inventory_productsupplier
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_search_after_delete();
SET LOCAL statement_timeout = 0;
SELECT inventory_write_search_texts(ARRAY(SELECT id FROM inventory_product));
"""
DROP = """
DROP TRIGGER product_search_updated ON inventory_product;
DROP TRIGGER variation_search_inserted ON inventory_productvariation;
DROP TRIGGER variation_search_updated ON inventory_productvariation;
DROP TRIGGER variation_search_deleted ON inventory_productvariation;
DROP TRIGGER sourcing_search_inserted ON inventory_productsupplier;
DROP TRIGGER sourcing_search_updated ON inventory_productsupplier;
DROP TRIGGER sourcing_search_deleted ON inventory_productsupplier;
DROP FUNCTION inventory_search_after_sourcing();
DROP FUNCTION inventory_search_after_variation();
DROP FUNCTION inventory_search_after_delete();
DROP FUNCTION inventory_search_after_insert();
DROP FUNCTION inventory_search_after_product();
DROP FUNCTION inventory_write_search_texts(bigint[]);
DROP FUNCTION inventory_folded(text);
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0009_transfer_lots")]

    operations = [
        UnaccentExtension(),
        migrations.CreateModel(
            name="ProductSearchText",
            fields=[
                ("product", models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name="search_text", serialize=False, to="inventory.product")),
                ("codes", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), help_text="Product id, suppliers' codes, SKUs, barcodes.", size=None)),
                ("name", models.TextField()),
                ("document", models.TextField(help_text="Name, description, tags, codes; SKUs last.")),
                ("own_length", models.PositiveIntegerField(help_text="How much of the document is the product's own.")),
                ("words", django.contrib.postgres.search.SearchVectorField(help_text="Words of name, tags and codes; each part of a word beyond ASCII.")),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(models.F("document"), "gin_trgm_ops"), name="product_search_parts"),
                    django.contrib.postgres.indexes.GinIndex(fields=["words"], name="product_search_words"),
                ],
            },
        ),
        migrations.RunSQL(FUNCTIONS + TRIGGERS, DROP),
        migrations.RemoveIndex("product", "product_name_search"),
        migrations.RemoveIndex("product", "product_text_search"),
        migrations.RemoveIndex("productvariation", "variation_sku_search"),
        migrations.RemoveIndex("productvariation", "variation_barcode_search"),
    ]

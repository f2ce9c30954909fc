"""The search texts of many products at once: cheaper, and once where a transaction says so."""

from django.db import migrations

# Of words in ASCII the first two letters: longer ones are looked for in the document.
FUNCTIONS = r"""
CREATE OR REPLACE FUNCTION inventory_words(folded text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN string_to_array(regexp_replace(folded, '[^[:alnum:]]+', ' ', 'g'), ' ');

CREATE OR REPLACE FUNCTION inventory_write_search_texts(wanted bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('inventory.search_texts', true) = 'later' THEN
        INSERT INTO pg_temp.search_texts_due SELECT unnest(wanted);
        RETURN;
    END IF;
    -- In the order and with the lock of the catalogue's services: the last writer sees the others.
    PERFORM FROM inventory_product WHERE id = ANY(wanted) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO inventory_productsearchtext AS kept
        (product_id, codes, name, document, own_length, words)
    WITH sourced AS (
        SELECT product_id, array_agg(folded ORDER BY folded) AS codes
        FROM (
            SELECT product_id, inventory_folded(supplier_product_code) AS folded
            FROM inventory_productsupplier
            WHERE product_id = ANY(wanted) AND supplier_product_code <> ''
        ) AS each_code
        GROUP BY product_id
    ), stocked AS (
        SELECT product_id, array_agg(folded ORDER BY folded) AS codes
        FROM (
            SELECT product_id, inventory_folded(code) AS folded
            FROM inventory_productvariation
            CROSS JOIN LATERAL (VALUES (sku_code), (barcode)) AS each_code (code)
            WHERE product_id = ANY(wanted) AND code <> ''
        ) AS each_code
        GROUP BY product_id
    ), texts AS MATERIALIZED (
        SELECT p.id, inventory_folded(p.name) AS name,
            inventory_folded(p.description) AS description,
            inventory_folded(array_to_string(p.tags, ' ')) AS tags,
            array(SELECT unnest(array_prepend(inventory_folded(p.code), sourced.codes)) ORDER BY 1)
                AS own_codes,
            coalesce(stocked.codes, '{}') AS codes
        FROM inventory_product p
        LEFT JOIN sourced ON sourced.product_id = p.id
        LEFT JOIN stocked ON stocked.product_id = p.id
        WHERE p.id = ANY(wanted)
    ), owned AS MATERIALIZED (
        SELECT *, concat_ws(' ', name, nullif(description, ''), nullif(tags, ''),
            array_to_string(own_codes, ' ')) AS own
        FROM texts
    ), documents AS MATERIALIZED (
        SELECT *, concat_ws(' ', own, nullif(array_to_string(codes, ' '), '')) AS document
        FROM owned
    )
    SELECT id, own_codes || codes, name, document, length(own),
        array_to_tsvector(ARRAY(
            SELECT left(word, 2)
            FROM unnest(inventory_words(
                concat_ws(' ', name, tags, array_to_string(own_codes || codes, ' ')))) AS word
            WHERE word <> '' AND octet_length(word) = length(word)
            UNION ALL
            -- Trigrams know no letters beyond ASCII in every locale: every end of such a word
            -- instead, so that any part of the word is the beginning of a lexeme.
            SELECT substr(word, start, 40)
            FROM unnest(inventory_words(document)) AS word
            CROSS JOIN LATERAL generate_series(1, least(length(word), 60)) AS start
            WHERE octet_length(document) > length(document)
                AND octet_length(word) > length(word)))
    FROM documents
    ORDER BY id
    ON CONFLICT (product_id) DO UPDATE SET codes = excluded.codes, name = excluded.name,
        document = excluded.document, own_length = excluded.own_length,
        words = excluded.words
    WHERE (kept.codes, kept.name, kept.document, kept.own_length)
        IS DISTINCT FROM (excluded.codes, excluded.name, excluded.document, excluded.own_length);
END $$;

-- Only an index's owner may do this; without it the next search or insert of anybody would.
CREATE FUNCTION inventory_settle_search_texts() RETURNS void LANGUAGE sql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT gin_clean_pending_list('public.product_search_parts'::regclass);
    SELECT gin_clean_pending_list('public.product_search_words'::regclass);
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0014_units")]

    operations = [migrations.RunSQL(FUNCTIONS, "DROP FUNCTION inventory_settle_search_texts()")]

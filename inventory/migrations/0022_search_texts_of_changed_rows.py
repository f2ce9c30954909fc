"""Which rows a statement changed is told by the difference of their sets, not by a join.

A trigger function keeps the plan of its first call, often one of few rows: the nested loop that was
right then compared ten thousand rows of an import with ten thousand.
"""

from importlib import import_module

from django.db import migrations

FUNCTIONS = """
CREATE OR REPLACE FUNCTION inventory_search_after_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_write_search_texts(ARRAY(
        SELECT id FROM (
            SELECT id, code, name, description, tags FROM new_rows
            EXCEPT SELECT id, code, name, description, tags FROM old_rows) AS changed));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION inventory_search_after_variation() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_write_search_texts(ARRAY(
        SELECT product_id FROM (
            SELECT id, sku_code, barcode, product_id FROM new_rows
            EXCEPT SELECT id, sku_code, barcode, product_id FROM old_rows) AS became
        UNION SELECT product_id FROM (
            SELECT id, sku_code, barcode, product_id FROM old_rows
            EXCEPT SELECT id, sku_code, barcode, product_id FROM new_rows) AS was));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION inventory_search_after_sourcing() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM inventory_write_search_texts(ARRAY(
        SELECT product_id FROM (
            SELECT id, supplier_product_code, product_id FROM new_rows
            EXCEPT SELECT id, supplier_product_code, product_id FROM old_rows) AS became
        UNION SELECT product_id FROM (
            SELECT id, supplier_product_code, product_id FROM old_rows
            EXCEPT SELECT id, supplier_product_code, product_id FROM new_rows) AS was));
    RETURN NULL;
END $$;
"""
NAMES = ("product()", "variation()", "sourcing()")
EARLIER = "".join(
    f"CREATE OR REPLACE FUNCTION {text}"
    for text in import_module("inventory.migrations.0010_product_search").FUNCTIONS.split(
        "CREATE FUNCTION "
    )
    if text.startswith(tuple(f"inventory_search_after_{name}" for name in NAMES))
).partition("ALTER TABLE")[0]


class Migration(migrations.Migration):
    dependencies = [("inventory", "0021_search_text_statistics")]

    operations = [migrations.RunSQL(FUNCTIONS, EARLIER)]

"""Search texts of many products for less: plain words are split without a pattern.

Texts of ASCII letters, digits, spaces and the marks of codes are most; a product without codes of
suppliers, as nearly all new ones, has nothing to put in order. What is written is the same.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("inventory.migrations.0015_search_texts_in_bulk").FUNCTIONS.partition(
    "\n-- Only an index's owner"
)[0]
SPLIT = "string_to_array(regexp_replace(folded, '[^[:alnum:]]+', ' ', 'g'), ' ')"
PLAIN = f"""CASE WHEN folded !~ '[^a-z0-9 -]' THEN string_to_array(replace(folded, '-', ' '), ' ')
        ELSE {SPLIT} END"""
ORDERED = """array(SELECT unnest(array_prepend(inventory_folded(p.code), sourced.codes)) ORDER BY 1)
"""
ALONE = f"""CASE WHEN sourced.codes IS NULL THEN ARRAY[inventory_folded(p.code)]
                ELSE {ORDERED.rstrip()} END
"""
FUNCTIONS = BEFORE.replace(SPLIT, PLAIN, 1).replace(ORDERED, ALONE, 1)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0026_lean_indexes_of_goods")]

    operations = [migrations.RunSQL(FUNCTIONS, BEFORE)]

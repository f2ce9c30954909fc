"""The audit of a statement that writes many rows names their columns, instead of looking for them.

To take each row apart into its columns, and to put what changed together again, cost an import more
than everything else. A statement made for the table does it in a third of the time; to plan it pays
from some tens of rows on.
"""

from importlib import import_module

from django.db import migrations

COMPARISON = r"""
-- SQL that gives the changes of one row as common_record_change tells them; `o` and `n` are the row
-- before and after. The columns are those of the moment, whatever a migration has made of them.
CREATE FUNCTION common_audit_comparison(relation oid, spec jsonb, operation text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT coalesce('JSON_OBJECT(' || string_agg(
        format('%L: CASE WHEN %s THEN JSON_ARRAY(%s, %s NULL ON NULL RETURNING jsonb) END',
               name, differs,
               CASE WHEN operation = 'INSERT' THEN 'NULL'
                    WHEN is_secret THEN '''[hidden]''::text' ELSE old END,
               CASE WHEN operation = 'DELETE' THEN 'NULL'
                    WHEN is_secret THEN '''[hidden]''::text' ELSE new END),
        ', ' ORDER BY attnum) || ' ABSENT ON NULL RETURNING jsonb)', '''{}''::jsonb')
    FROM (
        SELECT name, attnum, old, new, spec -> 'secret' ? name AS is_secret,
            CASE WHEN operation = 'UPDATE' THEN
                CASE WHEN is_plain OR is_text THEN format('%s IS DISTINCT FROM %s', old, new)
                     ELSE format('coalesce(to_jsonb(%s), ''null'')'
                                 ' IS DISTINCT FROM coalesce(to_jsonb(%s), ''null'')', old, new)
                END
            WHEN is_plain THEN present || ' IS NOT NULL'
            WHEN is_text THEN present || ' <> '''''
            ELSE format('to_jsonb(%s) NOT IN (''null'', ''""'', ''{}'', ''[]'')', present)
            END AS differs
        FROM (
            SELECT a.attname::text AS name, a.attnum,
                format('o.%I', a.attname) AS old, format('n.%I', a.attname) AS new,
                format(CASE WHEN operation = 'DELETE' THEN 'o.%I' ELSE 'n.%I' END, a.attname)
                    AS present,
                t.typcategory IN ('N', 'B', 'D') AS is_plain,
                a.atttypid IN ('text'::regtype, 'varchar'::regtype) AS is_text
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
              AND a.attname <> 'id' AND NOT spec -> 'ignored' ? a.attname::text
        ) AS named
    ) AS compared
$$;

-- The statement that writes the entries of many rows. Its parameters: actor, door, origin, request
-- and address; then what the document of a line is, and the rule of the business code.
CREATE FUNCTION common_audit_statement(relation oid, spec jsonb, operation text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format(
        'INSERT INTO common_auditentry'
        ' (recorded_at, action, object_type, object_id, object_code, document_type, document_id,'
        ' changes, actor_id, door, origin, request_id, address)'
        ' SELECT clock_timestamp(), %L, %L, line.id, %s, %L, document_id, changes, $1, $2, $3, $4, $5'
        ' FROM (SELECT %s.id, %s AS code, %s AS document_id, %s AS changes FROM %s OFFSET 0)'
        ' AS line %s%s ORDER BY line.id',
        CASE operation WHEN 'INSERT' THEN 'created' WHEN 'DELETE' THEN 'deleted'
                       ELSE 'changed' END,
        spec ->> 'type',
        CASE WHEN asks_document THEN 'coalesce(document.code, line.code)' ELSE 'line.code' END,
        coalesce(spec -> 'document' ->> 'type', ''),
        present,
        CASE WHEN spec -> 'code' ? 'prefix' THEN format('common_audit_code($7, to_jsonb(%s))', present)
             WHEN spec -> 'code' ->> 'column' = '' THEN '''''::text'
             ELSE format('left(coalesce(%s.%I::text, ''''), 200)', present, spec -> 'code' ->> 'column')
        END,
        CASE WHEN spec ? 'document' THEN format('%s.%I', present, spec -> 'document' ->> 'column')
             ELSE 'NULL::bigint' END,
        common_audit_comparison(relation, spec, operation),
        CASE operation WHEN 'INSERT' THEN 'new_rows AS n' WHEN 'DELETE' THEN 'old_rows AS o'
                       ELSE 'old_rows AS o JOIN new_rows AS n ON n.id = o.id' END,
        CASE WHEN asks_document THEN format(
            'LEFT JOIN (SELECT id, common_audit_document_code($6, id) AS code'
            ' FROM (SELECT DISTINCT %I AS id FROM %I) AS each_document WHERE id IS NOT NULL)'
            ' AS document ON document.id = line.document_id ',
            spec -> 'document' ->> 'column',
            CASE operation WHEN 'DELETE' THEN 'old_rows' ELSE 'new_rows' END) ELSE '' END,
        CASE operation WHEN 'UPDATE' THEN 'WHERE changes <> ''{}''' ELSE '' END)
    FROM (SELECT CASE operation WHEN 'DELETE' THEN 'o' ELSE 'n' END AS present,
                 spec ? 'document' AND spec -> 'code' ->> 'column' = '' AS asks_document) AS told
$$;
"""
MANY = """
    IF TG_LEVEL = 'ROW' THEN
        is_many := false;
    ELSIF TG_OP = 'DELETE' THEN
        is_many := EXISTS (SELECT FROM old_rows OFFSET 49);
    ELSE
        is_many := EXISTS (SELECT FROM new_rows OFFSET 49);
    END IF;
    IF is_many THEN
        EXECUTE common_audit_statement(TG_RELID, spec, TG_OP) USING
            (context ->> 'user')::bigint, coalesce(context ->> 'door', 'database'),
            coalesce(context ->> 'name', CASE WHEN context ? 'door' THEN '' ELSE session_user END),
            coalesce(context ->> 'request_id', ''), (context ->> 'address')::inet,
            document, spec -> 'code';
        RETURN NULL;
    END IF;
"""
# What migration 0013 made, with a way of its own for many rows before the first of its branches.
BEFORE = import_module("common.migrations.0013_audit_in_one_statement").RECORD
FUNCTION, _, _ = BEFORE.partition("DROP FUNCTION")
DECLARED = "    news jsonb[];\n"
RECORD = FUNCTION.replace(DECLARED, f"{DECLARED}    is_many boolean;\n", 1).replace(
    "\nBEGIN\n", f"\nBEGIN{MANY}", 1
)
DROP = """
DROP FUNCTION common_audit_statement(oid, jsonb, text);
DROP FUNCTION common_audit_comparison(oid, jsonb, text);
"""


class Migration(migrations.Migration):
    dependencies = [("common", "0013_audit_in_one_statement")]

    operations = [migrations.RunSQL(COMPARISON + RECORD, FUNCTION + DROP)]

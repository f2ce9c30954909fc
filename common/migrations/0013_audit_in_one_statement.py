"""The audit compares the columns of all rows in the statement that writes its entries.

A function called for each row cost it more than everything else that an insert does.
"""

from importlib import import_module

from django.db import migrations

RECORD = """
CREATE OR REPLACE FUNCTION common_record_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    spec jsonb := TG_ARGV[0];
    secret jsonb := spec -> 'secret';
    ignored jsonb := (spec -> 'ignored') || '["id"]';
    document jsonb := spec -> 'document';
    context jsonb := coalesce(nullif(current_setting('inventorypulse.audit', true), ''), '{}');
    olds jsonb[];
    news jsonb[];
BEGIN
    IF TG_LEVEL = 'ROW' THEN
        olds := ARRAY[to_jsonb(OLD)];
        news := ARRAY[to_jsonb(NEW)];
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(to_jsonb(n)), array_agg(NULL::jsonb) INTO news, olds FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(to_jsonb(o)), array_agg(NULL::jsonb) INTO olds, news FROM old_rows o;
    ELSE
        SELECT array_agg(to_jsonb(o)), array_agg(to_jsonb(n)) INTO olds, news
        FROM old_rows o JOIN new_rows n USING (id);
    END IF;
    IF news IS NULL THEN
        RETURN NULL;
    END IF;
    WITH pair AS MATERIALIZED (
        SELECT coalesce(after, before) AS line, before, after
        FROM unnest(olds, news) AS p(before, after)
    ), document_code AS (
        SELECT d.id, common_audit_document_code(document, d.id) AS code
        FROM (SELECT DISTINCT (line ->> (document ->> 'column'))::bigint AS id FROM pair) d
        WHERE d.id IS NOT NULL AND spec -> 'code' ->> 'column' = ''
    )
    INSERT INTO common_auditentry
        (recorded_at, action, object_type, object_id, object_code, document_type, document_id,
         changes, actor_id, door, origin, request_id, address)
    SELECT clock_timestamp(),
           CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'DELETE' THEN 'deleted'
                      ELSE 'changed' END,
           spec ->> 'type', (line ->> 'id')::bigint,
           coalesce(c.code, common_audit_code(spec -> 'code', line)),
           coalesce(document ->> 'type', ''), (line ->> (document ->> 'column'))::bigint,
           coalesce(changes, '{}'), (context ->> 'user')::bigint,
           coalesce(context ->> 'door', 'database'),
           coalesce(context ->> 'name', CASE WHEN context ? 'door' THEN '' ELSE session_user END),
           coalesce(context ->> 'request_id', ''), (context ->> 'address')::inet
    FROM pair
    CROSS JOIN LATERAL (
        -- Both of a pair are rows of one table, so that either has all columns.
        SELECT jsonb_object_agg(key, CASE
            WHEN NOT secret ? key THEN jsonb_build_array(before -> key, after -> key)
            ELSE jsonb_build_array(
                CASE WHEN before -> key IS NOT NULL THEN '[hidden]' END,
                CASE WHEN after -> key IS NOT NULL THEN '[hidden]' END)
        END) AS changes
        FROM jsonb_each(line) AS column_of(key, value)
        WHERE NOT ignored ? key
          AND CASE WHEN before IS NULL OR after IS NULL
                   THEN value NOT IN ('null', '""', '{}', '[]')
                   ELSE before -> key IS DISTINCT FROM after -> key END
    ) AS compared
    LEFT JOIN document_code c ON c.id = (line ->> (document ->> 'column'))::bigint
    WHERE changes IS NOT NULL OR TG_OP <> 'UPDATE'
    ORDER BY (line ->> 'id')::bigint;
    RETURN NULL;
END $$;

DROP FUNCTION common_audit_changes(jsonb, jsonb, jsonb);
"""
# What migration 0004 made of them.
FUNCTIONS = import_module("common.migrations.0004_audit").RECORD.split("CREATE FUNCTION ")
EARLIER = "".join(
    f"CREATE OR REPLACE FUNCTION {text}"
    for text in FUNCTIONS
    if text.startswith(("common_audit_changes", "common_record_change"))
)


class Migration(migrations.Migration):
    dependencies = [("common", "0012_preferred_supplier_rule")]

    operations = [migrations.RunSQL(RECORD, EARLIER)]

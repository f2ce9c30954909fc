"""One table for every change of every other, and the function that its triggers call."""

import common.models
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# Every audit trigger calls it, with what common.audit says of the table as its argument. The
# context is what common.audit_context told; without one, somebody came past the product.
RECORD = """
CREATE FUNCTION common_audit_code(rule jsonb, line jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(CASE
        WHEN rule ? 'prefix' THEN
            (rule ->> 'prefix')
            || coalesce(extract(year FROM (line ->> (rule ->> 'year_of'))::timestamptz
                                AT TIME ZONE 'UTC')::text || '-', '')
            || lpad(line ->> 'id', greatest((rule ->> 'digits')::int, length(line ->> 'id')), '0')
        ELSE coalesce(line ->> (rule ->> 'column'), '')
    END, 200)
$$;

CREATE FUNCTION common_audit_changes(spec jsonb, old jsonb, new jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_object_agg(key, CASE
        WHEN NOT spec -> 'secret' ? key THEN jsonb_build_array(o.value, n.value)
        ELSE jsonb_build_array(CASE WHEN o.value IS NOT NULL THEN '[hidden]' END,
                               CASE WHEN n.value IS NOT NULL THEN '[hidden]' END)
    END)
    FROM jsonb_each(old) o FULL JOIN jsonb_each(new) n USING (key)
    WHERE o.value IS DISTINCT FROM n.value AND key <> 'id' AND NOT spec -> 'ignored' ? key
      AND (old IS NOT NULL AND new IS NOT NULL
           OR coalesce(n.value, o.value) NOT IN ('null', '""', '{}', '[]'))
$$;

CREATE FUNCTION common_audit_document_code(document jsonb, key bigint) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    line jsonb;
BEGIN
    EXECUTE format('SELECT to_jsonb(d) FROM %I d WHERE id = $1', document ->> 'table')
        INTO line USING key;
    RETURN coalesce(common_audit_code(document -> 'code', line), '');
END $$;

CREATE FUNCTION common_record_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    spec jsonb := TG_ARGV[0];
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
    WITH pair AS (
        SELECT coalesce(after, before) AS line,
               common_audit_changes(spec, before, after) AS changes
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
    FROM pair LEFT JOIN document_code c ON c.id = (line ->> (document ->> 'column'))::bigint
    WHERE changes IS NOT NULL OR TG_OP <> 'UPDATE'
    ORDER BY (line ->> 'id')::bigint;
    RETURN NULL;
END $$;
"""
DROP_RECORD = """
DROP FUNCTION common_record_change();
DROP FUNCTION common_audit_document_code(jsonb, bigint);
DROP FUNCTION common_audit_changes(jsonb, jsonb, jsonb);
DROP FUNCTION common_audit_code(jsonb, jsonb);
"""

# As the ledger: TRUNCATE alone may be let through, by the owner who says so.
GUARD = """
CREATE FUNCTION common_refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('inventorypulse.maintenance', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'Audit entries are never changed or deleted.'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER auditentry_append_only BEFORE UPDATE OR DELETE ON common_auditentry
    FOR EACH ROW EXECUTE FUNCTION common_refuse_audit_change();
CREATE TRIGGER auditentry_no_truncate BEFORE TRUNCATE ON common_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION common_refuse_audit_change();
"""
DROP_GUARD = """
DROP TRIGGER auditentry_no_truncate ON common_auditentry;
DROP TRIGGER auditentry_append_only ON common_auditentry;
DROP FUNCTION common_refuse_audit_change();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('common', '0003_second_person_rule'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recorded_at', models.DateTimeField()),
                ('action', models.CharField(choices=[('created', 'Created'), ('changed', 'Changed'), ('deleted', 'Deleted')], max_length=7)),
                ('object_type', models.CharField(max_length=50)),
                ('object_id', models.BigIntegerField(verbose_name="object's primary key")),
                ('object_code', models.CharField(blank=True, help_text="A line of a document has the document's code.", max_length=200)),
                ('document_type', models.CharField(blank=True, help_text='What the object is a line of, such as sales_order.', max_length=50)),
                ('document_id', models.BigIntegerField(blank=True, null=True, verbose_name="document's primary key")),
                ('changes', models.JSONField(decoder=common.models.ExactDecoder)),
                ('door', models.CharField(choices=[('api', 'API'), ('admin', 'Back office'), ('command', 'Command'), ('task', 'Task'), ('database', 'Database, past the product')], max_length=10)),
                ('origin', models.CharField(blank=True, help_text='The view, the task, the command or the role.', max_length=100)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('actor', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['object_type', 'object_id', '-id'], name='audit_of_object'), models.Index(condition=models.Q(('document_id__isnull', False)), fields=['document_type', 'document_id', '-id'], name='audit_of_document'), models.Index(fields=['object_code', '-id'], name='audit_of_code'), models.Index(fields=['actor', '-id'], name='audit_of_actor'), django.contrib.postgres.indexes.BrinIndex(fields=['recorded_at'], name='audit_by_time')],
            },
        ),
        migrations.RunSQL(RECORD, DROP_RECORD),
        migrations.RunSQL(GUARD, DROP_GUARD),
    ]

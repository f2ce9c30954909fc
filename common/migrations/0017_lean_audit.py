"""The audit's indexes grow at their ends, and entries of new rows are not put in order again.

An index is read backwards as well as forwards. By falling keys each new entry of a person came
before all earlier ones, so that pages were split in the middle and stayed half empty.
"""

from importlib import import_module

from django.conf import settings
from django.db import migrations, models

BEFORE = "CREATE OR REPLACE FUNCTION common_audit_statement" + (
    import_module("common.migrations.0014_audit_of_many_rows").COMPARISON.partition(
        "CREATE FUNCTION common_audit_statement"
    )[2]
)
ENDS = "' AS line %s%s ORDER BY line.id',"
LAST = "CASE operation WHEN 'UPDATE' THEN 'WHERE changes <> ''{}''' ELSE '' END)"
# The rows of an INSERT come in the order in which it wrote them.
ORDERED = f"{LAST[:-1]},\n        CASE WHEN operation = 'INSERT' AND NOT asks_document THEN '' ELSE ' ORDER BY line.id' END)"
STATEMENT = BEFORE.replace(ENDS, "' AS line %s%s%s',", 1).replace(LAST, ORDERED, 1)
INDEXES = (
    models.Index(fields=["object_type", "object_id", "id"], name="audit_of_object"),
    models.Index(
        fields=["document_type", "document_id", "id"],
        condition=models.Q(document_id__isnull=False),
        name="audit_of_document",
    ),
    models.Index(fields=["object_code", "id"], name="audit_of_code"),
    models.Index(fields=["actor", "id"], name="audit_of_actor"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0016_mailed_links"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *(migrations.RemoveIndex("auditentry", index.name) for index in INDEXES),
        *(migrations.AddIndex("auditentry", index) for index in INDEXES),
        migrations.RunSQL(STATEMENT, BEFORE),
    ]

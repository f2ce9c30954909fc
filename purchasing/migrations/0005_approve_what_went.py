"""Orders that went to their suppliers before there were approvals go on at their totals."""

from django.db import migrations

APPROVE_WHAT_WENT = """
    UPDATE purchasing_purchaseorder
    SET approved_total = CASE WHEN status IN ('draft', 'cancelled') THEN NULL ELSE total_amount END,
        approved_at = CASE WHEN status IN ('draft', 'cancelled') THEN NULL ELSE updated_at END,
        terms_by_id = created_by_id"""


class Migration(migrations.Migration):
    dependencies = [("purchasing", "0004_approval_and_amendments")]

    operations = [migrations.RunSQL(APPROVE_WHAT_WENT, migrations.RunSQL.noop)]

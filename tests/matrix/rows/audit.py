"""The audit: for admins."""

from common.models import AuditEntry
from tests.matrix.table import Row, shared

ADMIN = "200 403 403 403 403"


@shared
def audit_entry(place):
    place["supplier"]
    return AuditEntry.objects.filter(object_type="supplier").latest("pk").pk


ROWS = [
    Row("get", "/api/audit/", own=ADMIN),
    Row("get", "/api/audit/?object_type=supplier&object={supplier}", own=ADMIN),
    Row("get", "/api/audit/{audit_entry}/", own=ADMIN),
]

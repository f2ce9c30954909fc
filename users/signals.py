"""What users tells the apps above it; receivers run inside the transaction of the change."""

from django.dispatch import Signal

# Sent with `user`, whose row the transaction has locked, after the account got another role.
role_changed = Signal()

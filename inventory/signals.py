"""What inventory tells the apps above it; receivers run inside the posting's transaction."""

from django.dispatch import Signal

# Sent with `stock_ids` (list of Stock keys, locked by this transaction) and `acting_user` after
# the available quantity of these balances rose and is above zero.
stock_became_available = Signal()
STOCK_LEVELS_CHANGED = "inventory.stock_levels_changed"

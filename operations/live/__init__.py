"""The stream of events: what happens in the caller's warehouses, told as it happens."""

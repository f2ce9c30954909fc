from warehouses.services.members import change_member, create_member, set_memberships
from warehouses.services.places import (
    change_warehouse,
    create_warehouse,
    delete_warehouse,
    lock_default_warehouse,
)

__all__ = [
    "change_member",
    "change_warehouse",
    "create_member",
    "create_warehouse",
    "delete_warehouse",
    "lock_default_warehouse",
    "set_memberships",
]

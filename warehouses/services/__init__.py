from warehouses.services.hand_overs import hand_over_tasks
from warehouses.services.members import (
    change_member,
    create_member,
    deactivate_member,
    set_memberships,
)
from warehouses.services.places import (
    change_warehouse,
    create_warehouse,
    delete_warehouse,
    lock_default_warehouse,
)
from warehouses.services.profile import change_profile
from warehouses.services.promotions import approve_promotion, reject_promotion, request_promotion
from warehouses.services.registration import (
    approve_registration,
    register_person,
    reinstate_person,
    reject_registration,
)
from warehouses.services.standing import demote_manager, dismiss_person

__all__ = [
    "approve_promotion",
    "approve_registration",
    "change_member",
    "change_profile",
    "change_warehouse",
    "create_member",
    "create_warehouse",
    "deactivate_member",
    "delete_warehouse",
    "demote_manager",
    "dismiss_person",
    "hand_over_tasks",
    "lock_default_warehouse",
    "register_person",
    "reinstate_person",
    "reject_promotion",
    "reject_registration",
    "request_promotion",
    "set_memberships",
]

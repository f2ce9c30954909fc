"""Who may do what: the only place where roles and permissions meet."""

from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    STAFF = "staff"
    SALES = "sales"
    VIEWER = "viewer"


ROLE_SYNONYMS = {"readonly": Role.VIEWER, "employee": Role.STAFF}


class Can(StrEnum):
    """The permissions; every action of every endpoint names one."""

    SIGN_IN = "sign_in"
    USE_BACK_OFFICE = "use_back_office"
    VIEW_STOCK = "view_stock"
    MANAGE_CATALOGUE = "manage_catalogue"
    SEND_NOTIFICATIONS = "send_notifications"
    POST_STOCK = "post_stock"
    BACKDATE_STOCK = "backdate_stock"
    ACT_ON_ALERTS = "act_on_alerts"
    DECIDE_STOCK_CORRECTIONS = "decide_stock_corrections"
    REQUEST_GOODS = "request_goods"
    DECIDE_GOODS_REQUESTS = "decide_goods_requests"
    VIEW_PURCHASE_ORDERS = "view_purchase_orders"
    MANAGE_PURCHASE_ORDERS = "manage_purchase_orders"
    APPROVE_PURCHASE_ORDERS = "approve_purchase_orders"
    VIEW_SALES_ORDERS = "view_sales_orders"
    MANAGE_SALES_ORDERS = "manage_sales_orders"
    REALLOCATE_STOCK = "reallocate_stock"
    REQUEST_TRANSFERS = "request_transfers"
    DECIDE_TRANSFERS = "decide_transfers"
    VIEW_PEOPLE = "view_people"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_USERS = "manage_users"
    MANAGE_WAREHOUSES = "manage_warehouses"
    MANAGE_SETTINGS = "manage_settings"
    MANAGE_WEBHOOKS = "manage_webhooks"
    VIEW_HISTORY = "view_history"
    VIEW_AUDIT = "view_audit"
    SEE_ALL_WAREHOUSES = "see_all_warehouses"


_EVERYBODY = frozenset({Can.SIGN_IN, Can.VIEW_STOCK, Can.REQUEST_GOODS})
_STAFF = _EVERYBODY | {
    Can.USE_BACK_OFFICE,
    Can.POST_STOCK,
    Can.ACT_ON_ALERTS,
    Can.DECIDE_GOODS_REQUESTS,
    Can.VIEW_PURCHASE_ORDERS,
    Can.VIEW_SALES_ORDERS,
}
_MANAGER = _STAFF | {
    Can.MANAGE_CATALOGUE,
    Can.SEND_NOTIFICATIONS,
    Can.BACKDATE_STOCK,
    Can.DECIDE_STOCK_CORRECTIONS,
    Can.MANAGE_PURCHASE_ORDERS,
    Can.APPROVE_PURCHASE_ORDERS,
    Can.MANAGE_SALES_ORDERS,
    Can.REALLOCATE_STOCK,
    Can.REQUEST_TRANSFERS,
    Can.VIEW_PEOPLE,
    Can.VIEW_HISTORY,
    Can.MANAGE_PEOPLE,
}

# What makes somebody an administrator, and what reaches into every warehouse, comes with the role
# alone: a group adds rights in the warehouses that somebody works in.
OF_ROLES_ALONE = frozenset(
    {
        Can.MANAGE_USERS,
        Can.SEE_ALL_WAREHOUSES,
        Can.MANAGE_WAREHOUSES,
        Can.MANAGE_SETTINGS,
        Can.MANAGE_WEBHOOKS,
        Can.VIEW_AUDIT,
    }
)

ROLE_PERMISSIONS: dict[Role, frozenset[Can]] = {
    Role.ADMIN: frozenset(Can),
    Role.MANAGER: _MANAGER,
    Role.STAFF: _STAFF,
    Role.SALES: _EVERYBODY | {Can.VIEW_SALES_ORDERS, Can.MANAGE_SALES_ORDERS},
    Role.VIEWER: _EVERYBODY | {Can.VIEW_PURCHASE_ORDERS},
}

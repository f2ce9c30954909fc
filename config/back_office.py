"""How the admin site looks and what stands in its sidebar."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

from common.permissions import Can


def may(permission: Can, request: HttpRequest) -> bool:
    user: Any = request.user
    return user.can(permission)


def entry(title: str, icon: str, page: str, permission: Can, *keys: int) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{page}", args=keys),
        "permission": partial(may, permission),
    }


def area(title: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(items)}


NAVIGATION = [
    {"items": [entry("Today", "today", "index", Can.SIGN_IN)]},
    area(
        "Stock",
        entry("Balances", "inventory_2", "inventory_stock_changelist", Can.VIEW_STOCK),
        entry("Lots", "qr_code_2", "inventory_lot_changelist", Can.VIEW_STOCK),
        entry("Movements", "swap_vert", "inventory_stockmovement_changelist", Can.VIEW_STOCK),
        entry(
            "Transfers", "local_shipping", "inventory_transferrequest_changelist", Can.VIEW_STOCK
        ),
        entry("Adjustments", "tune", "inventory_adjustmentrequest_changelist", Can.VIEW_STOCK),
        entry("Counts", "fact_check", "inventory_stockcount_changelist", Can.VIEW_STOCK),
        entry("Thresholds", "speed", "inventory_lowstockthreshold_changelist", Can.VIEW_STOCK),
        entry("Alerts", "notifications", "alerts_alert_changelist", Can.VIEW_STOCK),
    ),
    area(
        "Catalogue",
        entry("Products", "category", "inventory_product_changelist", Can.VIEW_STOCK),
        entry("Variations", "style", "inventory_productvariation_changelist", Can.VIEW_STOCK),
        entry("Categories", "account_tree", "inventory_category_changelist", Can.VIEW_STOCK),
        entry("Suppliers", "factory", "suppliers_supplier_changelist", Can.VIEW_STOCK),
        entry(
            "Supplier performance", "monitoring", "suppliers_supplierperformance_changelist",
            Can.VIEW_STOCK,
        ),
        entry("Supplier prices", "price_change", "inventory_supplierprice_changelist",
              Can.VIEW_STOCK),
        entry("Price lists", "request_quote", "operations_pricelistrun_changelist",
              Can.MANAGE_CATALOGUE),
        entry("Price feeds", "rss_feed", "operations_supplierpricefeed_changelist",
              Can.MANAGE_CATALOGUE),
        entry(
            "Import and export", "import_export", "operations_importjob_changelist",
            Can.POST_STOCK,
        ),
    ),
    area(
        "Purchasing",
        entry(
            "Purchase orders", "shopping_cart", "purchasing_purchaseorder_changelist",
            Can.VIEW_PURCHASE_ORDERS,
        ),
        entry(
            "Purchase requests", "pan_tool_alt", "purchasing_purchaserequest_changelist",
            Can.REQUEST_GOODS,
        ),
        entry(
            "Goods receipts", "move_to_inbox", "purchasing_goodsreceipt_changelist",
            Can.VIEW_PURCHASE_ORDERS,
        ),
        entry("Files", "attach_file", "inventory_attachment_changelist", Can.SIGN_IN),
        entry(
            "Supplier returns", "undo", "purchasing_supplierreturn_changelist",
            Can.VIEW_PURCHASE_ORDERS,
        ),
    ),
    area(
        "Sales",
        entry(
            "Sales orders", "receipt_long", "sales_salesorder_changelist", Can.VIEW_SALES_ORDERS
        ),
        entry(
            "Fulfilments", "local_shipping", "sales_fulfilment_changelist", Can.VIEW_SALES_ORDERS
        ),
        entry("Prices", "sell", "sales_salesprice_changelist", Can.VIEW_STOCK),
        entry(
            "Returns", "assignment_return", "sales_salesreturn_changelist", Can.VIEW_SALES_ORDERS
        ),
    ),
    area(
        "People and places",
        entry("Warehouses", "warehouse", "warehouses_warehouse_changelist", Can.VIEW_STOCK),
        entry("Users", "group", "users_user_changelist", Can.VIEW_PEOPLE),
        entry(
            "Promotions", "trending_up", "warehouses_promotionrequest_changelist",
            Can.MANAGE_PEOPLE,
        ),
        entry(
            "Handed over", "move_item", "warehouses_taskhandover_changelist", Can.MANAGE_PEOPLE
        ),
        entry("Sign-ins", "login", "users_signin_changelist", Can.MANAGE_USERS),
        entry("API tokens", "key", "users_apitoken_changelist", Can.MANAGE_USERS),
        entry("Groups", "badge", "users_peoplegroup_changelist", Can.MANAGE_USERS),
        entry("Saved filters", "bookmark", "common_savedview_changelist", Can.SIGN_IN),
        entry("My messages", "mail", "notifications_notification_changelist", Can.SIGN_IN),
    ),
    area(
        "Operations",
        entry(
            "Company settings", "tune", "common_companysettings_change", Can.MANAGE_SETTINGS,
            1,  # the only row
        ),
        entry("Schedule", "schedule", "operations_jobrun_changelist", Can.MANAGE_SETTINGS),
        entry("Audit", "history", "common_auditentry_changelist", Can.VIEW_AUDIT),
        entry("Outbox", "outbox", "notifications_outboxmessage_changelist", Can.MANAGE_SETTINGS),
        entry("Webhooks", "webhook", "operations_webhook_changelist", Can.MANAGE_WEBHOOKS),
        entry(
            "Webhook deliveries", "send", "operations_webhookdelivery_changelist",
            Can.MANAGE_WEBHOOKS,
        ),
        entry(
            "Order imports", "upload_file", "operations_orderimport_changelist",
            Can.MANAGE_SETTINGS,
        ),
    ),
]  # fmt: skip


def favicon(request: HttpRequest) -> str:
    return static("common/favicon.svg")


def stylesheet(request: HttpRequest) -> str:
    return static("common/back_office.css")


def script(request: HttpRequest) -> str:
    return static("common/back_office.js")


UNFOLD = {
    "SITE_TITLE": "InventoryPulse",
    "SITE_HEADER": "InventoryPulse",
    "SITE_SUBHEADER": "Back office",
    "SITE_SYMBOL": "inventory_2",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": favicon}],
    "STYLES": [stylesheet],
    "SCRIPTS": [script],
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "ACCOUNT": {
        "navigation": [
            {"title": "My account", "link": reverse_lazy("admin:own_account")},
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        ]
    },
    "DASHBOARD_CALLBACK": "operations.admin_home.with_what_waits",
    "COLORS": {
        "primary": {
            "50": "oklch(97% .02 180)", "100": "oklch(93% .05 180)", "200": "oklch(88% .08 180)",
            "300": "oklch(82% .11 181)", "400": "oklch(74% .12 182)", "500": "oklch(64% .11 184)",
            "600": "oklch(52% .095 185)", "700": "oklch(45% .08 186)", "800": "oklch(39% .065 187)",
            "900": "oklch(35% .055 188)", "950": "oklch(26% .045 190)",
        }
    },
    "SIDEBAR": {
        "show_search": True, "command_search": True, "show_all_applications": False,
        "navigation": NAVIGATION,
    },
}  # fmt: skip

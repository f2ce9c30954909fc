"""How the API behaves, and how its OpenAPI document describes it."""

from typing import Any

from config import environment

# One caller's requests a minute; 0 is no limit.
USER_REQUESTS_PER_MINUTE = environment.whole_number(
    "USER_REQUESTS_PER_MINUTE", default=3000, most=1_000_000
)
ANONYMOUS_REQUESTS_PER_MINUTE = environment.whole_number(
    "ANONYMOUS_REQUESTS_PER_MINUTE", default=120, most=1_000_000
)
REGISTRATIONS_PER_MINUTE = environment.whole_number(
    "REGISTRATIONS_PER_MINUTE", default=10, most=1_000_000
)

# What holds for every endpoint, at the head of the OpenAPI document and of its page in docs/.
CONVENTIONS = """\
Stock, orders and alerts of a company with several warehouses.

- **Signing in**: `POST /api/auth/login/` with `username` and `password` gives an `access_token`,
  good for an hour, and a `refresh_token`. Send `Authorization: Bearer TOKEN`. Scripts take a
  token of `/api/auth/tokens/`.
- **Lists**: `?page=` and `?limit=` (20, at most 100), `?search=`, `?ordering=` (`-name`
  descending), and the filters that each list names; what a list does not know is refused by name.
  `?format=csv` or `xlsx` gives all rows as a file. Long tables have `?cursor=` as well.
- **References** are business codes or numeric ids, in paths and in bodies.
- **Numbers and times**: JSON numbers; UTC, such as `2026-03-02T09:30:00.000000Z`.
- **Sending twice**: any write takes an `Idempotency-Key`; the same key with the same body gets the
  first answer and no second effect.
- **Changing together**: detail answers have an `ETag`; a write with a stale `If-Match` is refused
  with 412, one with a stale `version` in its body with 409.
- **Errors**: `{"error", "message", "code", "details"}`; `code` is for programs, `message` says
  what to do, `details` names fields. What belongs to somebody else's warehouse answers as if it
  did not exist.
"""

REST_FRAMEWORK: dict[str, Any] = {
    # How many proxies add to X-Forwarded-For; with 0 the header is not believed.
    "NUM_PROXIES": environment.whole_number("NUM_PROXIES", default=0, most=10),
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "users.api.api_tokens.ApiTokenAuthentication",
        "users.api.authentication.SessionJWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["common.api.permissions.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": [
        "common.api.renderers.NumberJSONRenderer",
        "common.api.renderers.BrowsableRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "common.api.parsers.StrictJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "common.api.negotiation.StrictNegotiation",
    "DEFAULT_THROTTLE_CLASSES": [
        "common.api.throttles.UserThrottle",
        "common.api.throttles.AnonymousThrottle",
    ],
    "DEFAULT_PAGINATION_CLASS": "common.api.pagination.EnvelopePagination",
    "DEFAULT_FILTER_BACKENDS": [
        "common.api.filters.StrictFilterBackend",
        "rest_framework.filters.SearchFilter",
        "common.api.filters.StrictOrderingFilter",
    ],
    "DEFAULT_SCHEMA_CLASS": "common.api.schema.EnvelopeAutoSchema",
    "EXCEPTION_HANDLER": "common.api.exception_handler.exception_handler",
    "COERCE_DECIMAL_TO_STRING": False,
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.MultiPartRenderer",
    ],
    "NON_FIELD_ERRORS_KEY": "body",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "InventoryPulse",
    "DESCRIPTION": CONVENTIONS,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/favicon.ico",
    "SCHEMA_PATH_PREFIX": r"/api/",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "common.api.examples.add_examples",
    ],
    "TAGS": [
        {"name": name, "description": description}
        for name, description in {
            "auth": "Signing in and out, and tokens.",
            "groups": "Own groups of people, whose permissions add to those of roles.",
            "sessions": "The caller's own sign-ins.",
            "tokens": "The caller's own tokens for scripts.",
            "users": "People and the warehouses that they belong to.",
            "staffs": "Letting people in and out of warehouses.",
            "promotion requests": "Asking that somebody becomes a manager, and deciding it.",
            "profile": "The caller's own account and picture.",
            "warehouses": "Places that hold stock.",
            "categories": "The tree that products stand in.",
            "products": "The catalogue, with the stock of the caller's warehouses.",
            "variations": "What is stocked, counted, bought and sold.",
            "scan": "What a scanned code is.",
            "search": "Everything that the caller may see.",
            "labels": "Sheets of labels that a scanner reads.",
            "low stock thresholds": "Reorder points of single warehouses.",
            "stocks": "Balances by variation and warehouse.",
            "lots": "Goods made together: what expires, what is set aside, and where it went.",
            "units": "In what goods are counted.",
            "stock movements": "The ledger: recorded, never changed.",
            "adjustment requests": "Corrections of stock, with a reason.",
            "stock counts": "Counting what is really there, while trading goes on.",
            "lines": "What was counted.",
            "count plan": "What to count today.",
            "transfer requests": "Goods on their way between warehouses.",
            "suppliers": "Whom goods are bought from.",
            "purchase orders": "Goods ordered from suppliers, and their receipts.",
            "reorder list": "What to order of whom, as drafts would be made of it.",
            "purchase requests": "Goods that people ask for out of a warehouse's stock.",
            "sales orders": "What customers ordered, and what left for them.",
            "sales prices": "What goods cost customers, by currency, day and quantity.",
            "fulfilments": "What left for customers, and from which warehouse.",
            "sales returns": "Goods that customers sent back.",
            "attachments": "Files of documents: delivery notes, receipts, pictures.",
            "supplier returns": "Goods that went back to suppliers, and what is credited for them.",
            "import and export": "Files of goods, suppliers, stock and orders, in and out.",
            "price list runs": "Suppliers' price lists, and what became of their lines.",
            "import jobs": "What became of a file, row by row.",
            "events": "What changes in the caller's warehouses, as it happens.",
            "audit entries": "Who changed what, when, and from where.",
            "alerts": "What somebody should act on.",
            "notifications": "The caller's own messages.",
            "saved views": "Filters of lists under a name, to use again and to share.",
            "webhooks": "Other systems that are told, signed, of what happens.",
            "deliveries": "What a webhook was told, and what it answered.",
            "settings": "What the company decided for everybody.",
            "health": "Whether the system works, for people and machines.",
        }.items()
    ],
    "ENUM_NAME_OVERRIDES": {
        "UserStatus": "users.models.User.Status",
        "UserRole": "users.models.User.RoleChoice",
        "RoleAskedFor": "warehouses.lifecycle.ASKED_FOR",
        "AlertStatus": "alerts.models.Alert.Status",
        "PurchaseOrderStatus": "purchasing.models.PurchaseOrder.Status",
        "ChargeKind": "purchasing.models.PurchaseOrderCharge.Kind",
        "PriceFeedKind": "operations.models.SupplierPriceFeed.Kind",
        "NotOrderedReason": "purchasing.replenishment.REASONS",
        "SupplierReturnReason": "purchasing.models.SupplierReturnItem.Reason",
        "ReasonEnum": "sales.models.SalesReturnItem.Reason",
        "PurchaseRequestStatus": "purchasing.models.PurchaseRequest.Status",
        "SalesOrderStatus": "sales.models.SalesOrder.Status",
        "SalesOrderPriority": "sales.api.fields.PRIORITIES",
        "ReturnDisposition": "sales.models.SalesReturnItem.Disposition",
        "InspectionDecision": "sales.api.return_views.DECISIONS",
        "ProductStatus": "inventory.models.Product.Status",
        "SupplierStatus": "suppliers.models.Supplier.Status",
        "AdjustmentStatus": "inventory.models.AdjustmentRequest.Status",
        "StockCountStatus": "inventory.models.StockCount.Status",
        "Decision": "inventory.api.decisions.DECISIONS",
        "CountDecision": "inventory.api.decisions.COUNT_DECISIONS",
        "TransferStatus": "inventory.models.TransferRequest.Status",
        "WebhookDeliveryStatus": "operations.models.WebhookDelivery.Status",
        "ImportState": "operations.models.ImportJob.State",
        "PriceListState": "operations.models.PriceListRun.State",
        "MovementType": "inventory.models.StockMovement.Type",
    },
}

"""Examples of request bodies in the OpenAPI document: of each field one, by its name.

A serializer's own examples stand as they are; a body without any gets one of these.
"""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

FEWEST, FEWEST_INSIDE = 6, 3  # fields that an example shows, where there are as many
# What only repeats who calls, what is kept for programs of old, and what a first try need not name.
LEFT_OUT = ("_by", "_id", "version", "otp", "status")
# Ways to name the same: an example shows the first one that a body takes.
SYNONYMS = (
    ("sku", "product_id", "product_variation"), ("user_id", "username", "user", "id"),
    ("refresh_token", "refresh"), ("code", "id"),
)  # fmt: skip
VALUES: dict[str, Any] = {
    "product_id": "PRD-001", "sku": "WIDGET-X-001", "sku_code": "WIDGET-X-001",
    "product_variation": "WIDGET-X-001", "variation": "WIDGET-X-001", "warehouse": "WH001",
    "from_warehouse": "WH001", "to_warehouse": "WH002", "default_warehouse": "WH001",
    "supplier_id": "SUP001", "user_id": "USR007", "username": "jane.doe", "user": "USR007",
    "successor": "USR008", "email": "jane.doe@example.com", "customer_email": "buyer@example.com",
    "phone": "+15550100000", "first_name": "Jane",
    "last_name": "Doe", "display_name": "Jane Doe", "name": "Spring stock", "quantity": 5,
    "quantity_ordered": 100, "quantity_received": 98, "quantity_accepted": 97,
    "quantity_rejected": 1, "quantity_damaged": 1, "quantity_sold": 2, "counted_quantity": 48,
    "unit_cost": 10.5, "cost_price": 10.5, "selling_price": 19.99, "sale_price_per_unit": 19.99,
    "threshold": 20, "reorder_level": 20, "reorder_threshold": 20, "reorder_quantity": 100,
    "lot_number": "LOT-2026-03", "expiration_date": "2027-03-31", "needed_by": "2026-04-01",
    "notes": "Deliver to gate 2.", "note": "Agreed by phone.", "description": "For the workshop.",
    "reason": "Ordered twice.", "reason_description": "Fell off the shelf.",
    "resolution_notes": "Reordered.", "resolution_type": "reordered", "currency": "USD",
    "category": "Tools", "parent": "Tools", "barcode": "4006381333931", "url": "https://erp.example.com/hooks",
    "company_name": "Example Supplies Ltd", "primary_contact": "Jane Doe", "country": "US",
    "city": "Springfield", "street": "1 Main Street", "postal_code": "12345", "state": "IL",
    "website": "https://example.com", "file": "products.csv", "avatar": "portrait.png",
    "logo": "logo.png", "resource": "/api/products/", "language": "en", "timezone": "UTC",
    "discrepancy": "One box was wet.", "letterhead": "Example Ltd, 1 Main Street", "limit": 20,
    "date_format": "%d.%m.%Y", "encoding": "utf-8", "preset": "odoo", "delimiter": ";",
    "refresh": "eyJhbGciOi…",
    "decimals": 3, "lead_time_days": 7, "payment_terms": 30, "customer_name": "Example Shop",
    "attributes": {"color": "blue"}, "order_number": "2026-0001",
    "id": 1, "code": "CODE-1", "role": "staff", "manager": "USR007", "member": "USR007",
    "aliase": "kilogram", "scope": "view_stock", "event_type": "stock.moved",
    "delivery_note": "DN-4711", "region": "West", "channel": "web", "customer_id": "CUST-7",
    "password": "correct horse battery",  # nosec B105
    "old_password": "correct horse battery",  # nosec B105
    "new_password": "battery staple correct",  # nosec B105
    "token": "the token of the mail",  # nosec B105
    "refresh_token": "eyJhbGciOi…",  # nosec B105
}  # fmt: skip
BY_FORMAT = {"date": "2026-03-01", "date-time": "2026-03-01T09:00:00Z", "email": "a@example.com"}
BY_TYPE: dict[str, Any] = {"string": "text", "integer": 1, "number": 1, "boolean": True}


def add_examples(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Give an example to each request body that has none; a hook of drf-spectacular."""
    for item in result["paths"].values():
        for operation in item.values():
            body = operation.get("requestBody", {}) if isinstance(operation, dict) else {}
            for content in body.get("content", {}).values():
                if not content.keys() & {"example", "examples"}:
                    content["example"] = Examples(result).of(content.get("schema", {}))
    return result


class Examples:
    """Makes examples of a document's schemas."""

    def __init__(self, document: Schema) -> None:
        self.document = document

    def of(self, schema: Schema, name: str = "", fewest: int = FEWEST) -> Any:
        """Return what a schema accepts, for the field of that name."""
        schema = self.resolved(schema)
        if "properties" in schema:
            return {
                one: self.of(schema["properties"][one], one, FEWEST_INSIDE)
                for one in self.shown(schema, fewest)
            }
        kinds = kinds_of(schema)
        if "array" in kinds:
            return [self.of(schema["items"], name.removesuffix("s"))]
        if "enum" in schema:
            known = [one for one in schema["enum"] if one is not None]
            return VALUES[name] if VALUES.get(name) in known else known[0]
        value = VALUES.get(name, BY_FORMAT.get(schema.get("format", "")))
        if value is not None and (not kinds or kinds & kinds_that_hold(value)):
            return value
        plain: Any = next((value for kind, value in BY_TYPE.items() if kind in kinds), None)
        if plain is None:
            return schema.get("default", {})
        return schema.get(
            "default", max(plain, schema["minimum"]) if "minimum" in schema else plain
        )

    def shown(self, schema: Schema, fewest: int) -> list[str]:
        """Return the names of an example: those that are required, and some more."""
        required = schema.get("required", [])
        twins = {
            name
            for names in SYNONYMS
            for name in [one for one in names if one in schema["properties"]][1:]
        }
        others = [
            name
            for name, one in schema["properties"].items()
            if name not in required
            and name not in twins
            and (name in VALUES or not name.endswith(LEFT_OUT))
            and not self.resolved(one).get("readOnly")
        ]
        others.sort(key=lambda name: name not in VALUES)
        return [*required, *others[: max(0, fewest - len(required))]]

    def resolved(self, schema: Schema) -> Schema:
        """Return a schema without reference and choice: of several the first that says anything."""
        if "$ref" in schema:
            node: Any = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                node = node[part]
            return self.resolved(node)
        for word in ("allOf", "oneOf", "anyOf"):
            if word in schema:
                return {**self.resolved(schema[word][0]), **without(schema, word)}
        return schema


def without(schema: Schema, word: str) -> Schema:
    return {name: value for name, value in schema.items() if name != word}


def kinds_of(schema: Schema) -> set[str]:
    kind = schema.get("type", [])
    return {kind} if isinstance(kind, str) else set(kind)


def kinds_that_hold(value: Any) -> set[str]:
    """Return the types of JSON Schema that a value of ours is of."""
    if isinstance(value, str):
        return {"string"}
    if isinstance(value, dict):
        return {"object"}
    return {"integer", "number"} if isinstance(value, int) else {"number"}

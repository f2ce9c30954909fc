"""A whole order as JSON without serializers between, several times as fast.

Its lines and those of its receipts are written by the database. PurchaseOrderSerializer describes
it.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.db.models import BigIntegerField, Exists, OuterRef

from common.api.database_json import JSON, JsonLines, JsonRow
from common.compiled_queries import CompiledQuery, Given
from common.row_versions import RowVersion
from inventory.api.attachment_views import AttachmentSerializer
from inventory.api.movement_rows import json_time
from inventory.api.stock_serializers import user_code
from inventory.models import Attachment
from purchasing.api.order_rows import RECEIPT_LINE, with_items
from purchasing.api.serializers import (
    AmendmentSerializer,
    ChargeSerializer,
    ShippingAddressSerializer,
)
from purchasing.models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderAmendment,
)

FilesOf = Mapping[tuple[str, int], list[Attachment]]
ADDRESS = ShippingAddressSerializer()


def has_files(document_type: str) -> Exists:
    files = Attachment.objects.filter(document_type=document_type, document_id=OuterRef("pk"))
    return Exists(files)


ORDER = CompiledQuery(
    lambda: (
        with_items(PurchaseOrder.objects.filter(pk=Given("key", BigIntegerField())))
        .select_related("created_by", "approved_by", "rejected_by", "received_by")
        .annotate(
            row_version=RowVersion(),
            has_receipts=Exists(GoodsReceipt.objects.filter(order=OuterRef("pk"))),
            has_amendments=Exists(PurchaseOrderAmendment.objects.filter(order=OuterRef("pk"))),
            has_files=has_files("purchase_order"),
        )
        .order_by()
    )
)
RECEIPTS = CompiledQuery(
    lambda: (
        GoodsReceipt.objects.filter(order=Given("key", BigIntegerField()))
        .annotate(
            lines_json=JsonLines(
                GoodsReceiptLine.objects.filter(receipt=OuterRef("pk"))
                .order_by("pk")
                .values(**{JSON: JsonRow(RECEIPT_LINE)})
            ),
            has_files=has_files("goods_receipt"),
        )
        .order_by("pk")
    )
)


def order_as_json(key: int) -> dict[str, Any]:
    """Read an order and what belongs to it, and show it with its version.

    One query, and one more each for its receipts, charges, amendments and files if there are any,
    and for the company's limit while nobody has approved it.
    """
    order = ORDER.first(key=key)
    receipts = RECEIPTS.all(key=key) if order.has_receipts else []
    files = files_of(order, receipts)
    charges = order.charges.all() if order.charges_amount else []
    amendments = order.amendments.all() if order.has_amendments else []
    return {
        **head_as_json(order),
        "charges": ChargeSerializer(charges, many=True).data if charges else [],
        "amendments": AmendmentSerializer(amendments, many=True).data if amendments else [],
        "receipts": [receipt_as_json(receipt, files) for receipt in receipts],
        "attachments": files_as_json(files, "purchase_order", order.pk),
        "version": order.row_version,
    }


def head_as_json(order: Any) -> dict[str, Any]:
    """Show what stands in an order's own row, and its lines."""
    return {
        "id": order.pk,
        "order_number": order.order_number,
        "supplier_id": order.supplier.code,
        "supplier_name": order.supplier.company_name,
        "warehouse": order.warehouse.code,
        "status": order.status,
        "order_date": json_time(order.order_date),
        "expected_delivery_date": json_time(order.expected_delivery_date),
        "actual_delivery_date": time_or_none(order.actual_delivery_date),
        "is_late": order.is_late,
        "total_amount": order.total_amount,
        "currency": order.currency,
        "items": orjson.Fragment(order.items_json),
        "financial": {
            "subtotal": order.subtotal,
            "tax_amount": order.tax_amount,
            "shipping_cost": order.shipping_cost,
            "total_amount": order.total_amount,
            "currency": order.currency,
            "charges_amount": order.charges_amount,
            "landed_total": order.landed_total,
        },
        "shipping_address": ADDRESS.to_representation(order.shipping_address),
        "created_by": code_of(order.created_by),
        "approved_by": code_of(order.approved_by),
        "approved_at": time_or_none(order.approved_at),
        "received_by": code_of(order.received_by),
        "created_at": json_time(order.created_at),
        "updated_at": json_time(order.updated_at),
        "notes": order.notes,
        "approval": {
            "status": order.approval_status,
            "committed_total": order.committed_total,
            "approved_total": order.approved_total,
            "rejected_by": code_of(order.rejected_by),
            "rejected_at": time_or_none(order.rejected_at),
            "note": order.approval_note,
        },
        "allowed_transitions": order.allowed_transitions,
        "allowed_actions": order.allowed_actions,
    }


def receipt_as_json(receipt: Any, files: FilesOf) -> dict[str, Any]:
    """Show what came together."""
    return {
        "code": receipt.code,
        "occurred_at": json_time(receipt.occurred_at),
        "recorded_at": json_time(receipt.recorded_at),
        "delivery_note": receipt.delivery_note,
        "notes": receipt.notes,
        "received_by": user_code(receipt.received_by_id),
        "lines": orjson.Fragment(receipt.lines_json),
        "attachments": files_as_json(files, "goods_receipt", receipt.pk),
    }


def files_of(order: Any, receipts: list[Any]) -> FilesOf:
    """Return the files of an order and of its receipts, in one query if there are any."""
    found: dict[tuple[str, int], list[Attachment]] = defaultdict(list)
    orders = [order.pk] if order.has_files else []
    keys = [receipt.pk for receipt in receipts if receipt.has_files]
    if orders or keys:
        documents = [("purchase_order", orders), ("goods_receipt", keys)]
        for file in Attachment.objects.of_documents(documents):
            found[file.document_type, file.document_id].append(file)
    return found


def files_as_json(files: FilesOf, kind: str, key: int) -> Any:
    own = files.get((kind, key))
    return AttachmentSerializer(own, many=True).data if own else []


def code_of(person: Any) -> str | None:
    return None if person is None else person.code


def time_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else json_time(moment)

"""Purchase orders made of what is short, over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import body_with_synonyms
from common.api.viewsets import ApiViewSet
from common.exceptions import InvalidInput
from common.permissions import Can
from inventory.lookup import find_variations
from purchasing.api.draft_serializers import DraftsAnswer, ReorderListInput, ShortageInput
from purchasing.services.drafts import Drafts, draft_from_reorder_list, draft_from_shortage
from sales.models import SalesOrder
from warehouses.queries import member_warehouse


class DraftsMixin(ApiViewSet):
    """Drafts of what customers wait for, and of what fell to its reorder point."""

    @extend_schema(request=ShortageInput, responses={200: DraftsAnswer, 201: DraftsAnswer})
    @action(detail=False, methods=["post"], url_path="from-shortage")
    def from_shortage(self, request: Request) -> Response:
        """Draft what sales orders lack after all that is available or on its way.

        One draft a supplier and warehouse, in whole packs and at least the supplier's minimum.
        """
        user: Any = request.user
        if not user.can(Can.VIEW_SALES_ORDERS):
            self.permission_denied(request)
        body = body_with_synonyms(ShortageInput, request)
        named = body.get("sales_orders")
        drafts = draft_from_shortage(
            sales_orders=sales_orders(named, user) if named else None,
            warehouse=None if named else member_warehouse(body.get("warehouse"), user),
            dry_run=body["dry_run"],
            acting_user=user,
        )
        return told(drafts, dry_run=body["dry_run"])

    @extend_schema(request=ReorderListInput, responses={200: DraftsAnswer, 201: DraftsAnswer})
    @action(detail=False, methods=["post"], url_path="from-reorder-list")
    def from_reorder_list(self, request: Request) -> Response:
        """Draft what is at or below its reorder point in a warehouse, as its stock rules say."""
        body = body_with_synonyms(ReorderListInput, request)
        named = body.get("variations")
        drafts = draft_from_reorder_list(
            warehouse=member_warehouse(body.get("warehouse"), request.user),
            variations=find_variations([{"sku": one} for one in named], "variations")
            if named
            else None,
            dry_run=body["dry_run"],
            acting_user=request.user,
        )
        return told(drafts, dry_run=body["dry_run"])


def told(drafts: Drafts, *, dry_run: bool) -> Response:
    """Answer what was drafted, or would be."""
    made = 0 if dry_run else len(drafts.drafts)
    if made:
        message = f"{made} purchase order{'s' if made > 1 else ''} drafted"
    else:
        message = "Nothing was made: this is a dry run" if dry_run else "Nothing is to be ordered"
    answer: Any = {"message": message, "dry_run": dry_run, **drafts._asdict()}
    return Response(DraftsAnswer(answer).data, status=201 if made else 200)


def sales_orders(references: list[str], user: Any) -> list[SalesOrder]:
    """Return the sales orders that references name; raises InvalidInput naming unknown ones."""
    orders = SalesOrder.objects.visible_to(user).select_related("warehouse")
    found = orders.by_references(set(references))
    errors: dict[str, list[Any]] = {
        f"sales_orders.{index}": [f'Unknown sales order "{name[:50]}". Use the number of one.']
        for index, name in enumerate(references)
        if name not in found
    }
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return list({order.pk: order for order in (found[name] for name in references)}.values())

"""Lots as JSON."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from common.api.fields import ReferenceInput
from inventory.api.stock_serializers import user_code
from inventory.models import Lot, LotBalance, LotExpiryChange, LotQuarantine


class LotBalanceSerializer(serializers.ModelSerializer[LotBalance]):
    warehouse = serializers.CharField(source="stock.warehouse.code")

    class Meta:
        model = LotBalance
        fields = ["warehouse", "on_hand", "quarantined", "expired"]


class LotSerializer(serializers.ModelSerializer[Lot]):
    """A lot with what of it is in the caller's warehouses."""

    code = serializers.CharField()
    product_id = serializers.CharField(source="variation.product.code")
    product_name = serializers.CharField(source="variation.product.name")
    sku = serializers.CharField(source="variation.sku_code")
    status = serializers.CharField()
    on_hand = serializers.SerializerMethodField()
    balances = LotBalanceSerializer(many=True)

    class Meta:
        model = Lot
        fields = [
            "id", "code", "lot_number", "product_id", "product_name", "sku", "expiration_date",
            "status", "on_hand", "created_at", "balances",
        ]  # fmt: skip

    def get_on_hand(self, lot: Lot) -> Decimal:
        return sum((balance.on_hand for balance in lot.balances.all()), Decimal(0))


class LotQuarantineSerializer(serializers.ModelSerializer[LotQuarantine]):
    warehouse = serializers.CharField(source="warehouse.code")
    changed_by = serializers.SerializerMethodField()

    class Meta:
        model = LotQuarantine
        fields = [
            "warehouse", "quarantined", "quantity", "released_reservations", "reason",
            "changed_by", "changed_at",
        ]  # fmt: skip

    def get_changed_by(self, row: LotQuarantine) -> str | None:
        return user_code(row.changed_by_id)


class LotExpiryChangeSerializer(serializers.ModelSerializer[LotExpiryChange]):
    changed_by = serializers.SerializerMethodField()

    class Meta:
        model = LotExpiryChange
        fields = ["before", "after", "reason", "changed_by", "changed_at"]

    def get_changed_by(self, row: LotExpiryChange) -> str | None:
        return user_code(row.changed_by_id)


class LotAnswer(LotSerializer):
    """What a write answers."""

    message = serializers.CharField()
    quarantines = LotQuarantineSerializer(many=True, required=False)

    class Meta(LotSerializer.Meta):
        fields = ["message", "quarantines", *LotSerializer.Meta.fields]


class QuarantineInput(serializers.Serializer[Any]):
    """Why a lot is set aside or released; without a warehouse, in all of the caller's."""

    warehouse = ReferenceInput(required=False, allow_null=True)
    reason = serializers.CharField(max_length=500)


class LotChangeInput(serializers.Serializer[Any]):
    """The date that is right, and why it was another."""

    expiration_date = serializers.DateField(allow_null=True)
    reason = serializers.CharField(max_length=500)

"""Suppliers as JSON."""

from typing import Any

from rest_framework import serializers

from common.api.fields import (
    ChoiceSynonymField,
    CountryField,
    MoneyField,
    PhoneField,
    PlainDecimalField,
    UpperCaseField,
)
from common.api.synonyms import SynonymsMixin
from common.validators import business_code, currency_code, one_line
from suppliers.api.performance_serializers import PerformanceSerializer, RowPerformanceSerializer
from suppliers.models import Supplier
from suppliers.queries import performance_figures

OPTIONAL: dict[str, Any] = {"required": False, "allow_blank": True}
MOST_DAYS = 3650


class ContactSerializer(serializers.Serializer[Supplier]):
    primary_contact = serializers.CharField(max_length=200, validators=[one_line], **OPTIONAL)
    email = serializers.EmailField(max_length=254, **OPTIONAL)
    phone = PhoneField(**OPTIONAL)
    alternative_phone = PhoneField(**OPTIONAL)
    website = serializers.URLField(max_length=200, **OPTIONAL)


class AddressSerializer(serializers.Serializer[Supplier]):
    street = serializers.CharField(max_length=200, **OPTIONAL)
    city = serializers.CharField(max_length=100, **OPTIONAL)
    state = serializers.CharField(max_length=100, **OPTIONAL)
    postal_code = serializers.CharField(max_length=20, **OPTIONAL)
    country = CountryField(**OPTIONAL)


class BusinessInfoSerializer(serializers.Serializer[Supplier]):
    tax_id = serializers.CharField(max_length=50, **OPTIONAL)
    payment_terms = serializers.IntegerField(
        min_value=0, max_value=MOST_DAYS, required=False, help_text="In days."
    )
    currency = UpperCaseField(validators=[currency_code], required=False)
    lead_time_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False)
    minimum_order_value = MoneyField(min_value=0, required=False)
    over_receipt_tolerance_percent = PlainDecimalField(
        max_digits=5,
        min_value=0,
        max_value=100,
        required=False,
        allow_null=True,
        help_text="Null: as the company's settings say.",
    )


class SupplierSerializer(SynonymsMixin, serializers.Serializer[Supplier]):
    """The whole supplier; only a name is required."""

    synonyms = {
        "name": "company_name",
        "email": "contact.email",
        "phone": "contact.phone",
        "tax_id": "business_info.tax_id",
        "payment_terms": "business_info.payment_terms",
        "currency": "business_info.currency",
        "lead_time_days": "business_info.lead_time_days",
        "minimum_order_value": "business_info.minimum_order_value",
        "over_receipt_tolerance_percent": "business_info.over_receipt_tolerance_percent",
    }

    id = serializers.IntegerField(read_only=True)
    supplier_id = UpperCaseField(source="code", validators=[business_code], required=False)
    company_name = serializers.CharField(max_length=200, validators=[one_line])
    display_name = serializers.CharField(max_length=100, validators=[one_line], **OPTIONAL)
    contact = ContactSerializer(source="*", required=False)
    address = AddressSerializer(source="*", required=False)
    business_info = BusinessInfoSerializer(source="*", required=False)
    performance = serializers.SerializerMethodField()
    rating = PlainDecimalField(
        max_digits=2, decimal_places=1, min_value=1, max_value=5, required=False
    )
    status = ChoiceSynonymField(Supplier.Status.choices, required=False)
    preferred = serializers.BooleanField(required=False)
    communication_score = PlainDecimalField(
        max_digits=3, min_value=1, max_value=5, required=False, allow_null=True
    )
    notes = serializers.CharField(max_length=1000, **OPTIONAL)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def get_performance(self, supplier: Supplier) -> PerformanceSerializer:
        figures = performance_figures([supplier.pk])[supplier.pk]
        return PerformanceSerializer(figures).data  # type: ignore[return-value]


class RowContactSerializer(serializers.Serializer[Supplier]):
    email = serializers.EmailField()
    phone = serializers.CharField()


class SupplierRowSerializer(serializers.Serializer[Supplier]):
    """A supplier in the list."""

    id = serializers.IntegerField()
    supplier_id = serializers.CharField(source="code")
    company_name = serializers.CharField()
    display_name = serializers.CharField()
    contact = RowContactSerializer(source="*")
    status = serializers.CharField()
    preferred = serializers.BooleanField()
    rating = PlainDecimalField()
    performance = RowPerformanceSerializer(source="*")

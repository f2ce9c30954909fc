from django_filters import rest_framework as filters

from common.api.filters import StrictBooleanFilter
from notifications.models import Notification


class NotificationFilter(filters.FilterSet):
    unread = StrictBooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields = ["unread", "topic"]

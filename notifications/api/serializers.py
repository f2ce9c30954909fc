from rest_framework import serializers

from notifications.models import Notification


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    is_read = serializers.SerializerMethodField()

    class Meta:
        model = Notification
        fields = [
            "id", "topic", "title", "message", "reference", "is_read", "created_at", "read_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_read(self, notification: Notification) -> bool:
        return notification.read_at is not None


class ReadAllSerializer(serializers.Serializer[dict[str, object]]):
    message = serializers.CharField()
    updated = serializers.IntegerField()

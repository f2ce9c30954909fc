"""Operating figures as JSON."""

from typing import Any

from rest_framework import serializers


class DependenciesAnswer(serializers.Serializer[Any]):
    """Ours are connected or unavailable; services outside are configured or not configured."""

    database = serializers.CharField()
    redis = serializers.CharField()
    celery = serializers.CharField()
    events = serializers.CharField(help_text="The process that holds the event streams.")
    snowflake = serializers.CharField()
    llm = serializers.CharField()


class ProbeAnswer(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="ok, degraded or unavailable")


class HealthAnswer(ProbeAnswer):
    timestamp = serializers.DateTimeField()
    version = serializers.CharField()
    dependencies = DependenciesAnswer()

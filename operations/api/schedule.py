"""The schedule over HTTP."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.views import ApiView
from common.permissions import Can
from operations.models import JobRun
from operations.schedule import last_runs, scheduled_jobs


class JobRunSerializer(serializers.ModelSerializer[JobRun]):
    class Meta:
        model = JobRun
        fields = ["slot", "state", "runs", "started_at", "finished_at", "result"]


class ScheduledJobSerializer(serializers.Serializer[Any]):
    """A job that beat starts, when it is next due, and its newest run."""

    job = serializers.CharField(source="name")
    task = serializers.CharField()
    schedule = serializers.CharField(source="words", help_text="daily at 00:00 UTC")
    next_run_at = serializers.DateTimeField()
    last_run = JobRunSerializer(allow_null=True)


class ScheduleAnswer(serializers.Serializer[Any]):
    schedule = ScheduledJobSerializer(many=True)


@extend_schema(tags=["settings"], responses=ScheduleAnswer)
class ScheduleView(ApiView):
    """What runs when, and how the last run of each job ended."""

    permissions = {"get": Can.MANAGE_SETTINGS}

    def get(self, request: Request) -> Response:
        runs, now = last_runs(), timezone.now()
        jobs = [
            {
                "name": job.name,
                "task": job.task,
                "words": job.words,
                "next_run_at": job.next_at(now),
                "last_run": runs.get(job.name),
            }
            for job in scheduled_jobs()
        ]
        return Response(ScheduleAnswer({"schedule": jobs}).data)

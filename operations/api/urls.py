"""Paths of health, company settings and the schedule."""

from django.urls import path

from operations.api import views
from operations.api.schedule import ScheduleView
from operations.api.settings import CompanySettingsViewSet

COMPANY_SETTINGS = CompanySettingsViewSet.as_view(
    {"get": "retrieve", "put": "update", "patch": "partial_update"}, detail=True
)

urlpatterns = [
    path("health/", views.HealthView.as_view(), name="health"),
    path("health/live/", views.LiveView.as_view(), name="health-live"),
    path("health/ready/", views.ReadyView.as_view(), name="health-ready"),
    path("settings/", COMPANY_SETTINGS, name="settings"),
    path("schedule/", ScheduleView.as_view(), name="schedule"),
]

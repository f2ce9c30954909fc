"""Paths of health, the audit, the events, company settings, the schedule and the recall of lots."""

from django.urls import path, re_path

from common.api.viewsets import ApiViewSet
from operations.api import views
from operations.api.audit import AuditViewSet
from operations.api.events import EventsView
from operations.api.exchange import (
    ExportView,
    ImportJobViewSet,
    ImportRowsView,
    ImportView,
    TemplateView,
)
from operations.api.finding import ScanView, SearchView
from operations.api.price_lists import (
    PriceFeedViewSet,
    PriceListRunViewSet,
    SupplierPriceListViewSet,
)
from operations.api.recall import LotRecallViewSet
from operations.api.saved_views import SavedViewViewSet
from operations.api.schedule import ScheduleView
from operations.api.settings import CompanyLogoView, CompanySettingsViewSet
from operations.api.webhooks import WebhookDeliveryViewSet, WebhookViewSet
from operations.exchange.kinds import KINDS

COMPANY_SETTINGS = CompanySettingsViewSet.as_view(
    {"get": "retrieve", "put": "update", "patch": "partial_update"}, detail=True
)

SAVED_VIEW = SavedViewViewSet.as_view(
    {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"},
    detail=True,
)

WEBHOOKS = [
    path(
        f"webhooks/{address}",
        viewset.as_view({**actions}, detail="<str:pk>" in address),
        name=f"webhook-{name}",
    )
    for name, address, viewset, actions in (
        ("list", "", WebhookViewSet, {"get": "list", "post": "create"}),
        ("event-types", "event-types/", WebhookViewSet, {"get": "event_types"}),
        (
            "detail", "<str:pk>/", WebhookViewSet,
            {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"},
        ),
        ("test", "<str:pk>/test/", WebhookViewSet, {"post": "test"}),
        ("redeliver-dead", "<str:pk>/redeliver-dead/", WebhookViewSet, {"post": "redeliver_dead"}),
        ("rotate-secret", "<str:pk>/rotate-secret/", WebhookViewSet, {"post": "rotate_secret"}),
        (
            "delivery-list", "<str:webhook_pk>/deliveries/", WebhookDeliveryViewSet,
            {"get": "list"},
        ),
        (
            "delivery-detail", "<str:webhook_pk>/deliveries/<str:pk>/", WebhookDeliveryViewSet,
            {"get": "retrieve"},
        ),
        (
            "redeliver", "<str:webhook_pk>/deliveries/<str:pk>/redeliver/",
            WebhookDeliveryViewSet, {"post": "redeliver"},
        ),
    )
]  # fmt: skip
OF_SUPPLIER = rf"^suppliers/(?P<supplier_reference>{ApiViewSet.lookup_value_regex})"

urlpatterns = [
    re_path(
        rf"{OF_SUPPLIER}/price-lists/$",
        SupplierPriceListViewSet.as_view({"get": "list", "post": "create"}),
        name="supplier-price-list-runs",
    ),
    re_path(
        rf"{OF_SUPPLIER}/price-feed/$",
        PriceFeedViewSet.as_view(
            {
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            },
            detail=True,
        ),
        name="supplier-price-feed",
    ),
    re_path(
        rf"{OF_SUPPLIER}/price-feed/fetch/$",
        PriceFeedViewSet.as_view({"post": "fetch"}, detail=True),
        name="supplier-price-feed-fetch",
    ),
    path(
        "price-list-runs/",
        PriceListRunViewSet.as_view({"get": "list"}),
        name="price-list-run-list",
    ),
    path(
        "price-list-runs/<str:pk>/",
        PriceListRunViewSet.as_view({"get": "retrieve"}, detail=True),
        name="price-list-run-detail",
    ),
    path(
        "price-list-runs/<str:pk>/report/",
        PriceListRunViewSet.as_view({"get": "report"}, detail=True),
        name="price-list-run-report",
    ),
    *[
        path(
            f"{kind.resource}/import/",
            ImportView.as_view(kind=kind.name, permissions={"post": kind.permission}),
            name=f"{kind.name}-import",
        )
        for kind in KINDS.values()
    ],
    *[
        path(
            f"{kind.resource}/export/",
            ExportView.as_view(kind=kind.name, permissions={"get": kind.view}),
            name=f"{kind.name}-export",
        )
        for kind in KINDS.values()
    ],
    *[
        path(
            f"{kind.resource}/template/",
            TemplateView.as_view(kind=kind.name, permissions={"get": kind.view}),
            name=f"{kind.name}-template",
        )
        for kind in KINDS.values()
    ],
    path("import-jobs/", ImportJobViewSet.as_view({"get": "list"}), name="import-job-list"),
    path(
        "import-jobs/<str:pk>/",
        ImportJobViewSet.as_view({"get": "retrieve"}, detail=True),
        name="import-job-detail",
    ),
    path(
        "import-jobs/<str:pk>/confirm/",
        ImportJobViewSet.as_view({"post": "confirm"}, detail=True),
        name="import-job-confirm",
    ),
    path(
        "import-jobs/<str:pk>/cancel/",
        ImportJobViewSet.as_view({"post": "cancel"}, detail=True),
        name="import-job-cancel",
    ),
    path("import-jobs/<str:pk>/rows/", ImportRowsView.as_view(), name="import-job-rows"),
    path("audit/", AuditViewSet.as_view({"get": "list"}), name="audit-list"),
    path("audit/<int:pk>/", AuditViewSet.as_view({"get": "retrieve"}), name="audit-detail"),
    path("events/", EventsView.as_view(), name="events"),
    path("health/", views.HealthView.as_view(), name="health"),
    path("health/live/", views.LiveView.as_view(), name="health-live"),
    path("health/ready/", views.ReadyView.as_view(), name="health-ready"),
    path("settings/", COMPANY_SETTINGS, name="settings"),
    path("settings/logo/", CompanyLogoView.as_view(), name="company-logo"),
    path("lots/<str:pk>/recall/", LotRecallViewSet.as_view({"get": "retrieve"}), name="lot-recall"),
    path(
        "saved-views/",
        SavedViewViewSet.as_view({"get": "list", "post": "create"}),
        name="saved-view-list",
    ),
    path("saved-views/<str:pk>/", SAVED_VIEW, name="saved-view-detail"),
    path("scan/", ScanView.as_view(), name="scan"),
    path("search/", SearchView.as_view(), name="search"),
    path("schedule/", ScheduleView.as_view(), name="schedule"),
    *WEBHOOKS,
]

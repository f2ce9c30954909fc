"""Every path of the product; each app lists its own under /api/."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerSplitView

from common.api.schema_view import SchemaView
from common.api.views import bad_request, not_found, server_error
from operations.api.metrics import metrics_view
from operations.views import favicon, home
from users.pages import ForgottenPasswordPage, NewAddressPage, NewPasswordPage

handler400 = bad_request
handler404 = not_found
handler500 = server_error

API_APPS = ["operations", "alerts", "purchasing", "sales", "inventory", "suppliers"]
API_APPS += ["warehouses", "users", "notifications"]

urlpatterns = [
    path("", home, name="home"),
    path("favicon.ico", favicon, name="favicon"),
    path("admin/", admin.site.urls),
    path("metrics", metrics_view, name="metrics"),
    path(
        "account/password/forgotten/",
        ForgottenPasswordPage.as_view(),
        name="admin_password_reset",
    ),
    path("account/password/", NewPasswordPage.as_view(), name="new-password"),
    path("account/email/", NewAddressPage.as_view(), name="new-address"),
    path("api/session/", include("users.session_urls")),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    *[path("api/", include(f"{app}.api.urls")) for app in API_APPS],
]

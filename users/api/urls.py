from django.urls import path
from rest_framework.routers import SimpleRouter

from users.api import email_changes, groups, own_access, schema, second_factors, views  # noqa: F401 - extensions register themselves

router = SimpleRouter()
router.register("groups", groups.GroupViewSet, basename="group")
router.register("auth/sessions", own_access.SessionViewSet, basename="session")
router.register("auth/tokens", own_access.ApiTokenViewSet, basename="api-token")

urlpatterns = [
    path("auth/login/", views.LoginView.as_view(), name="login"),
    path("auth/refresh/", views.RefreshView.as_view(), name="refresh"),
    path("auth/logout/", views.LogoutView.as_view(), name="logout"),
    path("auth/status/", views.StatusView.as_view(), name="auth-status"),
    path("auth/password/change/", own_access.PasswordChangeView.as_view(), name="password-change"),
    path("auth/password/reset/", own_access.PasswordResetView.as_view(), name="password-reset"),
    path(
        "auth/password/reset/confirm/",
        own_access.PasswordResetConfirmView.as_view(),
        name="password-reset-confirm",
    ),
    path("auth/email/change/", email_changes.EmailChangeView.as_view(), name="email-change"),
    path("auth/email/confirm/", email_changes.EmailConfirmView.as_view(), name="email-confirm"),
    path("auth/totp/", second_factors.SecondFactorView.as_view(), name="totp"),
    path(
        "auth/totp/confirm/",
        second_factors.ConfirmSecondFactorView.as_view(),
        name="totp-confirm",
    ),
    path(
        "auth/totp/disable/",
        second_factors.DisableSecondFactorView.as_view(),
        name="totp-disable",
    ),
    path("permissions/", groups.PermissionsView.as_view(), name="permissions"),
    path("token/", views.TokenView.as_view(), name="token"),
    path("token/refresh/", views.TokenRefreshView.as_view(), name="token-refresh"),
    *router.urls,
]

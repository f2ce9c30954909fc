"""Signing in to the browsable API, under the names by which the framework's pages link to it."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from users.pages import SignInPage

app_name = "rest_framework"
urlpatterns = [
    path("login/", SignInPage.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]

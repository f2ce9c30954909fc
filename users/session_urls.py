"""Signing in to the browsable API, under the names by which the framework's pages link to it."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from users.forms import SignInForm

app_name = "rest_framework"
urlpatterns = [
    path(
        "login/",
        LoginView.as_view(template_name="account/sign_in.html", authentication_form=SignInForm),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
]

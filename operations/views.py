"""Pages that are neither the API's nor the admin site's."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Lead who is signed in to the back office there; show others where to go."""
    if admin.site.has_permission(request):
        return HttpResponseRedirect(reverse("admin:index"))
    return render(request, "home.html")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead browsers that ask unasked for an icon to ours."""
    return HttpResponseRedirect(static("common/favicon.ico"))

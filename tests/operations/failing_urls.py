"""The product's paths and one that fails."""

from django.urls import path

from config import urls

handler500 = urls.handler500


def fail(request):
    return 1 / 0


urlpatterns = [*urls.urlpatterns, path("fails/", fail)]

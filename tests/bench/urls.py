"""The addresses of the portal, and an empty page: what a request costs before a page does anything."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import include, path


@login_not_required
def vide(request):
    return HttpResponse("")


urlpatterns = [path("vide/", vide), path("", include("portal.urls"))]

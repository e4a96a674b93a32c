"""Where each app is mounted."""

from django.contrib import admin
from django.urls import include, path

from portal import views

admin.site.site_header = admin.site.site_title = "Arrière-guichet"

urlpatterns = [
    path("structures/", include("structures.urls")),
    path("marches/", include("marches.urls")),
    path("clauses/", include("clauses.urls")),
    path("compte/", include("allauth.urls")),
    path("arriere-guichet/", admin.site.urls),
    path("sante/", views.sante, name="sante"),
    path("media/<path:path>", views.media, name="media"),
    path("", include("portal.pages.urls")),
]

handler400 = "portal.views.bad_request"
handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"

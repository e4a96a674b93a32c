from django.contrib.auth.decorators import login_not_required
from django.urls import path

from portal.pages.flux import FluxTemoignages
from portal.pages.views import accueil, chartes, redaction, site, statistiques, tableaux, temoignages

app_name = "pages"

urlpatterns = [
    path("", accueil.accueil, name="accueil"),
    path("tableau-de-bord/", tableaux.tableau_de_bord, name="tableau_de_bord"),
    path("importations/<int:pk>/", tableaux.importation, name="importation"),
    path("temoignages/", temoignages.list, name="temoignages"),
    path("temoignages/flux/", login_not_required(FluxTemoignages()), name="flux"),
    path("temoignages/<int:pk>-<slug:slug>/", temoignages.detail, name="temoignage"),
    path("chartes/", chartes.list, name="chartes"),
    path("chartes/nouvelle/", chartes.edit, name="charte_create"),
    path("chartes/<int:pk>/", chartes.detail, name="charte"),
    path("chartes/<int:pk>/modifier/", chartes.edit, name="charte_edit"),
    path("chartes/<int:pk>/signataires/", chartes.signataires, name="charte_signataires"),
    path("chartes/<int:pk>/signataires/<int:ligne>/retirer/", chartes.retirer, name="signataire_retirer"),
    path("mes-temoignages/", redaction.list, name="mes_temoignages"),
    path("mes-temoignages/nouveau/", redaction.create, name="temoignage_create"),
    path("mes-temoignages/depuis-un-bilan/<int:pk>/", redaction.depuis_bilan, name="temoignage_depuis_bilan"),
    path("mes-temoignages/<int:pk>/", redaction.edit, name="temoignage_edit"),
    path("mes-temoignages/<int:pk>/photos/", redaction.photos, name="temoignage_photos"),
    path("mes-temoignages/<int:pk>/photos/<int:photo_pk>/", redaction.photo_edit, name="photo_edit"),
    path("mes-temoignages/<int:pk>/photos/<int:photo_pk>/supprimer/", redaction.photo_delete, name="photo_delete"),
    path("mes-temoignages/<int:pk>/apercu/", redaction.preview, name="temoignage_apercu"),
    path("mes-temoignages/<int:pk>/publication/", redaction.publication, name="temoignage_publication"),
    path("mes-temoignages/<int:pk>/supprimer/", redaction.delete, name="temoignage_delete"),
    path("statistiques/", statistiques.statistiques, name="statistiques"),
    path("statistiques/<int:annee>/csv/", statistiques.statistiques_csv, name="statistiques_csv"),
    path("mentions-legales/", site.mentions_legales, name="mentions_legales"),
    path("accessibilite/", site.accessibilite, name="accessibilite"),
    path("credits/", site.credits, name="credits"),
    path("donnees-personnelles/", site.donnees_personnelles, name="donnees_personnelles"),
    path("robots.txt", site.robots, name="robots"),
    path("sitemap.xml", site.sitemap, name="sitemap"),
    path("favicon.ico", site.favicon, name="favicon"),
]

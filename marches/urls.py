from django.urls import path

from marches.views import achats, alliances, groupements, lots, marches, oeth, reconductions, registre

app_name = "marches"

urlpatterns = [
    path("", registre.list, name="list"),
    path("<int:pk>/", registre.detail, name="detail"),
    # A contract by hand
    path("nouveau/", marches.create, name="create"),
    path("<int:pk>/modifier/", marches.edit, name="edit"),
    path("<int:pk>/liens/", marches.liens, name="liens"),
    path("<int:pk>/publier/", marches.publier, name="publier"),
    path("<int:pk>/supprimer/", marches.supprimer, name="delete"),
    path("<int:pk>/revenir/", marches.revenir, name="revenir"),
    path("<int:pk>/historique/", marches.histoire, name="historique"),
    path("<int:pk>/lots/nouveau/", lots.create, name="lot_create"),
    path("lots/<int:pk>/modifier/", lots.edit, name="lot_edit"),
    path("lots/<int:pk>/supprimer/", lots.supprimer, name="lot_delete"),
    path("lots/<int:pk>/revenir/", lots.revenir, name="lot_revenir"),
    path("lots/<int:pk>/historique/", lots.histoire, name="lot_historique"),
    path("lots/<int:pk>/", registre.lot_detail, name="lot_detail"),
    # Renewals and ends
    path("lots/<int:pk>/reconductions/", reconductions.reconductions, name="lot_reconductions"),
    path("lots/<int:pk>/reconductions/<int:rang>/retirer/", reconductions.retirer, name="reconduction_retirer"),
    path("lots/<int:pk>/echeances.ics", reconductions.lot_ics, name="lot_ics"),
    path("echeances/", reconductions.echeances, name="echeances"),
    path("echeances/agenda/ouvrir/", reconductions.agenda_ouvrir, name="agenda_ouvrir"),
    path("echeances/agenda/fermer/", reconductions.agenda_fermer, name="agenda_fermer"),
    path("agenda/<str:jeton>.ics", reconductions.agenda, name="agenda"),
    path("lots/<int:pk>/rattacher/", registre.lot_rattacher, name="lot_rattacher"),
    path("lots/<int:pk>/detacher/", registre.lot_detacher, name="lot_detacher"),
    path("achats/", achats.tableau, name="achats"),
    path("achats/deposer/", achats.deposer, name="achats_deposer"),
    path("achats/depots/<int:pk>/colonnes/", achats.colonnes, name="achats_colonnes"),
    path("achats/depots/<int:pk>/apercu/", achats.apercu, name="achats_apercu"),
    path("achats/fichiers/<int:pk>/", achats.fichier, name="achats_fichier"),
    path("achats/fichiers/<int:pk>/supprimer/", achats.supprimer, name="achats_supprimer"),
    path("achats/rapprocher/", achats.rapprocher, name="achats_rapprocher"),
    path("achats/export/", achats.export, name="achats_export"),
    path("achats/synthese/", achats.export_synthese, name="achats_synthese"),
    path("achats/oeth/", oeth.oeth, name="oeth"),
    path("achats/oeth/fiche/", oeth.fiche, name="oeth_fiche"),
    path("achats/oeth/export/", oeth.export, name="oeth_export"),
    # Alliances
    path("alliances/", alliances.list, name="alliances"),
    path("alliances/nouvelle/", alliances.create, name="alliance_create"),
    path("alliances/<int:pk>-<slug:slug>/", alliances.detail, name="alliance"),
    path("alliances/<int:pk>/modifier/", alliances.edit, name="alliance_edit"),
    path("alliances/<int:pk>/proposer/", groupements.proposer, name="alliance_proposer"),
    path("alliances/quitter/<str:jeton>/", alliances.quitter, name="alliance_quitter"),
    # Groups of bidders
    path("groupements/", groupements.list, name="groupements"),
    path("lots/<int:lot_pk>/groupements/nouveau/", groupements.create, name="groupement_create"),
    path("groupements/<int:pk>/", groupements.detail, name="groupement"),
    path("groupements/<int:pk>/modifier/", groupements.edit, name="groupement_edit"),
    path("groupements/<int:pk>/imprimer/", groupements.imprimer, name="groupement_imprimer"),
    path("groupements/<int:pk>/supprimer/", groupements.supprimer, name="groupement_supprimer"),
    path("groupements/<int:pk>/retenir/", groupements.retenir, name="groupement_retenir"),
    path("groupements/<int:pk>/changer/", groupements.changer, name="groupement_changer"),
]

from django.urls import path

from clauses.views import calculateur, clauses, declarations, donnees, parcours, participants

app_name = "clauses"

urlpatterns = [
    path("", clauses.clause_list, name="list"),
    path("calculateur/", calculateur.calculateur, name="calculateur"),
    path("lots/<int:lot_pk>/nouvelle/", clauses.create, name="create"),
    path("<int:pk>/", clauses.detail, name="detail"),
    path("<int:pk>/heures-dues/", clauses.add_heures_dues, name="add_heures_dues"),
    path("<int:pk>/mois/", clauses.open_month, name="open_month"),
    path("participants/", participants.participants, name="participants"),
    path("participants/nouveau/", participants.participant_create, name="participant_create"),
    path("participants/<int:pk>/", participants.participant, name="participant"),
    path("participants/<int:pk>/fiche/", participants.fiche, name="participant_fiche"),
    path("participants/<int:pk>/eligibilites/", participants.add_eligibilite, name="add_eligibilite"),
    path("participants/<int:pk>/affectations/", participants.assign, name="assign"),
    path("participants/<int:pk>/formations/", parcours.formation, name="formation_create"),
    path("participants/<int:pk>/formations/<int:formation_pk>/", parcours.formation, name="formation"),
    path("participants/<int:pk>/donnees/", donnees.exporter, name="participant_export"),
    path("participants/<int:pk>/effacer/", donnees.effacer, name="participant_effacer"),
    path("participants/<int:pk>/notice/", donnees.notice_remise, name="notice_remise"),
    path("eligibilites/<int:pk>/prolonger/", parcours.prolonger, name="prolonger"),
    path("affectations/<int:pk>/passer/", parcours.transferer, name="transferer"),
    path("affectations/<int:pk>/matricule/", parcours.matricule, name="matricule"),
    path("salaries/", parcours.salaries, name="salaries"),
    path("registre-des-traitements/", donnees.registre, name="registre_traitements"),
    path("declarations/<int:pk>/", declarations.declaration, name="declaration"),
    path("declarations/<int:pk>/accepter-conformes/", declarations.accept_all_clean, name="accept_all_clean"),
    path("imputations/<int:pk>/accepter/", declarations.accept, name="accept"),
    path("imputations/<int:pk>/refuser/", declarations.refuse, name="refuse"),
    path("imputations/<int:pk>/annuler/", declarations.cancel, name="cancel"),
    path("imputations/<int:pk>/corriger/", declarations.correct, name="correct"),
]

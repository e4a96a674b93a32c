"""What each role has to do today, with and without data; a day is given."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clauses.models import Tache
from portal.pages.stats import tableaux
from portal.permissions import Role
from tests.conftest import sign_in
from tests.factories import (
    make_activite,
    make_clause,
    make_declaration,
    make_echange,
    make_eligibilite,
    make_envoi,
    make_heures_dues,
    make_importation,
    make_imputation,
    make_liste_favoris,
    make_lot,
    make_marche,
    make_message_echange,
    make_participant,
    make_revendication,
    make_structure,
    make_temoignage,
    make_titulaire,
    make_user,
)

ON = date(2026, 11, 22)
BOARD = "pages:tableau_de_bord"


@pytest.mark.parametrize("role", list(Role))
def test_a_board_without_data_says_so(db, role):
    page = sign_in(role).get(reverse(BOARD)).content.decode()
    assert "À faire aujourd’hui" in page
    assert page.count("<h1") == 1


def test_every_role_has_a_board():
    assert set(tableaux.PAR_ROLE) == set(Role)


def test_without_membership_one_learns_what_to_do(db):
    client = Client()
    user = make_user()
    client.force_login(user)
    page = client.get(reverse(BOARD)).content.decode()
    assert "rattaché" in page
    assert user.email in page


def test_a_visitor_signs_in(client, db):
    assert client.get(reverse(BOARD)).status_code == 302


def late_clause(lot, **given):
    clause = make_clause(lot=lot, **given)
    make_heures_dues(clause=clause, heures=Decimal(1000))
    return clause


def of_buyer(client):
    return make_marche(acheteur=client.acteur_organisation.acheteur)


def test_buyer(client_acheteur):
    marche = of_buyer(client_acheteur)
    make_lot(marche=marche, objet="Finit hier", date_fin=date(2026, 11, 21))
    today = make_lot(marche=marche, date_fin=ON)
    last = make_lot(marche=marche, date_fin=date(2027, 5, 22), reconductions=1)  # of unknown length
    start = {"marche": marche, "date_notification": date(2024, 3, 1), "duree_mois": 12, "date_fin": date(2025, 3, 1)}
    renewed = make_lot(**start, reconductions=2)  # until 01/03/2027
    make_lot(**start, reconductions=3)
    make_lot(marche=marche, date_fin=date(2027, 5, 23))
    make_lot(date_fin=ON)  # another buyer
    late = late_clause(today)
    late_clause(make_lot())
    on_time = late_clause(last)
    make_imputation(clause=on_time, etat="acceptee", heures=Decimal(900))
    board = tableaux.acheteur(client_acheteur.acteur, ON)
    assert [(each.lot, each.le) for each in board["fins"].rows] == [
        (today, ON), (renewed, date(2027, 3, 1)), (last, date(2027, 5, 22)),
    ]  # fmt: skip
    assert [suivi.clause for suivi in board["en_retard"].rows] == [late]
    assert board["nb_marches"] == 1
    assert board["objectif"] is None


def test_objective_of_hours(client_acheteur):
    buyer = client_acheteur.acteur_organisation.acheteur
    buyer.objectif_heures, buyer.annee_objectif = 1000, 2026
    buyer.save()
    clause = make_clause(lot=make_lot(marche=of_buyer(client_acheteur)))
    make_imputation(clause=clause, etat="acceptee", heures=Decimal("99.50"))
    make_imputation(clause=clause, etat="transmise", heures=Decimal(50))
    make_imputation(etat="acceptee", heures=Decimal(70))  # of another buyer
    found = tableaux.objectif(client_acheteur.acteur, ON)
    assert (found["heures"], found["acceptees"], found["annee"]) == (1000, Decimal("99.50"), 2026)
    assert found["attendu"] == round(326 / 365, 4)
    assert tableaux.objectif(client_acheteur.acteur, date(2025, 12, 31))["attendu"] == 0
    assert tableaux.objectif(client_acheteur.acteur, date(2027, 3, 1))["attendu"] == 1


def test_holder(client_entreprise):
    company = client_entreprise.acteur_organisation
    lot = make_titulaire(organisation=company).lot
    clause = late_clause(lot)
    late_clause(make_titulaire().lot)
    board = tableaux.entreprise(client_entreprise.acteur, ON)
    assert board["a_declarer"].rows == [clause]
    assert board["lots"].rows == [lot]
    assert [suivi.clause for suivi in board["en_retard"].rows] == [clause]

    opened = make_declaration(clause=clause, organisation=company, mois=date(2026, 10, 1))
    refused = make_imputation(
        clause=clause,
        declaration=make_declaration(clause=clause, organisation=company),
        etat="refusee",
        motif_refus="Contrat absent",
    )
    board = tableaux.entreprise(client_entreprise.acteur, ON)
    assert board["a_declarer"].rows == []
    assert board["en_saisie"].rows == [opened]
    assert board["refusees"].rows == [refused]
    assert "Contrat absent" in client_entreprise.get(reverse(BOARD)).content.decode()


@pytest.mark.parametrize(
    ("start", "end", "due"),
    [
        (date(2026, 10, 31), date(2027, 1, 1), True),
        (date(2026, 11, 1), date(2027, 1, 1), False),
        (date(2026, 1, 1), date(2026, 10, 1), True),
        (date(2026, 1, 1), date(2026, 9, 30), False),
    ],
)
def test_a_month_is_due_when_the_clause_ran_in_it(client_entreprise, start, end, due):
    lot = make_titulaire(organisation=client_entreprise.acteur_organisation).lot
    make_clause(lot=lot, date_debut=start, date_fin=end)
    assert tableaux.a_declarer(client_entreprise.acteur, ON).total == int(due)


def test_structure_sees_its_cards(client_structure):
    make_structure()
    board = tableaux.structure(client_structure.acteur, ON)
    (card,) = board["fiches"].rows
    assert card.organisation == client_structure.acteur_organisation
    assert card.nb_activites == 0
    assert "Sans activité" in client_structure.get(reverse(BOARD)).content.decode()


def test_facilitator(client_facilitateur):
    body = client_facilitateur.acteur_organisation.facilitateur
    clause = late_clause(make_lot(), facilitateur=body)
    late_clause(make_lot())
    sent = make_imputation(clause=clause, etat="transmise").declaration
    make_imputation(clause=clause, etat="acceptee")
    make_imputation(etat="transmise")
    for end, code in ((ON, "A"), (date(2027, 1, 21), "B"), (date(2027, 1, 22), "C"), (date(2026, 11, 21), "D")):
        make_eligibilite(participant=make_participant(facilitateur=body, code=code), valable_au=end)
    prolonged = make_participant(facilitateur=body, code="E")
    make_eligibilite(participant=prolonged, valable_au=ON)
    make_eligibilite(participant=prolonged, valable_au=date(2028, 1, 1))
    make_eligibilite(valable_au=ON)  # of another body
    board = tableaux.facilitateur(client_facilitateur.acteur, ON)
    assert [suivi.clause for suivi in board["en_retard"].rows] == [clause]
    assert board["a_verifier"].rows == [sent]
    assert [person.code for person in board["eligibilites"].rows] == ["A", "B"]
    assert board["nb_clauses"] == 1


def test_the_facilitator_finds_tasks_and_tools(client_facilitateur):
    body = client_facilitateur.acteur_organisation.facilitateur
    clause = late_clause(make_lot(), facilitateur=body)
    Tache.objects.create(clause=clause, intitule="Rappeler le chef de chantier", echeance=ON)
    Tache.objects.create(clause=late_clause(make_lot()), intitule="Tâche d'un autre", echeance=ON)
    page = client_facilitateur.get(reverse(BOARD)).content.decode()
    assert "Rappeler le chef de chantier" in page
    assert "Tâche d" not in page
    for name in ("points", "bilans", "attestations", "indicateurs", "clotures", "conventions", "modeles", "demandes"):
        assert f'href="{reverse(f"clauses:{name}")}"' in page


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("acheteur", ["list", "bilans", "estimations", "modeles", "conventions", "facilitateurs"]),
        ("structure", ["list", "salaries", "bilans", "attestations", "facilitateurs"]),
        ("entreprise", ["list", "salaries", "bilans", "attestations", "facilitateurs"]),
    ],
)
def test_each_role_reaches_the_pages_of_hours_it_may_open(request, role, names):
    client = request.getfixturevalue(f"client_{role}")
    page = client.get(reverse(BOARD)).content.decode()
    for name in names:
        url = reverse(f"clauses:{name}")
        assert f'href="{url}"' in page
        assert client.get(url).status_code == 200


def test_worst_clauses_first_and_old_ones_forgotten(client_facilitateur):
    body = client_facilitateur.acteur_organisation.facilitateur
    mild, worst = (late_clause(make_lot(), facilitateur=body) for _ in range(2))
    make_imputation(clause=mild, etat="acceptee", heures=Decimal(700))
    ended = late_clause(make_lot(), facilitateur=body, date_debut=date(2024, 1, 1), date_fin=date(2025, 11, 21))
    future = late_clause(make_lot(), facilitateur=body, date_debut=date(2026, 11, 23), date_fin=date(2027, 12, 1))
    found = [suivi.clause for suivi in tableaux.en_retard(client_facilitateur.acteur, ON).rows]
    assert found == [worst, mild]
    assert ended not in found
    assert future not in found


def test_network(client_reseau):
    own = client_reseau.acteur_organisation
    draft = make_temoignage(auteur=own, statut="brouillon", publie_le=None)
    out = make_temoignage(auteur=own)
    make_temoignage(statut="relu", publie_le=None)
    silent, busy = make_structure(), make_structure()
    make_activite(structure=busy)
    own.reseau.structures.add(silent, busy)
    make_structure()
    board = tableaux.reseau(client_reseau.acteur, ON)
    assert board["a_finir"].rows == [draft]
    assert board["publies"].rows == [out]
    assert board["nb_membres"] == 2
    assert board["sans_activite"].rows == [silent]


def test_a_message_to_read_is_said_to_the_organisation_that_receives_it(client_acheteur, client_structure):
    mine, theirs = client_acheteur.acteur_organisation, client_structure.acteur_organisation
    card = make_structure(organisation=theirs, identifiant_source="S1", nom="Les Jardins")
    thread = make_echange(structure=card, organisation=mine, sujet="Tontes de mai")
    message = make_message_echange(echange=thread)
    make_message_echange(sens="vers_acheteur")  # of others
    assert tableaux.messages_recus(client_acheteur.acteur).rows == []
    assert tableaux.messages_recus(client_structure.acteur).rows == [thread]
    page = client_structure.get(reverse(BOARD)).content.decode()
    assert thread.get_absolute_url() in page
    assert mine.nom in page
    message.lu_le = timezone.now()
    message.save()
    assert "Messages à lire" not in client_structure.get(reverse(BOARD)).content.decode()
    make_message_echange(echange=thread, sens="vers_acheteur")
    page = client_acheteur.get(reverse(BOARD)).content.decode()
    assert "Messages à lire (1)" in page
    assert "Les Jardins" in page


def test_claims_wait_for_those_who_answer_them(client_reseau, client_structure, client_administration):
    member = make_structure(nom="Sans personne")
    client_reseau.acteur_organisation.reseau.structures.add(member)
    claim = make_revendication(structure=member)
    make_revendication()  # outside the network
    make_revendication(structure=member, etat="a_confirmer")
    assert tableaux.rattachements(client_reseau.acteur).rows == [claim]
    assert tableaux.rattachements(client_structure.acteur).rows == []
    assert tableaux.rattachements(client_administration.acteur).total == 2
    page = client_reseau.get(reverse(BOARD)).content.decode()
    assert reverse("structures:revendication", args=[claim.pk]) in page
    assert "Demandes de rattachement" not in client_structure.get(reverse(BOARD)).content.decode()


@pytest.mark.parametrize(
    ("confirmed", "is_old"), [(date(2025, 11, 22), True), (date(2025, 11, 23), False), (None, False)]
)
def test_a_card_not_confirmed_for_a_year_is_to_read_again(client_structure, time_machine, confirmed, is_old):
    time_machine.move_to(ON.isoformat(), tick=False)
    own = client_structure.acteur_organisation
    card = make_structure(organisation=own, identifiant_source="S1", verifiee_le=confirmed)
    make_structure(organisation=own, identifiant_source="S2", remplacee_par=card)
    rows = tableaux.fiches(client_structure.acteur, ON).rows
    assert {row.pk: row.a_relire for row in rows}[card.pk] is is_old
    assert all(row.remplacee_par_id is None for row in rows)
    page = client_structure.get(reverse(BOARD)).content.decode()
    assert ("À relire" in page) is is_old
    assert reverse("structures:edition", args=[card.pk]) in page


def test_a_buyer_finds_lists_and_searches(client_acheteur):
    make_liste_favoris(organisation=client_acheteur.acteur_organisation)
    make_liste_favoris()
    board = tableaux.acheteur(client_acheteur.acteur, ON)
    assert (board["nb_listes"], board["nb_recherches"]) == (1, 0)
    page = client_acheteur.get(reverse(BOARD)).content.decode()
    for name in ("structures:favoris", "structures:recherches", "structures:echanges", "marches:achats"):
        assert f'href="{reverse(name)}"' in page


def test_without_membership_one_is_led_to_claim_a_card(client, db):
    user = make_user()
    mine, other = make_revendication(user=user), make_revendication()
    client.force_login(user)
    page = client.get(reverse(BOARD)).content.decode()
    assert "C’est votre structure" in page
    assert reverse("structures:revendiquer", args=[mine.structure_id]) in page
    assert other.structure.nom not in page


REPORT = {
    "fichier": "esat.csv", "lus": 75, "crees": 2, "mis_a_jour": 1, "inchanges": 0,
    "ecartes": [{"ligne": line, "raison": f"Raison {line}", "valeur": "<b>x</b>"} for line in range(1, 73)],
    "signalements": [{"ligne": 7, "raison": "SIRET invalide", "valeur": "12"}],
}  # fmt: skip


def test_administration(client_administration):
    make_importation(fichier="esat.csv", rapport=REPORT)
    make_importation(fichier="vide.csv")
    make_envoi(etat="echec", sujet="Perdu")
    make_envoi(etat="envoye", sujet="Bien arrivé")
    unfinished, done = tableaux.importations()
    assert (done.lus, done.crees, done.mis_a_jour, done.inchanges, done.ecartes) == (75, 2, 1, 0, 72)
    assert unfinished.ecartes is None
    page = client_administration.get(reverse(BOARD)).content.decode()
    assert "Perdu" in page
    assert "Bien arrivé" not in page
    assert "esat.csv" in page


def test_report_of_an_import(client_administration):
    address = reverse("pages:importation", args=[make_importation(rapport=REPORT).pk])
    page = client_administration.get(address).content.decode()
    assert "Raison 50" in page
    assert "Raison 51" not in page
    assert "SIRET invalide" in page
    assert "<b>x" not in page
    assert "Raison 72" in client_administration.get(address, {"page": "9" * 31}).content.decode()


@pytest.mark.parametrize(
    "saved",
    [{}, [], "texte", {"ecartes": 3}, {"lus": "x", "ecartes": ["a", None]}, {"fichiers": [REPORT, 3], "ecartes": 72}],
)
def test_any_saved_report_is_shown(client_administration, saved):
    address = reverse("pages:importation", args=[make_importation(rapport=saved).pk])
    assert client_administration.get(address).status_code == 200
    assert client_administration.get(reverse(BOARD)).status_code == 200


def test_an_import_without_report_does_not_claim_that_all_is_well(client_administration):
    unknown, known = make_importation(), make_importation(rapport=REPORT | {"ecartes": []})
    page = client_administration.get(reverse("pages:importation", args=[unknown.pk])).content.decode()
    assert "pas laissé de compte rendu" in page
    assert "tout le fichier est dans le portail" not in page
    page = client_administration.get(reverse("pages:importation", args=[known.pk])).content.decode()
    assert "tout le fichier est dans le portail" in page


def test_a_message_in_flight_for_a_moment_is_no_trouble(client_administration):
    make_envoi(etat="en_cours", sujet="Bloqué", envoye_le=timezone.now() - timedelta(hours=1))
    make_envoi(etat="en_cours", sujet="Ça part", envoye_le=timezone.now())
    page = client_administration.get(reverse(BOARD)).content.decode()
    assert "Bloqué" in page
    assert "Ça part" not in page


def test_reports_are_for_administration_and_networks_see_their_own(
    client, client_reseau, client_acheteur, client_administration
):
    address = reverse("pages:importation", args=[make_importation().pk])
    assert client.get(address).status_code == 302
    assert client_acheteur.get(address).status_code == 404  # not one of theirs
    assert client_reseau.get(address).status_code == 404
    assert client_administration.get(reverse("pages:importation", args=[10**15])).status_code == 404


def fill(client):
    """One more row of everything a board may show."""
    own = client.acteur_organisation
    acheteur = getattr(own, "acheteur", None)
    marche = make_marche(acheteur=acheteur) if acheteur else make_marche()
    lot = make_lot(marche=marche, date_fin=date(2026, 12, 31))
    make_titulaire(lot=lot, organisation=own)
    clause = late_clause(lot, facilitateur=getattr(own, "facilitateur", None))
    for number, (etat, motif) in enumerate((("transmise", ""), ("refusee", "Motif"), ("brouillon", "")), start=1):
        month = make_declaration(clause=clause, organisation=own, mois=date(2026, number, 1))
        make_imputation(clause=clause, declaration=month, etat=etat, motif_refus=motif)
    if hasattr(own, "facilitateur"):
        make_eligibilite(participant=make_participant(facilitateur=own.facilitateur), valable_au=ON)
    if hasattr(own, "reseau"):
        own.reseau.structures.add(make_structure())
        make_temoignage(auteur=own)
        make_temoignage(auteur=own, statut="brouillon", publie_le=None)
    card = make_structure(organisation=own, identifiant_source=f"S{lot.pk}")
    make_revendication(structure=card)
    make_message_echange(echange=make_echange(structure=card))
    make_message_echange(echange=make_echange(organisation=own), sens="vers_acheteur")
    make_importation(rapport=REPORT)
    make_envoi(etat="echec")


@pytest.mark.parametrize("role", list(Role))
def test_a_board_costs_the_same_for_ten_rows(db, role, time_machine, django_assert_num_queries):
    time_machine.move_to(ON.isoformat(), tick=False)
    client = sign_in(role)
    for _ in range(tableaux.SHOWN + 1):  # beyond the rows shown, a list is counted
        fill(client)
    with CaptureQueriesContext(connection) as few:
        assert client.get(reverse(BOARD)).status_code == 200
    assert len(few) <= 30
    for _ in range(4):
        fill(client)
    with django_assert_num_queries(len(few)):
        client.get(reverse(BOARD))


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("entreprise", "Transmettez les heures faites"),
        ("acheteur", "Faites le point avec le facilitateur"),
        ("facilitateur", "Convoquez l&#x27;entreprise"),
    ],
)
def test_a_late_clause_says_what_the_reader_has_to_do(request, role, said):
    client = request.getfixturevalue(f"client_{role}")
    org, lot = client.acteur_organisation, make_lot()
    if role == "acheteur":
        lot = make_lot(marche=make_marche(acheteur=org.acheteur))
    if role == "entreprise":
        make_titulaire(lot=lot, organisation=org)
    today = timezone.localdate()
    options = {"facilitateur": org.facilitateur} if role == "facilitateur" else {}
    clause = make_clause(
        lot=lot, date_debut=today - timedelta(days=300), date_fin=today + timedelta(days=300), **options
    )
    make_heures_dues(clause=clause, heures=1000, date_effet=clause.date_debut)
    for url in (reverse(BOARD), clause.get_absolute_url()):
        assert said in client.get(url).content.decode()

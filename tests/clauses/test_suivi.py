"""The life of a clause: opening balance, hand-over, invitation, meetings and tasks."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from clauses import actions
from clauses.actions.passations import followed_here_alone
from clauses.models import ClauseSociale, Passation, RepriseHeures, Reunion, Tache
from portal.models import Envoi
from portal.permissions import Role
from structures.enums import Kind
from structures.models import Invitation
from tests import factories as f
from tests.clauses.helpers import text
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
HUGE = 10**30


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


def post(chantier, name, pk=None, client=None, **data):
    client = client or chantier.client(Role.FACILITATEUR)
    return client.post(reverse(f"clauses:{name}", args=[pk or chantier.clause.pk]), data)


REPRISE = {"heures": "120,5", "arretee_au": "2026-02-28", "justificatif_vu_le": "2026-06-01", "personnes": "3"}


def test_an_opening_balance_counts_from_its_day(chantier):
    chantier.sent(10)
    assert post(chantier, "reprise", **REPRISE).url == chantier.clause.get_absolute_url()
    assert chantier.totals(date(2026, 2, 27)) == (1000, 0, 0)
    assert chantier.totals(date(2026, 2, 28)) == (1000, Decimal("120.50"), Decimal("120.50"))
    assert chantier.totals() == (1000, Decimal("130.50"), Decimal("120.50"))
    assert "Heures reprises" in text(chantier.client(Role.FACILITATEUR).get(chantier.clause.get_absolute_url()))
    both = post(chantier, "reprise", **REPRISE | {"organisation": chantier.entreprise.pk})
    assert "jamais les deux" in text(both)


@pytest.mark.parametrize(
    "data",
    [
        {"heures": "0"}, {"heures": "1e400"}, {"heures": "\x00"}, {"organisation": HUGE}, {"organisation": "\x00"},
        {"personnes": "-1"}, {"personnes": "9" * 400}, {"arretee_au": "2025-12-31"}, {"arretee_au": "2026-06-16"},
        {"justificatif_vu_le": "2026-02-27"}, {"justificatif_vu_le": "2026-06-16"}, {"arretee_au": "\x00"},
        {"arretee_au": "2026-03-31"},  # hours of March are declared: they would count twice
    ],
)  # fmt: skip
def test_an_opening_balance_that_cannot_be_is_refused(chantier, data):
    chantier.sent(10)
    response = post(chantier, "reprise", **REPRISE | data)
    assert response.context["form"].errors
    assert not RepriseHeures.objects.exists()


def test_a_clause_is_handed_over_with_its_history_and_its_own_people(chantier):
    here, shared, _ = chantier.affectations
    chantier.sent(10, 20)
    elsewhere = f.make_clause(facilitateur=chantier.facilitateur)
    f.make_imputation(clause=elsewhere, ligne=f.make_ligne_heures(affectation=shared, du=date(2026, 4, 1),
                                                                 au=date(2026, 4, 30)))  # fmt: skip
    receiver = sign_in(Role.FACILITATEUR)
    vers = receiver.acteur_organisation.facilitateur
    assert "Choisissez" in text(post(chantier, "passer", motif="Nouveau territoire", vers=chantier.facilitateur.pk))
    assert post(chantier, "passer", motif="Nouveau territoire", vers=vers.pk).status_code == 302
    passation = Passation.objects.get()
    assert Envoi.objects.get(cle=f"passation:{passation.pk}").destinataire == receiver.user.email
    assert "attend déjà une réponse" in text(post(chantier, "passer", motif="Encore", vers=vers.pk))
    url = chantier.clause.get_absolute_url()
    assert receiver.get(url).status_code == 404  # not before it accepts
    assert post(chantier, "passation", passation.pk, acceptee="oui").status_code == 404  # the giver does not answer
    assert "Dites pourquoi" in text(post(chantier, "passation", passation.pk, receiver, acceptee="non"))
    assert list(followed_here_alone(chantier.clause, chantier.facilitateur)) == [here.participant]

    buyer, holder = chantier.client(Role.ACHETEUR), chantier.client(Role.ENTREPRISE)
    convention = f.make_convention(facilitateur=vers, signee_le="2026-01-01")
    f.make_partie_convention(convention=convention, acheteur=chantier.acheteur)
    assert post(chantier, "passation", passation.pk, receiver, acceptee="oui").url == url
    told = Envoi.objects.filter(cle=f"passation_annoncee:{passation.pk}").values_list("destinataire", flat=True)
    assert set(told) == {buyer.user.email, holder.user.email}
    assert "Auparavant" in text(buyer.get(url))
    assert "Suivi repris par un autre facilitateur" in text(receiver.get(url))
    assert "Historique de la clause" not in text(buyer.get(url))
    assert ClauseSociale.objects.get(pk=chantier.clause.pk).convention == convention
    assert receiver.get(url).status_code == 200
    assert receiver.get(chantier.month.get_absolute_url()).status_code == 200
    assert chantier.client(Role.FACILITATEUR).get(url).status_code == 404
    for affectation, owner in [(here, vers), (shared, chantier.facilitateur)]:
        affectation.participant.refresh_from_db()
        assert affectation.participant.facilitateur == owner
    assert ClauseSociale.objects.get(pk=chantier.clause.pk).history.first().history_change_reason == "passation"
    assert post(chantier, "passation", passation.pk, receiver, acceptee="oui").status_code == 404  # once


def test_a_hand_over_refused_changes_nothing(chantier):
    receiver = sign_in(Role.FACILITATEUR)
    passation = f.make_passation(
        clause=chantier.clause, de=chantier.facilitateur, vers=receiver.acteur_organisation.facilitateur
    )
    assert post(chantier, "passation", passation.pk, receiver, acceptee="non", reponse="Trop loin").status_code == 302
    assert "Trop loin" in text(chantier.client(Role.FACILITATEUR).get(chantier.clause.get_absolute_url()))


def test_the_giver_takes_its_offer_back_before_any_answer(chantier):
    receiver = sign_in(Role.FACILITATEUR)
    passation = f.make_passation(
        clause=chantier.clause, de=chantier.facilitateur, vers=receiver.acteur_organisation.facilitateur
    )
    assert post(chantier, "passation_retirer", passation.pk, receiver).status_code == 404
    assert "Retirer la proposition" in text(chantier.client(Role.FACILITATEUR).get(chantier.clause.get_absolute_url()))
    assert post(chantier, "passation_retirer", passation.pk).url == chantier.clause.get_absolute_url()
    assert not Passation.objects.exists()
    given = f.make_passation(clause=chantier.clause, de=chantier.facilitateur, acceptee=False)
    assert post(chantier, "passation_retirer", given.pk).status_code == 404


def test_a_gap_under_way_is_brought_to_its_end_first(chantier):
    f.make_ecart(clause=chantier.clause, etape="notifie")
    response = post(chantier, "passer", motif="x", vers=f.make_facilitateur().pk)
    assert "menez-le à son terme" in text(response)


def test_the_holder_is_invited_once_then_its_team_invites(chantier):
    stranger = f.make_organisation()
    data = {"courriel": "Contact@Entreprise.example"}
    assert post(chantier, "inviter", organisation=stranger.pk, **data).context["form"].errors
    assert post(chantier, "inviter", organisation=chantier.entreprise.pk, **data).status_code == 302
    invitation = Invitation.objects.get()
    assert (invitation.organisation, invitation.role) == (chantier.entreprise, Role.ENTREPRISE)
    assert invitation.courriel == "contact@entreprise.example"
    mail = Envoi.objects.get(destinataire=invitation.courriel)
    assert (
        mail.sujet == f"{chantier.facilitateur} vous invite à déclarer les heures d'insertion de {chantier.entreprise}"
    )
    assert f"déclarer chaque mois les heures d'insertion du marché «\u00a0{chantier.clause.lot.marche}" in mail.texte
    sign_in(Role.ENTREPRISE, organisation=chantier.entreprise)
    assert "a déjà un compte" in text(post(chantier, "inviter", organisation=chantier.entreprise.pk, **data))


def test_an_inclusive_structure_invited_as_a_holder_is_called_what_it_is(chantier, client):
    """It may declare, and does not edit the card of the directory for all that: the role stays, its name changes."""
    f.make_structure(organisation=chantier.entreprise, kind=Kind.EI)
    post(chantier, "inviter", organisation=chantier.entreprise.pk, courriel="contact@entreprise.example")
    invitation = Invitation.objects.get()
    assert invitation.role == Role.ENTREPRISE
    mail = Envoi.objects.get(destinataire=invitation.courriel)
    assert "profil : Structure inclusive titulaire (EI)" in mail.texte.replace("\xa0", " ")
    user = f.make_user(email=invitation.courriel)
    client.force_login(user)
    address = reverse("structures:invitation", args=[invitation.jeton])
    assert "Structure inclusive titulaire (EI)" in text(client.get(address))
    client.post(address)
    for page in ("pages:tableau_de_bord", "structures:equipe"):
        shown = text(client.get(reverse(page)))
        assert "Structure inclusive titulaire (EI)" in shown
        assert "Entreprise titulaire" not in shown
    company = sign_in(Role.ENTREPRISE)
    assert "Entreprise titulaire" in text(company.get(reverse("pages:tableau_de_bord")))


def test_a_meeting_gives_tasks_that_are_done_and_done_again(chantier):
    data = {"le": "2026-06-10", "objet": "Comité", "taches": "Relancer\n\nVisiter", "echeance": "2026-06-12"}
    assert post(chantier, "reunion", **data).status_code == 302
    assert post(chantier, "tache", intitule="Appeler").status_code == 302
    assert [t.intitule for t in Tache.objects.order_by("pk")] == ["Relancer", "Visiter", "Appeler"]
    assert "en retard" in text(chantier.client(Role.FACILITATEUR).get(chantier.clause.get_absolute_url()))
    task = Tache.objects.first()
    for done in (date(2026, 6, 15), None):
        assert post(chantier, "tache_faite", task.pk).status_code == 302
        task.refresh_from_db()
        assert task.faite_le == done
    assert Reunion.objects.get().par is not None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("reunion", {"le": "x", "objet": "a"}), ("reunion", {"le": "2026-06-10", "objet": "\x00"}),
        ("reunion", {"le": "2026-06-10", "objet": "a", "compte_rendu": "x" * 200_000}),
        ("reunion", {"le": "2026-06-10", "objet": "a", "taches": "x\n" * 30}),
        ("reunion", {"le": "2026-06-10", "objet": "a", "taches": "x" * 300}),
        ("tache", {"intitule": ""}), ("tache", {"intitule": "x" * 300}), ("tache", {"intitule": "a\x00"}),
        ("passer", {"vers": HUGE, "motif": "x"}), ("passer", {"vers": "\x00", "motif": "x"}),
        ("inviter", {"organisation": HUGE, "courriel": "a@b.fr"}), ("inviter", {"courriel": "\x00"}),
    ],
)  # fmt: skip
def test_bad_input_writes_nothing(chantier, name, data):
    assert post(chantier, name, **data).context["form"].errors
    assert not Reunion.objects.exists()
    assert not Tache.objects.exists()
    assert not Passation.objects.exists()


def test_the_page_of_a_clause_costs_the_same_whatever_was_noted(chantier, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, url = chantier.client(Role.FACILITATEUR), chantier.clause.get_absolute_url()
    make = (f.make_reunion, f.make_tache)
    for one in make:
        one(clause=chantier.clause)
    f.make_passation(clause=chantier.clause, de=chantier.facilitateur, acceptee=False)
    f.make_ecart(clause=chantier.clause, etape="clos")
    client.get(url)
    with CaptureQueriesContext(connection) as once:
        client.get(url)
    for one in make * 12:
        one(clause=chantier.clause)
    for _ in range(8):
        f.make_passation(clause=chantier.clause, de=chantier.facilitateur, acceptee=False)
        f.make_ecart(clause=chantier.clause, etape="clos")
        f.make_reprise_heures(clause=chantier.clause, organisation=f.make_organisation())
    with django_assert_num_queries(len(once)):
        client.get(url)


# The board -----------------------------------------------------------------------------------------------------------
def test_the_board_tells_what_waits(chantier):
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:list")
    calm = text(client.get(url))
    assert "Aucune éligibilité ne se termine" in calm
    assert "Aucune personne sortie" in calm
    for days, expected in [("2026-08-14", 1), ("2026-08-15", 1)]:  # 60 days, then one too many
        f.make_eligibilite(participant=f.make_participant(facilitateur=chantier.facilitateur), valable_au=days)
        assert client.get(url).context["a_traiter"]["eligibilites"] == expected
    gone = f.make_participant(
        facilitateur=chantier.facilitateur, entree_le=date(2026, 1, 5), sortie_le=date(2026, 3, 15)
    )
    f.make_participant(facilitateur=chantier.facilitateur, sortie_le=date(2026, 3, 16))  # not three months yet
    f.make_ecart(clause=chantier.clause, etape="notifie")
    f.make_convention(
        facilitateur=chantier.facilitateur,
        intitule="Ville et bailleur",
        date_fin=date(2026, 9, 1),
        signee_le="2026-01-01",
    )
    f.make_tache(clause=chantier.clause, intitule="Relancer le titulaire", echeance=date(2026, 6, 1))
    f.make_passation(vers=chantier.facilitateur)
    page = client.get(url)
    words = text(page)
    assert page.context["a_traiter"]["points"] == 1
    assert page.context["a_traiter"]["points_en_retard"] == 0  # due today
    for said in ("Écart de 133 h", "Ville et bailleur", "Relancer le titulaire", "Clause proposée par", "en retard"):
        assert said in words
    f.make_point_suivi(participant=gone, terme=3)
    assert client.get(url).context["a_traiter"]["points"] == 0
    other = text(sign_in(Role.FACILITATEUR).get(url))
    assert "Ville et bailleur" not in other
    assert "Relancer" not in other
    assert chantier.client(Role.ENTREPRISE).get(url).context["a_traiter"] is None


def test_the_board_filters_by_territory_and_convention(chantier):
    place = f.make_departement()
    convention = f.make_convention(facilitateur=chantier.facilitateur)
    there = f.make_clause(lot=f.make_lot(departement=place), facilitateur=chantier.facilitateur, convention=convention)
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:list")

    def shown(**query):
        return {s["clause"] for s in client.get(url, query).context["page"]}

    assert shown() == {chantier.clause, there}
    assert shown(departement=place.pk) == shown(convention=convention.pk) == {there}
    for bad in (HUGE, "\x00", "x"):
        assert client.get(url, {"departement": bad, "convention": bad}).status_code == 200


def test_the_board_costs_the_same_for_one_clause_and_for_150(chantier, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:list")

    def add():
        clause = f.make_clause(facilitateur=chantier.facilitateur)
        group = f.make_groupement(lot=clause.lot, retenu=True)
        for leads in (True, False):
            f.make_membre_groupement(groupement=group, mandataire=leads)
        f.make_declaration(clause=clause, mois=date(2026, 4, 1))
        f.make_heures_dues(clause=clause)
        f.make_ecart(clause=clause)
        f.make_tache(clause=clause, echeance=date(2026, 6, 1))
        f.make_passation(vers=chantier.facilitateur)
        f.make_convention(facilitateur=chantier.facilitateur, date_fin=date(2026, 9, 1))

    add()
    client.get(url)
    with CaptureQueriesContext(connection) as once:
        client.get(url)
    for _ in range(149):
        add()
    with django_assert_num_queries(len(once)):
        client.get(url)


def test_the_board_tells_the_part_of_each_member_and_the_requests_received(chantier):
    other = f.make_organisation(denomination="Second membre")
    group = f.make_groupement(lot=chantier.clause.lot, retenu=True)
    for organisation, leads in [(chantier.entreprise, True), (other, False)]:
        f.make_membre_groupement(groupement=group, organisation=organisation, mandataire=leads)
    f.make_heures_dues(clause=chantier.clause, membre=other, heures=300)
    f.make_reprise_heures(clause=chantier.clause, organisation=other, heures=50)
    for imputation in chantier.sent(10, 20):
        actions.accept(imputation, by=chantier.by)
    f.make_demande_facilitateur(facilitateur=chantier.facilitateur)
    url = reverse("clauses:list")
    page = chantier.client(Role.FACILITATEUR).get(url)
    (row,) = page.context["page"]
    assert [(part["dues"], part["acceptees"]) for part in row["parts"]] == [(0, 30), (300, 50)]
    assert "Second membre&nbsp;: 50" in page.content.decode()
    assert "1 demande reçue" in text(page)
    structure = sign_in(Role.STRUCTURE, organisation=other)
    assert structure.get(url).context["page"].rows[0]["parts"] == []


def test_each_member_of_a_group_sees_its_part(chantier):
    other = f.make_organisation(denomination="Second membre")
    group = f.make_groupement(lot=chantier.clause.lot, retenu=True)
    for organisation, leads in [(chantier.entreprise, True), (other, False)]:
        f.make_membre_groupement(groupement=group, organisation=organisation, mandataire=leads)
    f.make_heures_dues(clause=chantier.clause, membre=other, heures=300)
    f.make_reprise_heures(clause=chantier.clause, organisation=other, heures=50)
    chantier.sent(10)
    page = chantier.client(Role.ACHETEUR).get(chantier.clause.get_absolute_url())
    parts = {p["organisation"]: (p["dues"], p["declarees"], p["acceptees"]) for p in page.context["parts"]}
    assert parts == {chantier.entreprise: (0, 10, 0), other: (300, 50, 50), None: (1000, 0, 0)}
    assert sum(p[0] for p in parts.values()) == chantier.totals()[0]
    assert sum(p[1] for p in parts.values()) == chantier.totals()[1]
    assert "Part de chaque membre" in text(page)

"""Who sees what; pages of clauses; panels."""

from datetime import date

import pytest
import time_machine
from django.template.loader import render_to_string
from django.urls import reverse

from clauses import actions
from clauses.enums import Etat
from clauses.models import ClauseSociale, Declaration, HeuresDues, Imputation, Participant
from clauses.querysets import DECLARENTS
from portal.permissions import Acteur, Role
from tests import factories as f
from tests.clauses.helpers import text
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
HUGE = 10**30


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


# Who sees what -------------------------------------------------------------------------------------------------------
def reach(chantier):
    """Each kind of actor, and whether it sees the clause, its month, its people."""
    employer = f.make_organisation()
    affectation = f.make_affectation(participant=chantier.affectations[0].participant, employeur=employer)
    line = f.make_ligne_heures(affectation=affectation)
    f.make_imputation(ligne=line, clause=chantier.clause, declaration=chantier.month)
    member = f.make_membre_groupement(groupement=f.make_groupement(lot=chantier.clause.lot)).organisation
    loser = f.make_membre_groupement(groupement=f.make_groupement(lot=chantier.clause.lot, retenu=False)).organisation
    siren = chantier.acheteur.organisation.siren
    sister = f.make_organisation(identifiant=f.make_siret(siren, nic=2))
    other, fac = f.make_organisation(), chantier.facilitateur.organisation
    E, S, A, F = Role.ENTREPRISE, Role.STRUCTURE, Role.ACHETEUR, Role.FACILITATEUR  # noqa: N806
    return [
        (F, fac, True, True, 3),
        (F, f.make_facilitateur().organisation, False, False, 0),
        (A, chantier.acheteur.organisation, True, False, 0),
        (A, sister, True, False, 0),
        (A, f.make_acheteur().organisation, False, False, 0),
        (E, chantier.entreprise, True, True, 3),
        (S, chantier.entreprise, True, True, 3),
        (E, member, True, False, 0),
        (S, loser, False, False, 0),
        (S, employer, True, False, 1),
        (E, other, False, False, 0),
        (E, fac, False, False, 0),
        (Role.RESEAU, fac, False, False, 0),
        (Role.ADMINISTRATION, fac, False, False, 0),
        (None, None, False, False, 0),
    ]


def test_reach(chantier):
    for role, organisation, clause, month, people in reach(chantier):
        acteur = Acteur(f.make_user() if role else None, organisation, role)
        seen = (
            list(ClauseSociale.objects.visible_to(acteur)) == [chantier.clause],
            Declaration.objects.visible_to(acteur).exists(),
            Participant.objects.visible_to(acteur).count(),
        )
        assert seen == (clause, month, people), (role, organisation)
        facilitator = role == Role.FACILITATEUR and clause
        assert ClauseSociale.objects.editable_by(acteur).exists() is facilitator
        assert Participant.objects.editable_by(acteur).exists() is facilitator
        assert Declaration.objects.decidable_by(acteur).exists() is facilitator


PAGES = [
    ("list", None, {"visitor": 302, "A": 200, "S": 200, "E": 200, "F": 200, "R": 403}),
    ("calculateur", None, {"visitor": 200, "A": 200, "S": 200, "E": 200, "F": 200, "R": 200}),
    ("detail", "clause", {"visitor": 302, "A": 404, "S": 404, "E": 404, "F": 404, "R": 403}),
    ("declaration", "month", {"visitor": 302, "A": 403, "S": 404, "E": 404, "F": 404, "R": 403}),
    ("participants", None, {"visitor": 302, "A": 403, "S": 403, "E": 403, "F": 200, "R": 403}),
    ("participant_create", None, {"visitor": 302, "A": 403, "S": 403, "E": 403, "F": 200, "R": 403}),
    ("participant", "person", {"visitor": 302, "A": 403, "S": 403, "E": 403, "F": 404, "R": 403}),
    ("participant_fiche", "person", {"visitor": 302, "A": 403, "S": 403, "E": 403, "F": 404, "R": 403}),
    ("create", "lot", {"visitor": 302, "A": 403, "S": 403, "E": 403, "F": 200, "R": 403}),
]
POSTS = [
    ("add_heures_dues", "clause", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("open_month", "clause", {"visitor": 302, "A": 403, "E": 404, "F": 404}),
    ("declaration", "month", {"visitor": 302, "A": 403, "E": 404, "F": 404}),
    ("add_eligibilite", "person", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("assign", "person", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("accept_all_clean", "month", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("accept", "line", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("refuse", "line", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("correct", "line", {"visitor": 302, "A": 403, "E": 404, "F": 404}),
]


@pytest.mark.parametrize(("method", "pages"), [("get", PAGES), ("post", POSTS)])
def test_what_belongs_to_others_does_not_open(client, chantier, method, pages):
    (line,) = chantier.sent(10)
    keys = {"clause": chantier.clause.pk, "month": chantier.month.pk, "line": line.pk, "lot": chantier.clause.lot_id}
    keys["person"] = chantier.affectations[0].participant_id
    roles = {"A": Role.ACHETEUR, "S": Role.STRUCTURE, "E": Role.ENTREPRISE, "F": Role.FACILITATEUR, "R": Role.RESEAU}
    clients = {"visitor": client} | {letter: sign_in(role) for letter, role in roles.items()}
    for name, key, answers in pages:
        url = reverse(f"clauses:{name}", args=[keys[key]] if key else [])
        for who, expected in answers.items():
            assert getattr(clients[who], method)(url).status_code == expected, (name, who)
    assert Imputation.objects.get().etat == Etat.TRANSMISE


@pytest.mark.parametrize("name", ["add_heures_dues", "open_month", "accept_all_clean", "accept", "refuse", "correct"])
def test_writes_are_posts(client_facilitateur, name):
    assert client_facilitateur.get(reverse(f"clauses:{name}", args=[1])).status_code == 405


@pytest.mark.parametrize("name", ["detail", "declaration", "participant", "create"])
def test_a_number_too_large_is_not_found(client_facilitateur, name):
    assert client_facilitateur.get(reverse(f"clauses:{name}", args=[HUGE])).status_code == 404


def test_criteria_stay_with_the_facilitator(chantier):
    chantier.sent(230)
    page = text(chantier.client(Role.ENTREPRISE).get(chantier.month.get_absolute_url()))
    assert chantier.affectations[0].participant.code in page
    assert "Demandeur" not in page
    assert "ligibilité" not in page
    assert "au-delà de" not in page


def test_a_gap_already_decided_is_not_offered_again(chantier):
    page = chantier.clause.get_absolute_url()

    def offered():
        return chantier.client(Role.FACILITATEUR).get(page).context["may_find_gap"]

    assert offered()
    f.make_ecart(clause=chantier.clause, etape="clos", heures_dues=1000, heures_acceptees=0)
    assert not offered()
    (first,) = chantier.sent(100)
    actions.accept(first, by=chantier.by)
    assert offered()  # the figures moved since the decision


def test_the_number_of_people_stays_with_their_facilitator_and_their_employer(chantier):
    """Per clause, and then summed, exact counts would tell by subtraction what the yearly report of a buyer hides."""
    for imputation in chantier.sent(10, 20, 30):
        actions.accept(imputation, by=chantier.by)
    lent = f.make_organisation()
    other = f.make_affectation(participant=f.make_participant(facilitateur=chantier.facilitateur), employeur=lent)
    f.make_imputation(declaration=chantier.month, ligne=f.make_ligne_heures(affectation=other), etat=Etat.ACCEPTEE)
    page = chantier.clause.get_absolute_url()

    def told(role, organisation=None):
        client = sign_in(role, organisation=organisation) if organisation else chantier.client(role)
        return client.get(page).context["people"]

    assert told(Role.FACILITATEUR) == 4
    assert told(Role.ENTREPRISE) == 4  # it declares them all, whoever employs them
    assert told(Role.STRUCTURE, lent) == 1
    assert told(Role.ACHETEUR) is None
    assert "personne" not in text(chantier.client(Role.ACHETEUR).get(page)).split("</h1>")[1].split("Repères")[0]


# Clauses -------------------------------------------------------------------------------------------------------------
def test_the_clause_of_a_reserved_lot_is_proposed_as_such(client_facilitateur):
    for reservation, kind in (("aucune", None), ("insertion", "reserve")):
        lot = f.make_lot(reservation=reservation)
        form = client_facilitateur.get(reverse("clauses:create", args=[lot.pk])).context["form"]
        assert form.initial.get("type") == kind


def test_a_facilitator_creates_a_clause_from_a_calculation(client_facilitateur):
    lot = f.make_lot(date_debut=date(2026, 1, 1), date_fin=date(2026, 12, 31))
    url = reverse("clauses:create", args=[lot.pk]) + "?heures=833&montant=1000000&part=0.5&taux=0.05&cout=30&source=x"
    form = client_facilitateur.get(url).context["form"]
    data = {"type": "condition", "date_debut": form["date_debut"].value(), "date_fin": form["date_fin"].value()}
    refused = client_facilitateur.post(url, data | {"heures": "900"})
    assert "motif" in refused.context["form"].errors
    created = client_facilitateur.post(url, data | {"heures": "833"})
    clause = ClauseSociale.objects.get()
    assert created.url == clause.get_absolute_url()
    assert (clause.calcul["heures"], HeuresDues.objects.get().heures) == (833, 833)


@pytest.mark.parametrize("heures", ["0", "-1", "abc", "1e9", str(HUGE), "", "\x00", "1,234"])
def test_a_clause_needs_a_number_of_hours(client_facilitateur, heures):
    url = reverse("clauses:create", args=[f.make_lot().pk])
    data = {"type": "condition", "date_debut": "2026-01-01", "date_fin": "2026-12-31", "heures": heures}
    response = client_facilitateur.post(url, data)
    assert "heures" in response.context["form"].errors
    assert not ClauseSociale.objects.exists()


@pytest.mark.parametrize(
    "query", ["heures=abc", "heures=5&montant=1&part=9&taux=1&cout=0", "heures=1&montant=1e99999&part=1&taux=1&cout=1"]
)
def test_a_made_up_calculation_is_left_out(client_facilitateur, query):
    url = reverse("clauses:create", args=[f.make_lot().pk])
    assert client_facilitateur.get(f"{url}?{query}").context["calcul"] == {}


def test_hours_due_are_added_or_refused_with_a_reason(chantier):
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:add_heures_dues", args=[chantier.clause.pk])
    data = {"origine": "avenant", "date_effet": "2026-05-01", "heures": "-200"}
    assert client.post(url, data).status_code == 302
    assert "on ne peut en retirer" in text(client.post(url, data | {"heures": "-5000"}))
    assert "différent de 0" in text(client.post(url, data | {"heures": "0"}))
    assert chantier.totals()[0] == 800


def test_the_board_puts_risk_first_and_filters(chantier):
    calm = f.make_clause(facilitateur=chantier.facilitateur, date_debut=date(2026, 6, 1), date_fin=date(2027, 6, 1))
    f.make_heures_dues(clause=calm, heures=10)
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:list")

    def shown(**query):
        return [s["clause"] for s in client.get(url, query).context["page"]]

    assert shown() == [chantier.clause, calm]
    assert shown(rythme="retard") == [chantier.clause]
    assert shown(rythme="tenu") == [calm]
    assert shown(acheteur=calm.lot.marche.acheteur.organisation_id) == [calm]
    assert shown(q=calm.lot.marche.acheteur.organisation.denomination) == [calm]
    assert shown(periode="terminee") == []


@pytest.mark.parametrize(
    "query", [{"page": HUGE}, {"acheteur": HUGE}, {"acheteur": "x"}, {"q": "\x00"}, {"rythme": "?"}]
)
def test_bad_filters_get_an_answer(client_facilitateur, query):
    assert client_facilitateur.get(reverse("clauses:list"), query).status_code == 200
    assert client_facilitateur.get(reverse("clauses:participants"), query | {"eligibilite": "?"}).status_code == 200


# Panels --------------------------------------------------------------------------------------------------------------
def panel(obj, acteur):
    from clauses.panels import lot_panel, marche_panel

    return (lot_panel if obj._meta.model_name == "lot" else marche_panel)(obj, acteur)


def test_a_lot_shows_due_declared_accepted_to_everybody(chantier):
    first, _ = chantier.sent(100, 50)
    actions.accept(first, by=chantier.by)
    _, context = panel(chantier.clause.lot, Acteur())
    (suivi,) = context["suivis"]
    clause = suivi["clause"]
    assert (clause.heures_dues_total, clause.heures_declarees, clause.heures_acceptees) == (1000, 150, 100)
    assert (suivi["url"], context["create_url"]) == ("", "")
    for acteur in (Acteur(), chantier.by):  # counts by lot would be subtracted from those of a report
        template, context = panel(chantier.clause.lot, acteur)
        assert "personne" not in render_to_string(template, context)
    template, context = panel(chantier.clause.lot.marche, Acteur())
    assert context["totaux"].acceptees == 100
    assert "1 clause sociale" in render_to_string(template, context)
    assert context["contacts"] == [chantier.facilitateur]


def test_a_facilitator_is_offered_to_create(chantier, client_facilitateur):
    lot = f.make_lot()
    assert panel(lot, Acteur()) is None
    template, context = panel(lot, client_facilitateur.acteur)
    assert context["create_url"] == reverse("clauses:create", args=[lot.pk])
    assert "Créer une clause sociale" in render_to_string(template, context)
    assert panel(lot.marche, client_facilitateur.acteur) is None


def test_a_company_finds_the_body_under_convention_with_the_buyer():
    marche = f.make_marche()
    convention = f.make_convention(signee_le="2026-01-01")
    type(convention.facilitateur).objects.update(courriel="clauses@exemple.fr")
    f.make_partie_convention(convention=convention, acheteur=marche.acheteur)
    template, context = panel(marche, Acteur())
    html = render_to_string(template, context)
    assert "mailto:clauses@exemple.fr" in html
    assert "Aucune clause" in html
    type(convention).objects.update(signee_le=None)
    assert panel(marche, Acteur()) is None


def test_declaring_roles():
    assert set(DECLARENTS) == {Role.ENTREPRISE, Role.STRUCTURE}

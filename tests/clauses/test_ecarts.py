"""Missing hours: rules as tables, then the whole procedure through the pages, each side in its turn."""

import re
from datetime import date
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from clauses import lettres, rules
from clauses.actions import ecarts as actions
from clauses.enums import EtapeEcart, SuiteEcart
from clauses.models import ClauseSociale, Ecart, HeuresDues
from portal.models import Envoi
from portal.permissions import Acteur, Role
from tests import factories as f
from tests.clauses.conftest import make_chantier
from tests.clauses.helpers import text
from tests.conftest import sign_in

D = Decimal
JANVIER = date(2027, 1, 15)


# Rules ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("dues", "acceptees", "jours", "heure", "jour", "plafond", "montant", "plafonnee"),
    [
        (833, 700, 0, 40, None, None, "5320", False),  # the case of the reference guides
        (833, 700, 10, 40, 50, None, "5820", False),
        (833, 700, 10, 40, 50, 5820, "5820", False),  # exactly the cap
        (833, 700, 10, 40, 50, "5819.99", "5819.99", True),  # the cap holds for both together
        (833, 700, 10, 40, 50, 0, "0", True),
        (833, 833, 10, 40, 50, None, "500", False),
        (833, 900, 0, 40, 50, None, "0", False),  # more than due earns nothing
        (833, 700, 10, None, 50, None, "500", False),
        (833, "832.99", 0, "40.50", None, None, "0.41", False),  # 0.405 rounded half up
    ],
)
def test_what_the_contract_makes_a_gap_cost(dues, acceptees, jours, heure, jour, plafond, montant, plafonnee):
    found = rules.penalite_contrat(dues, acceptees, jours, par_heure=heure, par_jour=jour, plafond=plafond)
    assert (found.montant, found.est_plafonnee) == (D(montant), plafonnee)


def test_no_parameter_no_penalty():
    assert rules.penalite_contrat(833, 700, 10, plafond=1000) is None
    with pytest.raises(ValueError, match="négatif"):
        rules.penalite_contrat(833, 700, par_heure=-1)


ACTIONS = ["notifier", "abandonner", "observer", "proposer", "decider", "repartir"]
PERMIS = {
    "constat": {"notifier", "abandonner"}, "notifie": {"observer"}, "observations": {"proposer"},
    "proposition": {"decider"}, "clos": {"repartir"},
}  # fmt: skip


@pytest.mark.parametrize("etape", EtapeEcart.values)
@pytest.mark.parametrize("action", ACTIONS)
def test_each_step_has_its_turn(action, etape):
    """On the last day of the delay: the company may still answer, so nobody proposes yet."""
    verdict = rules.peut(action, etape, JANVIER, JANVIER)
    assert verdict.is_ok == (action in PERMIS[etape])
    assert verdict.is_ok or verdict.reason.endswith(".")


@pytest.mark.parametrize(
    ("step", "missing", "decision", "level", "words"),
    [
        (None, 133, "", "blocage", "Ouvrez l'échange contradictoire"),
        ("constat", 133, "", "blocage", "notifiez-le à l'entreprise"),
        ("notifie", 133, "", "blocage", "est engagé (notifié à l'entreprise)"),
        ("proposition", 133, "", "blocage", "est engagé (proposition transmise à l'acheteur)"),
        ("clos", 133, "penalite", "information", "l'acheteur a décidé le 15/01/2027 : pénalité."),
        ("clos", 150, "renonciation", "information", "l'acheteur a décidé le 15/01/2027 : renonciation motivée."),
        ("clos", 100, "penalite", "blocage", "Ouvrez l'échange contradictoire"),  # more is missing since: an acceptance
    ],
)
def test_an_ended_clause_says_what_was_done_of_its_missing_hours(step, missing, decision, level, words):
    start, end, on = date(2026, 1, 1), date(2026, 12, 31), date(2027, 2, 1)
    pace = rules.allure(start, end, 833, 700, on)
    suite = rules.Suite(step, D(missing), decision, JANVIER) if step else None
    told = rules.avec_suite(pace, suite, fin=end, on=on, manquantes=D(133)).verdict
    assert told.level.value == level
    assert words in f"{told.reason} {told.remede}".replace("\u00a0", " ")
    assert "133" in told.reason


def test_a_running_clause_keeps_its_pace_whatever_was_decided():
    pace = rules.allure(date(2026, 1, 1), date(2027, 12, 31), 833, 0, date(2027, 6, 1))
    suite = rules.Suite("clos", D(833), "penalite", JANVIER)
    assert rules.avec_suite(pace, suite, fin=date(2027, 12, 31), on=date(2027, 6, 1), manquantes=D(833)) is pace


def test_silence_ends_with_the_delay():
    after = date(2027, 1, 16)
    assert rules.delai_observations(date(2026, 12, 31), 15) == JANVIER
    assert rules.peut("proposer", "notifie", after, JANVIER).is_ok
    refused = rules.peut("observer", "notifie", after, JANVIER)
    assert refused.is_blocking
    assert "15 janvier 2027" in refused.reason.replace("\xa0", " ") or "15/01/2027" in refused.reason


@pytest.mark.parametrize(
    ("suite", "montant", "ok"),
    [("renonciation", None, True), ("rattrapage", None, True), ("penalite", "5320", True), ("penalite", "1", True),
     ("penalite", "5320.01", False), ("penalite", "0", False), ("penalite", None, False)],
)  # fmt: skip
def test_a_penalty_may_be_lowered_never_raised(suite, montant, ok):
    prevue = rules.penalite_contrat(833, 700, par_heure=40)
    assert rules.decision_possible(suite, montant and D(montant), prevue).is_ok == ok
    assert rules.decision_possible("penalite", D(1), None).is_blocking


@pytest.mark.parametrize(
    ("total", "poids"),
    [("5320", [1, 1, 1]), ("0.01", [1, 1, 1]), ("100", [0, 0]), ("100", [0, 7]), ("133", ["33.3", "66.7", "0.01"])],
)
def test_parts_add_up_exactly(total, poids):
    shares = rules.prorata(D(total), {n: D(weight) for n, weight in enumerate(poids)})
    assert sum(shares.values()) == D(total)
    assert all(share >= 0 for share in shares.values())
    assert rules.repartition_exacte(D(total), shares.values()).is_ok
    assert rules.repartition_exacte(D(total) + D("0.01"), shares.values()).is_blocking
    assert rules.repartition_exacte(D(0), [D(-1), D(1)]).is_blocking


# The procedure -------------------------------------------------------------------------------------------------------
@pytest.fixture
def over(db):
    """A clause over, 833 h due, 700 accepted of which 500 by an opening balance, 40 € an hour, a group of two."""
    with time_machine.travel("2027-01-15 12:00+00:00", tick=False):
        chantier = make_chantier(people=1)
        clause = chantier.clause
        clause.penalite_heure, clause.penalite_document_jour = D(40), D(50)
        clause.save()
        HeuresDues.objects.filter(clause=clause).update(heures=833)
        f.make_reprise_heures(clause=clause, heures=D(500))
        f.make_imputation(clause=clause, declaration=chantier.month, ligne=f.make_ligne_heures(heures_travail=D(200)),
                          etat="acceptee")  # fmt: skip
        chantier.other = f.make_organisation()
        group = f.make_groupement(lot=clause.lot, retenu=True)
        f.make_membre_groupement(groupement=group, organisation=chantier.entreprise, mandataire=True)
        f.make_membre_groupement(groupement=group, organisation=chantier.other)
        yield chantier


def pages(chantier):
    roles = {"F": Role.FACILITATEUR, "E": Role.ENTREPRISE, "A": Role.ACHETEUR}
    return {letter: chantier.client(role) for letter, role in roles.items()} | {
        "autre": sign_in(Role.ENTREPRISE, organisation=chantier.other)
    }


def post(client, name, ecart, **data):
    return client.post(reverse(f"clauses:ecart_{name}", args=[ecart.pk]), data)


def sent(name):
    return set(Envoi.objects.filter(cle__startswith=f"{name}:").values_list("destinataire", flat=True))


def find(chantier, clients, **data):
    url = reverse("clauses:ecart_constater", args=[chantier.clause.pk])
    response = clients["F"].post(url, {"on": "2027-01-15"} | data)
    assert response.status_code == 302
    return Ecart.objects.get()


def test_from_the_gap_to_the_penalty_shared(over):
    clients = pages(over)
    ecart = find(over, clients, jours_retard_documents="2")
    assert (ecart.heures_dues, ecart.heures_acceptees, ecart.manquantes) == (833, 700, 133)
    assert clients["E"].get(ecart.get_absolute_url()).status_code == 404  # not told yet
    assert clients["A"].get(ecart.get_absolute_url()).status_code == 404

    assert post(clients["F"], "notifier", ecart).status_code == 302
    assert sent("ecart_notifie") == {clients["E"].user.email, clients["autre"].user.email}
    page = text(clients["E"].get(ecart.get_absolute_url()))
    assert "Présenter vos observations" in page
    assert "5 420 €" in page  # 133 × 40 + 2 × 50
    # Nobody proposes before the company was heard.
    refused = post(clients["F"], "proposer", ecart, suite="penalite", texte="Trop tôt.")
    assert "pour présenter ses observations" in text(refused)

    assert post(clients["E"], "observer", ecart, texte="Chantier arrêté par la crue.").status_code == 302
    assert sent("ecart_observations") == {clients["F"].user.email}
    assert post(clients["F"], "proposer", ecart, suite="renonciation", texte="Force majeure.").status_code == 302
    assert sent("ecart_propose") == {clients["A"].user.email}
    assert "Force majeure" not in text(clients["E"].get(ecart.get_absolute_url()))
    assert "Force majeure" in text(clients["A"].get(ecart.get_absolute_url()))

    above = post(clients["A"], "decider", ecart, suite="penalite", montant="5420,01", texte="Non.")
    assert "ne permet pas plus de 5 420 €" in text(above)
    decided = post(
        clients["A"], "decider", ecart, suite="penalite", montant="5 420", texte="La crue a duré deux jours."
    )
    assert decided.status_code == 302
    ecart.refresh_from_db()
    assert (ecart.etape, ecart.decision, ecart.montant) == (EtapeEcart.CLOS, SuiteEcart.PENALITE, 5420)
    assert [ecart.constate_par, ecart.notifie_par, ecart.proposee_par] == [clients["F"].user] * 3
    assert (ecart.observations_par, ecart.decidee_par) == (clients["E"].user, clients["A"].user)
    for letter in "FEA":  # nobody is told to open what is closed
        said = text(clients[letter].get(over.clause.get_absolute_url()))
        assert "l&#x27;acheteur a décidé le 15/01/2027 : pénalité" in said
        assert "Ouvrez l&#x27;échange" not in said
    assert "1 clause, aucune en retard" in text(clients["F"].get(reverse("clauses:list")))
    # All on the spokesperson until it shares.
    assert [(p.organisation, p.heures, p.montant) for p in ecart.parts.all()] == [(over.entreprise, 133, 5420)]

    shares = {f"part_{over.entreprise.pk}": "1 420", f"part_{over.other.pk}": "3999,99"}
    assert "doivent tomber juste" in text(post(clients["E"], "repartir", ecart, **shares))
    assert post(clients["autre"], "repartir", ecart, **shares).status_code == 404  # not the spokesperson
    shares[f"part_{over.other.pk}"] = "4000"
    assert post(clients["E"], "repartir", ecart, **shares).status_code == 302
    parts = list(ecart.parts.all())
    assert [p.montant for p in parts] == [1420, 4000]
    assert sum(p.heures for p in parts) == 133
    assert [h.history_change_reason for h in ecart.history.all()] == [
        "repartition", "decision", "proposition", "observations", "notification", "constat",
    ]  # fmt: skip


def test_the_facilitator_never_decides(over):
    clients = pages(over)
    ecart = f.make_ecart(clause=over.clause, etape="proposition", proposition="penalite")
    data = {"suite": "renonciation", "texte": "Je décide."}
    assert post(clients["F"], "decider", ecart, **data).status_code == 403
    assert post(clients["E"], "decider", ecart, **data).status_code == 403
    assert post(sign_in(Role.ACHETEUR), "decider", ecart, **data).status_code == 404
    assert "Votre décision" not in text(clients["F"].get(ecart.get_absolute_url()))
    assert not Ecart.objects.decidable_by(Acteur(over.by.user, over.facilitateur.organisation, Role.FACILITATEUR))
    ecart.refresh_from_db()
    assert ecart.etape == "proposition"


def test_hours_moved_to_another_clause_are_due_once(over):
    clients = pages(over)
    lot = f.make_lot(marche=over.clause.lot.marche, numero="2")
    f.make_titulaire(lot=lot, organisation=over.entreprise)
    target = f.make_clause(lot=lot, facilitateur=over.facilitateur, date_fin=date(2027, 12, 31))
    f.make_heures_dues(clause=target, heures=100)
    foreign = f.make_clause(date_fin=date(2027, 12, 31))
    ecart = f.make_ecart(clause=over.clause, etape="proposition", proposition="report", vers_clause=target)
    data = {"suite": "report", "texte": "Chantier suivant."}
    assert "Choisissez la clause" in text(post(clients["A"], "decider", ecart, **data))
    assert post(clients["A"], "decider", ecart, vers_clause=foreign.pk, **data).status_code == 200
    assert post(clients["A"], "decider", ecart, vers_clause=target.pk, **data).status_code == 302
    due = {c.pk: c.heures_dues_total for c in ClauseSociale.objects.with_heures_dues(JANVIER)}
    assert (due[over.clause.pk], due[target.pk]) == (700, 233)
    other = f.make_ecart(clause=target, etape="proposition")
    with pytest.raises(ValidationError, match="même acheteur"):
        actions.decider(other, suite="report", texte="x", vers_clause=foreign, on=JANVIER, by=over.by)


def test_a_day_before_the_clause_or_a_strange_delay_is_refused_in_words(over):
    client, url = pages(over)["F"], reverse("clauses:ecart_constater", args=[over.clause.pk])
    before = text(client.post(url, {"on": "2020-01-01"}))
    assert "La clause commence le" in before
    assert "acceptées à ce jour" not in before
    for days in ("-3", "99999999999999999999", "x"):
        assert "Écrivez un nombre de jours, de 0 à 3 650." in text(
            client.post(url, {"on": "2027-01-15", "jours_retard_documents": days})
        )
    HeuresDues.objects.filter(clause=over.clause).update(heures=700)
    assert "700 h acceptées sur 700 h dues au 15/01/2027" in text(client.post(url, {"on": "2027-01-15"}))


def test_a_clause_still_running_says_that_its_gap_counts_hours_to_come(over):
    client, url = pages(over)["F"], reverse("clauses:ecart_constater", args=[over.clause.pk])
    words = "même celles qu’il reste le temps de faire"
    assert words not in text(client.get(url))
    ClauseSociale.objects.filter(pk=over.clause.pk).update(date_fin=date(2027, 12, 31))
    assert words in text(client.get(url))


def test_hours_are_not_moved_where_no_clause_may_take_them(over):
    clients = pages(over)
    ecart = f.make_ecart(clause=over.clause, etape="observations")
    assert "Report sur une autre clause" not in text(clients["F"].get(ecart.get_absolute_url()))
    refused = post(clients["F"], "proposer", ecart, suite="report", texte="x", vers_clause=over.clause.pk)
    assert refused.status_code == 200
    lot = f.make_lot(marche=over.clause.lot.marche, numero="2")
    f.make_titulaire(lot=lot, organisation=over.entreprise)
    f.make_clause(lot=lot, facilitateur=over.facilitateur, date_fin=date(2027, 12, 31))
    assert "Report sur une autre clause" in text(clients["F"].get(ecart.get_absolute_url()))


def test_who_has_to_answer_or_to_decide_reads_it_on_its_board(over):
    clients, board = pages(over), reverse("pages:tableau_de_bord")
    ecart = f.make_ecart(clause=over.clause, etape="notifie", delai_observations=date(2027, 1, 15))
    assert "Écarts notifiés, à vos observations (1)" in text(clients["E"].get(board))
    assert "avant le 15/01/2027 inclus" in text(clients["autre"].get(board))
    assert "Écarts" not in text(clients["A"].get(board))
    Ecart.objects.filter(pk=ecart.pk).update(delai_observations=date(2027, 1, 14))
    assert "Écarts notifiés" not in text(clients["E"].get(board))
    Ecart.objects.filter(pk=ecart.pk).update(etape="proposition", proposition="renonciation")
    assert "Écarts à décider (1)" in text(clients["A"].get(board))
    assert "Le facilitateur propose : <strong>renonciation motivée</strong>" in text(
        clients["A"].get(ecart.get_absolute_url())
    )
    assert "Écarts à décider" not in text(sign_in(Role.ACHETEUR).get(board))


def test_letters_name_the_group_and_its_spokesperson(over):
    label, names = lettres._titulaires(over.clause)
    assert label == "Groupement titulaire"
    assert names == f"{over.entreprise.nom} (mandataire), {over.other.nom}"
    over.clause.lot.groupements.all().delete()
    f.make_titulaire(lot=over.clause.lot, organisation=over.other)
    assert lettres._titulaires(over.clause)[0] == "Titulaires"
    over.clause.lot.titulaires.filter(organisation=over.other).delete()
    assert lettres._titulaires(over.clause) == ["Titulaire", over.entreprise.nom]


def test_words_longer_than_a_line_of_paper_may_be_cut():
    address = "https://exemple.invalid/" + "a" * 100
    assert lettres.secable(f"Voir {address} ici").replace("\u200b", "") == f"Voir {address} ici"
    assert max(len(part) for part in re.split(r"[\s\u200b]", lettres.secable(address))) == 60
    assert lettres.secable("Des mots ordinaires.") == "Des mots ordinaires."


def test_a_gap_nobody_knows_of_is_given_up_and_only_one_is_open(over):
    clients = pages(over)
    ecart = find(over, clients)
    url = reverse("clauses:ecart_constater", args=[over.clause.pk])
    assert "déjà en cours" in text(clients["F"].post(url, {"on": "2027-01-15"}))
    assert post(clients["F"], "abandonner", ecart).url == over.clause.get_absolute_url()
    assert not Ecart.objects.exists()
    f.make_reprise_heures(clause=over.clause, organisation=over.other, heures=D(133))
    assert "Aucune heure ne manque" in text(clients["F"].post(url, {"on": "2027-01-15"}))
    notified = f.make_ecart(clause=over.clause, etape="notifie")
    back = clients["F"].post(reverse("clauses:ecart_abandonner", args=[notified.pk]), follow=True)
    assert "ne s'efface plus" in text(back).replace("&#x27;", "'")


def words_of(content: bytes) -> str:
    with pikepdf.open(BytesIO(content)) as document, document.open_metadata() as metadata:
        return str(metadata["dc:title"])


@pytest.mark.parametrize("group", [True, False])
def test_letters(over, group):
    clients = pages(over)
    if not group:
        over.clause.lot.groupements.all().delete()
    draft = f.make_ecart(clause=over.clause, jours_retard_documents=3)
    hostile = "#panic() *gras* _x_ $ @ <a> ]"
    closed = f.make_ecart(clause=over.clause, etape="clos", decision="penalite", decision_texte=hostile, montant=D(10),
                          observations=hostile, decidee_le="2027-01-15T12:00Z", notifie_le=JANVIER)  # fmt: skip
    f.make_part_ecart(ecart=closed, organisation=over.entreprise, montant=D(10))
    notice = clients["F"].get(reverse("clauses:ecart_lettre", args=[draft.pk]))
    assert words_of(notice.content) == "Écart constaté sur une clause sociale"
    for who in "FEA":
        decision = clients[who].get(reverse("clauses:ecart_lettre_decision", args=[closed.pk]))
        assert words_of(decision.content) == "Décision sur un écart"
    assert clients["F"].get(reverse("clauses:ecart_lettre_decision", args=[draft.pk])).status_code == 404


@pytest.mark.parametrize(
    ("name", "etape", "who", "data"),
    [
        ("observer", "notifie", "E", {"texte": ""}),
        ("observer", "notifie", "E", {"texte": "\x00"}),
        ("observer", "notifie", "E", {"texte": "x" * 200_000}),
        ("observer", "clos", "E", {"texte": "Trop tard."}),
        ("proposer", "observations", "F", {"suite": "?", "texte": "x"}),
        ("proposer", "observations", "F", {"suite": "report", "texte": "x", "vers_clause": 10**30}),
        ("proposer", "observations", "F", {"suite": "report", "texte": "x", "vers_clause": "\x00"}),
        ("proposer", "constat", "F", {"suite": "renonciation", "texte": "x"}),
        ("decider", "proposition", "A", {"suite": "penalite", "texte": "x", "montant": "1e400"}),
        ("decider", "proposition", "A", {"suite": "penalite", "texte": "x", "montant": "-1"}),
        ("decider", "proposition", "A", {"suite": "penalite", "texte": "x", "montant": ""}),
        ("decider", "observations", "A", {"suite": "renonciation", "texte": "x"}),
        ("repartir", "clos", "E", {}),
    ],
)
def test_bad_input_writes_nothing(over, name, etape, who, data):
    ecart = f.make_ecart(clause=over.clause, etape=etape, delai_observations=date(2027, 1, 30), montant=D(10))
    response = post(pages(over)[who], name, ecart, **data)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert Ecart.objects.get().etape == etape
    assert not Envoi.objects.filter(cle__startswith="ecart").exists()


@pytest.mark.parametrize("data", [{"on": "2030-01-01"}, {"on": "x"}, {"on": ""}, {"jours_retard_documents": "-1"},
                                  {"jours_retard_documents": "9" * 400}])  # fmt: skip
def test_a_gap_needs_a_day_that_has_come(over, data):
    url = reverse("clauses:ecart_constater", args=[over.clause.pk])
    response = over.client(Role.FACILITATEUR).post(url, {"on": "2027-01-15"} | data)
    assert response.context["form"].errors
    assert not Ecart.objects.exists()

"""Closed years: what to know before, figures that stay, corrections that count later; figures that agree."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clauses import actions, rules, stats
from clauses.actions import passations
from clauses.actions.clotures import clore
from clauses.enums import Etat
from clauses.models import ClauseSociale, Cloture
from clauses.rules import Decision, Reste
from clauses.stats import clotures
from portal.permissions import Role
from tests import factories as f
from tests.clauses.helpers import text
from tests.conftest import sign_in

D = Decimal
ON = date(2027, 1, 20)


@pytest.fixture(autouse=True)
def _in_january(time_machine):
    time_machine.move_to("2027-01-20 12:00+00:00", tick=False)


# Rules ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("year", "closed", "first", "reason"),
    [
        (2026, (), 2025, ""), (2026, (2025,), 2025, ""), (2026, (2026,), 2025, "déjà close"),
        (2027, (), 2025, "n'est pas finie"), (2024, (), 2025, "Aucune heure"), (2026, (), None, "Aucune heure"),
    ],
)  # fmt: skip
def test_only_a_finished_year_with_hours_is_closed_once(year, closed, first, reason):
    verdict = rules.cloture_possible(year, ON, closes=closed, premiere=first)
    assert verdict.is_blocking == bool(reason)
    assert reason in verdict.reason


def test_what_a_year_still_holds_is_told():
    assert rules.avant_de_clore(2026, Reste(), ouvertes=()) == []
    whole = Reste(transmises=2, heures_transmises=D("40.5"), brouillons=1, refusees=3, mois_vides=1, ecarts=1)
    told = [verdict.reason for verdict in rules.avant_de_clore(2026, whole, ouvertes=(2025,))]
    assert len(told) == 6
    assert "2 lignes transmises attendent" in told[0]
    assert "40,5" in told[0]
    assert not any(verdict.is_blocking for verdict in rules.avant_de_clore(2026, whole, ouvertes=(2025,)))
    assert not whole.is_empty


def moment(draw, start, days):
    return start + timedelta(days=draw.randint(0, days), minutes=draw.randint(0, 600))


def lines_of(draw, count=12):
    """Histories of lines as the actions leave them: accepted, then corrected, cancelled, accepted again."""
    pk = 0
    for _ in range(count):
        month = date(draw.choice([2024, 2025, 2026]), draw.randint(1, 12), 1)
        when, history, last = datetime(month.year, month.month, 28, tzinfo=UTC), [], None
        for _step in range(draw.randint(1, 5)):
            pk += 1
            when = moment(draw, when + timedelta(hours=1), 400)
            hours, training = D(draw.randint(1, 15_000)) / 100, D(0)
            cancels = last is not None and not last.refus and draw.random() < 0.3
            history.append(
                Decision(
                    pk, Etat.REFUSEE if cancels else Etat.ACCEPTEE, hours, training, cancels, when,
                    last.transmise_le if cancels else when, last.pk if cancels else None,
                )
            )  # fmt: skip
            last = history[-1]
        yield month, history


@pytest.mark.parametrize("seed", range(25))
def test_the_total_over_the_years_does_not_depend_on_when_a_correction_comes(seed):
    """Whatever is closed and when, each line counts once in all; and a closed year never changes after its closing."""
    draw = Random(seed)
    history = list(lines_of(draw))
    closings = {}
    for year in (2024, 2025, 2026):
        if draw.random() < 0.8:
            closings[year] = moment(draw, datetime(year + 1, 1, 1, tzinfo=UTC), 500)

    def by_year(until=None):
        found = {}
        for month, decisions in history:
            known = [each for each in decisions if until is None or each.decidee_le <= until]
            for move in rules.mouvements(known):
                year = rules.jour_comptable(month, move.le, closings).year
                found[year] = found.get(year, D(0)) + move.heures
        return found

    counted = sum(
        (D(0) if decisions[-1].refus else decisions[-1].heures for _, decisions in history), D(0)
    )  # fmt: skip
    assert sum(by_year().values()) == counted
    for year, closed in closings.items():
        assert by_year().get(year, D(0)) == by_year(closed).get(year, D(0)), year


# Pages ---------------------------------------------------------------------------------------------------------------
def test_a_year_is_closed_then_never_changes(chantier, time_machine):
    client = chantier.client(Role.FACILITATEUR)
    first, second, _ = chantier.sent(100, 50, 10)
    for line in (first, second):
        actions.accept(line, by=chantier.by)
    page = client.get(reverse("clauses:clotures"))
    assert "1 ligne transmise attend votre décision, pour 10 h" in text(page)
    assert "la clôture ne s" in text(client.post(reverse("clauses:clore"), {"annee": 2026}))
    assert not Cloture.objects.exists()
    answer = client.post(reverse("clauses:clore"), {"annee": 2026, "lu": "on"})
    row = Cloture.objects.get()
    assert answer.url == reverse("clauses:cloture", args=[row.pk])
    assert row.chiffres["heures"]["acceptees"] == "150.00"
    frozen = deepcopy(row.chiffres)
    time_machine.move_to("2027-03-01 12:00+00:00")
    client = chantier.client(Role.FACILITATEUR)
    first.refresh_from_db()
    new = actions.correct(first, D("80.25"), by=chantier.by)
    actions.send(chantier.month, by=chantier.by)
    actions.accept(new, by=chantier.by)
    row.refresh_from_db()
    assert row.chiffres == frozen
    assert clotures.corrections(chantier.facilitateur) == {(chantier.facilitateur.pk, 2026): [(2027, D("-19.75"))]}
    listed = text(client.get(reverse("clauses:clotures")))
    assert "19,75 h comptées en 2027" in listed
    said = text(client.get(reverse("clauses:cloture", args=[row.pk])))
    assert "150 h" in said
    assert "Ces chiffres ne changent plus" in said
    report = client.get(reverse("clauses:bilan", args=["territoire", "france"]), {"annee": 2026})
    assert "Année close : 2026" in text(report)
    assert "150 h" in text(report)
    for kind in ("pdf", "csv", "xlsx"):
        assert client.get(reverse("clauses:cloture_fichier", args=[row.pk, kind])).status_code == 200
    assert client.get(reverse("clauses:cloture_fichier", args=[row.pk, "exe"])).status_code == 404
    again = client.post(reverse("clauses:clore"), {"annee": 2026, "lu": "on"})
    assert "déjà close" in text(again)


@pytest.mark.parametrize("year", ["2027", "1999", "abc", "\x00", "99999999999999999999", ""])
def test_a_year_that_cannot_be_closed_says_why(chantier, year):
    client = chantier.client(Role.FACILITATEUR)
    assert client.post(reverse("clauses:clore"), {"annee": year, "lu": "on"}).status_code == 200
    assert client.get(reverse("clauses:clotures"), {"annee": year}).status_code == 200
    assert not Cloture.objects.exists()


def test_each_body_closes_its_own_years(chantier):
    stranger = sign_in(Role.FACILITATEUR)
    assert "Aucune année close" in text(stranger.get(reverse("clauses:clotures")))
    row = clore(chantier.facilitateur, 2026, on=ON, by=chantier.by)
    assert stranger.get(reverse("clauses:cloture", args=[row.pk])).status_code == 404
    with pytest.raises(ValidationError, match="déjà close"):
        clore(chantier.facilitateur, 2026, on=ON, by=chantier.by)
    assert stats.chiffres(clotures.perimetre(stranger.acteur_organisation.facilitateur, 2026))["closes"] == []


def test_the_list_costs_the_same_whatever_its_length(chantier, django_assert_num_queries):
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:clotures")
    f.make_cloture(facilitateur=chantier.facilitateur, annee=2020)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for year in range(2010, 2020):
        f.make_cloture(facilitateur=chantier.facilitateur, annee=year)
    with django_assert_num_queries(len(one)):
        client.get(url)


@pytest.mark.parametrize(
    ("month", "moment", "closed", "year"),
    [
        ("2026-03-01", "2026-06-01", {}, None),
        ("2026-03-01", "2027-01-10", {2026: "2027-01-20"}, None),
        ("2026-03-01", "2027-01-21", {2026: "2027-01-20"}, 2027),
        ("2026-03-01", "2028-02-01", {2026: "2027-01-20", 2027: "2028-01-20"}, 2028),
        ("2026-03-01", "2028-01-10", {2026: "2027-01-20", 2027: "2028-01-20"}, 2027),
        ("2026-03-01", "2027-02-01", {2025: "2026-01-20"}, None),
    ],
)
def test_where_hours_will_count_is_told(month, moment, closed, year):
    moments = {y: datetime.fromisoformat(f"{day}T12:00+00:00") for y, day in closed.items()}
    verdict = rules.annonce(date.fromisoformat(month), datetime.fromisoformat(f"{moment}T12:00+00:00"), moments)
    assert verdict.is_ok is (year is None)
    assert verdict.remede.endswith(f"comptera en {year}." if year else "")


def test_a_month_of_a_closed_year_says_where_it_counts(chantier, time_machine):
    (line, *_) = chantier.sent(100)
    actions.accept(line, by=chantier.by)
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    assert "comptera en" not in text(client.get(url))
    clore(chantier.facilitateur, 2026, on=ON, by=chantier.by)
    time_machine.move_to("2027-03-01 12:00+00:00")
    for role in (Role.ENTREPRISE, Role.FACILITATEUR):
        said = text(chantier.client(role).get(url))
        assert "L&#x27;année 2026 est close pour cette clause depuis le" in said
        assert said.count("comptera en 2027") == (2 if role == Role.ENTREPRISE else 3)  # above, and with each form
    share = reverse("clauses:repartir", args=[chantier.month.pk, chantier.affectations[0].pk])
    assert "comptera en 2027" in text(chantier.client(Role.ENTREPRISE).get(share))


# Handed over ---------------------------------------------------------------------------------------------------------
def hand_over(chantier, receiver):
    passation = passations.proposer(chantier.clause, vers=receiver, motif="Territoire", by=chantier.by)
    passations.repondre(passation, acceptee=True, reponse="", by=chantier.by)
    chantier.clause.refresh_from_db()


def corrected(chantier, line, hours):
    line.refresh_from_db()
    month = type(chantier.month).objects.get(pk=chantier.month.pk)
    new = actions.correct(line, D(str(hours)), by=chantier.by)
    actions.send(month, by=chantier.by)
    actions.accept(new, by=chantier.by)
    return new


def counted(facilitateur, year):
    return D(stats.chiffres(clotures.perimetre(facilitateur, year))["heures"]["acceptees"])


def test_a_year_closed_stays_closed_for_a_clause_handed_over(chantier, time_machine):
    """The former body closed 2026: what is corrected since counts in 2027, whoever follows the clause."""
    (line, *_) = chantier.sent(100)
    actions.accept(line, by=chantier.by)
    row = clore(chantier.facilitateur, 2026, on=ON, by=chantier.by)
    time_machine.move_to("2027-02-01 12:00+00:00")
    receiver = f.make_facilitateur()
    hand_over(chantier, receiver)
    time_machine.move_to("2027-03-01 12:00+00:00")
    corrected(chantier, line, 80)
    assert (counted(receiver, 2026), counted(receiver, 2027)) == (100, -20)
    assert stats.chiffres(clotures.perimetre(receiver, 2026))["closes"] == [2026]
    assert clotures.corrections(receiver) == {(chantier.facilitateur.pk, 2026): [(2027, D("-20.00"))]}
    row.refresh_from_db()
    assert row.chiffres["heures"]["acceptees"] == "100.00"
    theirs = sign_in(Role.FACILITATEUR, organisation=receiver.organisation)
    said = text(theirs.get(reverse("clauses:clotures")))
    assert "Closes par un autre organisme" in said
    assert f"par {chantier.facilitateur}, pour 1 clause que vous suivez" in said
    assert "20 h comptées en 2027" in said
    assert theirs.get(reverse("clauses:cloture", args=[row.pk])).status_code == 404  # others' clauses are in it
    assert "comptera en 2027" in text(theirs.get(chantier.month.get_absolute_url()))
    mine = text(chantier.client(Role.FACILITATEUR).get(reverse("clauses:clotures")))
    assert "100 h" in mine
    assert "Closes par un autre organisme" not in mine
    # Closed by the receiver as well, its year changes nothing for this clause: the first closing holds.
    clore(receiver, 2026, on=date(2027, 3, 2), by=chantier.by)
    assert (counted(receiver, 2026), counted(receiver, 2027)) == (100, -20)


def test_a_year_closed_before_a_clause_came_does_not_close_it(chantier, time_machine):
    """The receiver had closed 2026 without this clause: its giver had not, so its hours stay in their year."""
    (line, *_) = chantier.sent(100)
    actions.accept(line, by=chantier.by)
    receiver = f.make_facilitateur()
    f.make_cloture(facilitateur=receiver, annee=2026)
    time_machine.move_to("2027-02-01 12:00+00:00")
    corrected(chantier, line, 80)
    assert counted(chantier.facilitateur, 2026) == 80
    hand_over(chantier, receiver)
    assert (counted(receiver, 2026), counted(receiver, 2027)) == (80, 0)
    assert "comptera en" not in text(
        sign_in(Role.FACILITATEUR, organisation=receiver.organisation).get(chantier.month.get_absolute_url())
    )


def test_reading_closed_years_costs_the_same_for_one_clause_handed_over_or_five(chantier, time_machine):
    (line, *_) = chantier.sent(100)
    actions.accept(line, by=chantier.by)
    clore(chantier.facilitateur, 2026, on=ON, by=chantier.by)
    time_machine.move_to("2027-02-01 12:00+00:00")
    receiver = f.make_facilitateur()
    hand_over(chantier, receiver)
    client, url = sign_in(Role.FACILITATEUR, organisation=receiver.organisation), reverse("clauses:clotures")
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _ in range(4):
        clause = f.make_clause(facilitateur=receiver)
        f.make_passation(
            clause=clause, de=chantier.facilitateur, vers=receiver, acceptee=True, repondue_le=timezone.now()
        )
    with CaptureQueriesContext(connection) as five:
        assert "pour 5 clauses que vous suivez" in text(client.get(url))
    assert len(five) == len(one)


# Figures that agree --------------------------------------------------------------------------------------------------
@pytest.fixture
def figures(chantier):
    for line in chantier.sent(100, 50, (10, 5)):
        actions.accept(line, by=chantier.by)
    left = chantier.affectations[0].participant
    left.sortie_le = date(2026, 6, 30)
    left.save()
    f.make_point_suivi(participant=left, terme=0, situation="cdi", chez_acheteur=True)
    f.make_point_suivi(participant=left, terme=3, situation="cdi")
    f.make_action_formation(participant=left, statut="terminee", resultat="obtenue", au=date(2026, 5, 1), heures=35)
    return stats.chiffres(stats.Perimetre(ClauseSociale.objects.all(), date(2026, 1, 1), date(2026, 12, 31)), ON)


def levels(figures):
    return [verdict.level.value for verdict in rules.coherences(figures, reponse=D("0.5"))]


def test_figures_computed_by_the_portal_agree(figures):
    assert figures["sorties"]["attendus"] == [[3, 1], [6, 1]]
    assert figures["formations"] == [["Certification obtenue", 1, "35.00"]]
    told = rules.coherences(figures, reponse=D("0.5"))
    assert [verdict.level.value for verdict in told] == ["avertissement"]  # nobody was met at 6 months
    assert "6" in told[0].reason
    figures["sorties"]["points"].append([6, "CDI", 1])
    assert levels(figures) == ["ok"]


def test_each_table_that_does_not_add_up_is_told(figures):
    figures["sorties"]["points"].append([6, "CDI", 1])
    for name in figures["tables"]:
        wrong = deepcopy(figures)
        wrong["tables"][name][0][1] = f"{D(wrong['tables'][name][0][1]) + D('0.01')}"
        assert levels(wrong) == ["blocage"], name
        wrong = deepcopy(figures)
        wrong["tables"][name][0][3] = 99
        assert levels(wrong) == ["blocage"], name
        wrong = deepcopy(figures)
        wrong["tables"][name] = [[*row[:3], 0] for row in wrong["tables"][name]]
        assert levels(wrong) == ["blocage"], name
    for name, column in (("mois", 1), ("clauses", 3)):
        wrong = deepcopy(figures)
        wrong[name][0][column] = "0.00"
        assert levels(wrong) == ["blocage"], name


@pytest.mark.parametrize(
    ("change", "level", "said"),
    [
        ({"chez_acheteur": 2}, "blocage", "embauches par l'acheteur"),
        ({"chez_titulaire": 3}, "blocage", "embauches par le titulaire"),
        ({"points": [[3, "CDI", 2]]}, "blocage", "situations notées à 3 mois"),
        ({"points": [[3, "CDI", 1]], "attendus": [[3, 3]]}, "avertissement", "1 des 3 personnes"),
        ({"points": [], "attendus": [[3, 3]]}, "avertissement", "Aucun point de suivi n'est noté à 3 mois"),
    ],
)
def test_exits_points_and_hirings_agree(figures, change, level, said):
    figures["sorties"] |= {"attendus": []} | change
    told = rules.coherences(figures, reponse=D("0.5"))
    assert told[0].level == level
    assert said in told[0].reason


def test_training_and_hours_not_accepted_yet_are_told(figures):
    figures["sorties"]["points"].append([6, "CDI", 1])
    pending = deepcopy(figures)
    pending["heures"]["declarees"] = "200.00"
    assert levels(pending) == ["information"]
    figures["heures"]["formation"] = "500.00"
    assert levels(figures)[0] == "blocage"


def test_the_report_shows_it_to_the_facilitator_alone(figures, chantier):
    url = reverse("clauses:bilan", args=["acheteur", chantier.acheteur.organisation_id])
    page = text(chantier.client(Role.FACILITATEUR).get(url, {"annee": 2026}))
    assert "Cohérence des chiffres" in page
    assert "Personnes à suivre à ce terme" in page
    assert "Certification obtenue" in page
    buyer = text(chantier.client(Role.ACHETEUR).get(url, {"annee": 2026}))
    assert "Cohérence des chiffres" not in buyer
    assert "Personnes à suivre à ce terme" not in buyer

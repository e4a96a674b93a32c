"""Hours of a line shared between clauses: who may, what is refused; what is imputed never exceeds what was worked."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as Dec
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from clauses import actions, rules
from clauses.actions.lignes import LIVE
from clauses.enums import Etat, EtatDeclaration
from clauses.models import ClauseSociale, Declaration, Imputation, LigneHeures
from clauses.rules import ClausePartagee
from portal.permissions import Role
from tests import factories as f
from tests.clauses.conftest import MARS, ON, make_chantier
from tests.clauses.helpers import text


@dataclass
class Deux:
    """Two clauses of the same holder and facilitator, whose buyers accept to share; one person."""

    chantier: Any
    months: list

    @property
    def affectation(self):
        return self.chantier.affectations[0]

    def share(self, total, *parts, seen=None, at=0, formation=0):
        said = {
            month.clause_id: actions.Saisie(self.affectation.pk, Dec(str(hours)))
            for month, hours in zip(self.months, parts, strict=False)
        }
        worked = actions.Saisie(self.affectation.pk, Dec(str(total)), Dec(str(formation)))
        return actions.repartir(self.months[at], self.affectation, worked, said, seen=seen, on=ON, by=self.chantier.by)

    def send(self, *ranks):
        for rank in ranks or range(len(self.months)):
            if self.months[rank].imputations.filter(etat=Etat.BROUILLON).exists():
                actions.send(self.months[rank], by=self.chantier.by)

    def part(self, rank):
        return self.months[rank].imputations.filter(remplacee_par=None).latest("pk")

    def accept(self, *ranks):
        for rank in ranks:
            actions.accept(self.part(rank), by=self.chantier.by)


def make_deux(clauses=2, agreed=date(2026, 1, 1)) -> Deux:
    chantier = make_chantier(people=1)
    months = [chantier.month]
    ClauseSociale.objects.filter(pk=chantier.clause.pk).update(mutualisation_acceptee_le=agreed)
    for _ in range(clauses - 1):
        lot = f.make_lot(marche=f.make_marche(acheteur=chantier.acheteur))
        f.make_titulaire(lot=lot, organisation=chantier.entreprise)
        clause = f.make_clause(lot=lot, facilitateur=chantier.facilitateur, mutualisation_acceptee_le=agreed)
        months.append(actions.open_month(clause, chantier.entreprise, MARS, on=ON, by=chantier.by))
    months = list(Declaration.objects.filter(pk__in=[m.pk for m in months]).select_related("clause").order_by("pk"))
    return Deux(chantier, months)


@pytest.fixture
def deux(db):
    return make_deux()


# The rule -------------------------------------------------------------------------------------------------------------
AGREED = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("clauses", "words"),
    [
        ([], ""),
        ([ClausePartagee("A", 1, None)], ""),
        ([ClausePartagee("A", 1, AGREED), ClausePartagee("B", 1, AGREED)], ""),
        ([ClausePartagee("A", 1, AGREED), ClausePartagee("B", 2, AGREED)], "d'un même déclarant"),
        ([ClausePartagee("A", 1, AGREED), ClausePartagee("B", 1, None)], "L'acheteur de « B » n'a pas accepté"),
        ([ClausePartagee("A", 1, date(2026, 7, 1)), ClausePartagee("B", 1, AGREED)], "avant le 01/07/2026"),
    ],
)
def test_who_may_share(clauses, words):
    verdict = rules.mutualisation_possible(clauses, ON)
    assert verdict.is_blocking is bool(words)
    assert words in verdict.reason.replace("\u00a0", " ")


# Writing --------------------------------------------------------------------------------------------------------------
def test_hours_are_shared_sent_and_accepted_on_each_clause(deux):
    line = deux.share("151.67", 100, "51.67")
    assert (line.heures_travail, line.partagee) == (Dec("151.67"), True)
    deux.send()
    deux.accept(0, 1)
    assert [i.heures for i in Imputation.objects.order_by("clause_id")] == [100, Dec("51.67")]
    assert LigneHeures.objects.get().heures == Dec("151.67")


def test_hours_that_no_clause_takes_stay_worked(deux):
    assert deux.share(151, 100).heures == 151
    with pytest.raises(ValidationError, match="seraient comptées"):
        actions.save_month(
            deux.months[0], [actions.Saisie(deux.affectation.pk, Dec(152))], version=None, by=deux.chantier.by
        )
    actions.save_month(
        deux.months[0], [actions.Saisie(deux.affectation.pk, Dec(120))], version=None, by=deux.chantier.by
    )
    assert LigneHeures.objects.get().heures == 151


@pytest.mark.parametrize(
    ("total", "parts", "words"), [(100, (60, "40.01"), "une heure ne compte que"), (0, (0, 0), "heures faites en tout")]
)
def test_parts_never_exceed_what_was_worked(deux, total, parts, words):
    with pytest.raises(ValidationError) as error:
        deux.share(total, *parts)
    assert words in error.value.messages[0].replace("\u00a0", " ")
    assert not LigneHeures.objects.exists()


def test_without_the_agreement_of_each_buyer_nothing_is_shared(db):
    deux = make_deux(agreed=None)
    with pytest.raises(ValidationError, match="ne peut recevoir"):
        deux.share(100, 60, 40)
    ClauseSociale.objects.filter(pk=deux.months[1].clause_id).update(mutualisation_acceptee_le=AGREED)
    with pytest.raises(ValidationError, match="n'a pas accepté"):
        deux.share(100, 60, 40)
    assert deux.share(100, 60).heures == 100


def test_a_line_of_one_clause_is_not_taken_by_another_without_sharing(deux):
    row = [actions.Saisie(deux.affectation.pk, Dec(100))]
    actions.save_month(deux.months[0], row, version=None, by=deux.chantier.by)
    with pytest.raises(ValidationError, match="déjà déclarée"):
        actions.save_month(deux.months[1], row, version=None, by=deux.chantier.by)
    deux.share(150, 100, 50, at=1)
    assert [i.heures for i in Imputation.objects.order_by("clause_id")] == [100, 50]


def test_an_accepted_part_is_lowered_before_another_is_raised(deux):
    deux.share(150, 100, 50)
    deux.send()
    deux.accept(0, 1)
    with pytest.raises(ValidationError, match="transmettez d'abord la"):
        deux.share(150, 60, 90)
    assert Imputation.objects.count() == 2
    deux.share(150, 60, 50)
    deux.send()
    deux.accept(0)
    deux.share(150, 60, 90)
    deux.send()
    deux.accept(1)
    live = Imputation.objects.filter(etat=Etat.ACCEPTEE).order_by("clause_id")
    assert [i.heures for i in live] == [60, 90]


def test_a_part_given_up_frees_its_hours(deux):
    deux.share(150, 100, 50)
    deux.send()
    deux.accept(0)
    actions.refuse(deux.part(1), "Autre chantier", by=deux.chantier.by)
    actions.renoncer(deux.part(1), by=deux.chantier.by)
    assert Declaration.objects.get(pk=deux.months[1].pk).etat == EtatDeclaration.SANS_HEURES
    new = actions.correct(deux.part(0), Dec(150), by=deux.chantier.by)
    assert (new.heures, LigneHeures.objects.get().heures) == (150, 150)
    with pytest.raises(ValidationError, match="seraient comptées"):
        actions.correct(deux.part(1), Dec(1), by=deux.chantier.by)


def test_a_part_that_waits_or_is_decided_does_not_vanish(deux):
    deux.share(150, 100, 50)
    deux.send()
    with pytest.raises(ValidationError, match="transmise"):
        deux.share(150, 90, 50)
    deux.accept(0, 1)
    with pytest.raises(ValidationError, match="ne s'efface pas"):
        deux.share(150, 0, 50)


def test_two_people_who_share_the_same_line_do_not_overwrite_each_other(deux):
    from clauses.actions.partage import empreinte

    line = deux.share(150, 100, 50)
    seen = empreinte(LigneHeures.objects.prefetch_related("imputations").get(pk=line.pk))
    deux.share(150, 90, 60)
    with pytest.raises(actions.Conflit):
        deux.share(150, 80, 70, seen=seen)
    assert [i.heures for i in Imputation.objects.order_by("clause_id")] == [90, 60]


# Whatever is done, in any order ---------------------------------------------------------------------------------------
HOURS = st.integers(0, 120)
RANK = st.integers(0, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("share"), st.integers(0, 200), HOURS, HOURS, HOURS),
        st.tuples(st.just("save"), RANK, HOURS),
        st.tuples(st.sampled_from(["send", "accept", "refuse", "cancel", "renoncer", "accept_all"]), RANK),
        st.tuples(st.just("correct"), RANK, HOURS),
    ),
    max_size=16,
)


class TestAnySequence(TestCase):
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def test_imputed_hours_never_exceed_worked_hours(self, steps):
        deux = make_deux(clauses=3)
        for name, *values in steps:
            try:
                self._do(deux, name, values)
            except (ValidationError, Imputation.DoesNotExist):
                continue
            finally:
                self._check(deux)

    def _do(self, deux, name, values):
        by = deux.chantier.by
        if name == "share":
            deux.share(values[0], *values[1:])
        elif name == "save":
            row = [actions.Saisie(deux.affectation.pk, Dec(values[1]))]
            actions.save_month(deux.months[values[0]], row, version=None, by=by)
        elif name == "send":
            actions.send(deux.months[values[0]], by=by)
        elif name == "accept_all":
            actions.accept_all_clean(deux.months[values[0]], by=by)
        elif name == "correct":
            actions.correct(deux.part(values[0]), Dec(values[1]), by=by)
        elif name == "refuse":
            actions.refuse(deux.part(values[0]), "motif", by=by)
        elif name == "cancel":
            actions.cancel(deux.part(values[0]), "motif", by=by)
        else:
            {"accept": actions.accept, "renoncer": actions.renoncer}[name](deux.part(values[0]), by=by)

    def _check(self, deux):
        for line in LigneHeures.objects.prefetch_related("imputations"):
            assert line.imputations.all(), "a line without imputation stays behind"
            greatest = {}
            for i in line.imputations.all():
                if i.etat in LIVE:
                    greatest[i.clause_id] = max(greatest.get(i.clause_id, 0), i.heures)
            assert sum(greatest.values()) <= line.heures
            if not line.partagee and greatest:
                assert sum(greatest.values()) == line.heures
        accepted = Imputation.objects.filter(etat=Etat.ACCEPTEE)
        for month in deux.months:
            clause = ClauseSociale.objects.with_suivi(ON).get(pk=month.clause_id)
            assert clause.heures_acceptees == sum((i.heures for i in accepted if i.clause_id == clause.pk), Dec(0))
        for old in Imputation.objects.filter(remplacee_par__isnull=False, etat__in=[Etat.BROUILLON, Etat.TRANSMISE]):
            raise AssertionError(f"{old.pk} is replaced while it still waits")


# Pages ----------------------------------------------------------------------------------------------------------------
@pytest.fixture
def june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


def url(deux, rank=0):
    return reverse("clauses:repartir", args=[deux.months[rank].pk, deux.affectation.pk])


def posted(deux, page, total, *parts):
    seen = re.search(r'name="vu" value="(\w*)"', page.content.decode())[1]
    data = {"vu": seen, "total-travail": total}
    for month, hours in zip(deux.months, parts, strict=False):
        data[f"c{month.clause_id}-travail"] = hours
    return data


@pytest.mark.usefixtures("june")
def test_the_company_shares_on_the_page_and_sees_it_in_the_grid(deux):
    client = deux.chantier.client(Role.ENTREPRISE)
    month = client.get(deux.months[0].get_absolute_url())
    assert "Enregistrer et répartir" in text(month)
    page = client.get(url(deux))
    assert client.post(url(deux), posted(deux, page, "150,5", "100", "50,5")).status_code == 302
    assert [i.heures for i in Imputation.objects.order_by("clause_id")] == [100, Dec("50.50")]
    assert "part de 150,5 h" in text(client.get(deux.months[0].get_absolute_url()))
    late = client.post(url(deux), posted(deux, page, "150", "70", "80"))
    assert "rien n&#x27;a été écrasé" in text(late)
    assert 'value="70"' in text(late)
    again = client.post(url(deux), posted(deux, late, "150", "70", "80"))
    assert again.status_code == 302


def typed(deux, *hours, rank=0, action="repartir", **more):
    """The grid of a month sent back by « Répartir », with these hours for the people of the company, in order."""
    month = Declaration.objects.get(pk=deux.months[rank].pk)
    data = {"version": month.version, "action": action, "personne": deux.affectation.pk, "affectation": []}
    for affectation, work in zip(deux.chantier.affectations, hours, strict=False):
        data["affectation"].append(f"{affectation.pk}:{affectation.participant.code}")
        data[f"l{affectation.pk}-travail"] = work
    return data | more


@pytest.mark.usefixtures("june")
@pytest.mark.parametrize("direct", [True, False])
def test_what_is_typed_is_kept_when_one_goes_and_shares(deux, direct):
    person = f.make_participant(facilitateur=deux.chantier.facilitateur)
    deux.chantier.affectations.append(f.make_affectation(participant=person, employeur=deux.chantier.entreprise))
    client, grid = deux.chantier.client(Role.ENTREPRISE), deux.months[0].get_absolute_url()
    named = {"action": f"repartir:{deux.affectation.pk}", "personne": ""} if direct else {}
    answer = client.post(grid, typed(deux, "40", "33,5", **named))
    assert (answer.status_code, answer.url) == (302, url(deux))
    assert sorted(i.heures for i in Imputation.objects.all()) == [Dec("33.5"), 40]
    assert 'value="40"' in text(client.get(answer.url))


@pytest.mark.usefixtures("june")
def test_hours_another_clause_counts_go_along_and_the_others_are_kept(deux):
    person = f.make_participant(facilitateur=deux.chantier.facilitateur)
    deux.chantier.affectations.append(f.make_affectation(participant=person, employeur=deux.chantier.entreprise))
    actions.save_month(
        deux.months[1], [actions.Saisie(deux.affectation.pk, Dec(90))], version=None, by=deux.chantier.by
    )
    client, grid = deux.chantier.client(Role.ENTREPRISE), deux.months[0].get_absolute_url()
    answer = client.post(grid, typed(deux, "40", "33,5"))
    assert answer.status_code == 302
    page = client.get(answer.url)
    assert 'value="40"' in text(page)
    assert 'value="90"' in text(page)
    assert "sont reprises ci-dessous" in text(page)
    assert [i.heures for i in deux.months[0].imputations.all()] == [Dec("33.5")]
    assert client.post(url(deux), posted(deux, page, "130", "40", "90")).status_code == 302
    assert sorted(i.heures for i in Imputation.objects.all()) == [Dec("33.5"), 40, 90]


@pytest.mark.usefixtures("june")
@pytest.mark.parametrize("asked", ["", "\x00", "9" * 30, "-1", "0", "999999"])
def test_sharing_the_hours_of_nobody_says_so_and_keeps_the_page(deux, asked):
    client, grid = deux.chantier.client(Role.ENTREPRISE), deux.months[0].get_absolute_url()
    answer = client.post(grid, typed(deux, "40", personne=asked))
    assert answer.status_code == 200
    assert "Choisissez la personne" in text(answer)
    assert 'value="40"' in text(answer)
    assert 'data-grille="a-garder"' in text(answer)
    assert not Imputation.objects.exists()


@pytest.mark.usefixtures("june")
def test_sharing_never_overwrites_nor_accepts_bad_hours(deux):
    client, grid = deux.chantier.client(Role.ENTREPRISE), deux.months[0].get_absolute_url()
    bad = client.post(grid, typed(deux, "abc"))
    assert "rien n&#x27;a encore été enregistré" in text(bad)
    late = client.post(grid, typed(deux, "40", version=99))
    assert "Quelqu&#x27;un a modifié ce mois" in text(late)
    assert not Imputation.objects.exists()


@pytest.mark.usefixtures("june")
def test_somebody_lent_by_another_is_shared_once_hours_are_written(deux):
    person = f.make_participant(facilitateur=deux.chantier.facilitateur)
    deux.chantier.affectations = [f.make_affectation(participant=person)]
    client, grid = deux.chantier.client(Role.ENTREPRISE), deux.months[0].get_absolute_url()
    assert "Écrivez d&#x27;abord des heures" in text(client.post(grid, typed(deux, "")))
    answer = client.post(grid, typed(deux, "12"))
    assert client.get(answer.url).status_code == 200


@pytest.mark.usefixtures("june")
@pytest.mark.parametrize("query", ["travail=abc", "travail=%00", "travail=1e9", "formation=-3", "travail=9999999"])
def test_hours_carried_in_an_address_are_hours_or_nothing(deux, query):
    page = deux.chantier.client(Role.ENTREPRISE).get(f"{url(deux)}?{query}")
    assert page.status_code == 200
    assert "sont reprises" not in text(page)


@pytest.mark.usefixtures("june")
@pytest.mark.parametrize("role", [Role.ENTREPRISE, Role.FACILITATEUR])
@pytest.mark.parametrize(("sent", "rows"), [(0, 50), (10, 20)])
def test_a_grid_of_sixty_people_whose_hours_are_shared_stays_light(deux, role, sent, rows):
    trade = "Maçon, constructions de maisons individuelles"
    for rank in range(59):
        person = f.make_participant(facilitateur=deux.chantier.facilitateur, code=f"ABCD-{rank:04}")
        f.make_eligibilite(participant=person)
        deux.chantier.affectations.append(
            f.make_affectation(
                participant=person,
                employeur=deux.chantier.entreprise,
                metier=trade,
                equipe="NUI-3" if rank % 2 else "A",
            )  # fmt: skip
        )
    for affectation in deux.chantier.affectations:
        parts = {month.clause_id: actions.Saisie(affectation.pk, Dec("50.5"), Dec("10.25")) for month in deux.months}
        total = actions.Saisie(affectation.pk, Dec(101), Dec("20.5"))
        actions.repartir(deux.months[0], affectation, total, parts, on=ON, by=deux.chantier.by)
    accepted = deux.months[0].imputations.order_by("pk")[:sent]
    deux.months[0].imputations.filter(pk__in=[i.pk for i in accepted]).update(etat=Etat.ACCEPTEE)
    page = deux.chantier.client(role).get(deux.months[0].get_absolute_url())
    assert text(page).count("part de 121,5 h") == sent + rows
    assert len(page.content) < 60_000, len(page.content)


@pytest.mark.usefixtures("june")
@pytest.mark.parametrize("hours", ["abc", "\x00", "10000000000000000000000", "-1", "1e5", "800"])
def test_bad_hours_are_kept_beside_their_fault(deux, hours):
    client = deux.chantier.client(Role.ENTREPRISE)
    page = client.post(url(deux), posted(deux, client.get(url(deux)), hours, "10", "10"))
    assert page.status_code == 200
    assert "rien n&#x27;a encore été enregistré" in text(page)
    assert not LigneHeures.objects.exists()


@pytest.mark.usefixtures("june")
def test_a_person_whose_code_is_not_known_is_out_of_reach(deux):
    stranger = f.make_affectation(participant=f.make_participant(facilitateur=deux.chantier.facilitateur))
    client = deux.chantier.client(Role.ENTREPRISE)
    assert client.get(reverse("clauses:repartir", args=[deux.months[0].pk, stranger.pk])).status_code == 404


@pytest.mark.usefixtures("june")
def test_the_page_costs_the_same_for_two_clauses_or_six(db):
    def cost(clauses):
        deux = make_deux(clauses=clauses)
        client = deux.chantier.client(Role.ENTREPRISE)
        client.get(url(deux))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url(deux)).status_code == 200
        return len(seen)

    assert cost(2) == cost(6)


@pytest.mark.usefixtures("june")
def test_what_became_of_a_line_is_told(deux):
    chantier = deux.chantier
    first, *_ = chantier.sent(100)
    actions.refuse(first, "Deux jours de trop", by=chantier.by)
    new = actions.correct(first, Dec(84), by=chantier.by)
    actions.send(chantier.month, by=chantier.by)
    actions.accept(new, by=chantier.by)
    actions.cancel(new, "Absent", by=chantier.by)
    last = chantier.month.imputations.latest("pk")
    actions.renoncer(last, by=chantier.by)
    where = reverse("clauses:historique", args=[chantier.month.pk, first.ligne_id])
    for role in (Role.ENTREPRISE, Role.FACILITATEUR):
        page = text(chantier.client(role).get(where))
        steps = ["Heures saisies", "Ligne transmise", "Deux jours de trop", "Correction saisie", "Ligne acceptée",
                 "Acceptation annulée", "Ligne abandonnée"]  # fmt: skip
        assert all(step in page for step in steps)
        assert [page.index(step) for step in steps] == sorted(page.index(step) for step in steps)
        assert chantier.by.user.get_full_name() in page
    other = make_chantier(people=1)
    assert other.client(Role.ENTREPRISE).get(where).status_code == 404


@pytest.mark.usefixtures("june")
def test_the_facilitator_notes_the_agreement_of_the_buyer(db):
    deux = make_deux(agreed=None)
    clause = deux.months[0].clause
    client, where = deux.chantier.client(Role.FACILITATEUR), reverse("clauses:mutualiser", args=[clause.pk])
    assert where in client.get(clause.get_absolute_url()).content.decode()
    for wrong in ("2026-06-16", "abc", "\x00", "1999-01-01"):
        page = client.post(where, {"mutualisation_acceptee_le": wrong})
        assert page.context["form"].errors, wrong
    for month in deux.months:
        url_ = reverse("clauses:mutualiser", args=[month.clause_id])
        assert client.post(url_, {"mutualisation_acceptee_le": "2026-06-15"}).status_code == 302
    clause.refresh_from_db()
    assert clause.history.latest("history_id").history_change_reason == "mutualisation"
    deux.share(100, 60, 40)
    page = client.post(where, {"mutualisation_acceptee_le": ""})
    assert "ne se retire plus" in text(page)

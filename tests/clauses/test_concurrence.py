"""Eight people writing at once on one clause, each in a transaction of their own: no hour lost, none doubled."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal as Dec
from threading import Event
from time import sleep

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, close_old_connections, connection, connections, transaction
from django.db.models import Sum

from clauses import actions, stats
from clauses.actions.clotures import clore
from clauses.enums import Etat
from clauses.models import ClauseSociale, Declaration, Imputation, LigneHeures
from clauses.stats import clotures
from clauses.stats.bilans import Perimetre
from tests import factories as f
from tests.clauses.conftest import MARS, ON, make_chantier
from tests.clauses.test_partage import make_deux

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite ne laisse écrire qu'une personne à la fois"),
]
WRITERS, TRIES = 8, 40


def at_once(work, number=WRITERS):
    """Run `work(rank)` in that many threads, each with its own connection; the first error is raised."""

    def run(rank):
        close_old_connections()
        try:
            return work(rank)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def persist(do):
    """Try again after a `Conflit`, as a person does after comparing; how many times it took."""
    for number in range(1, TRIES + 1):
        try:
            do()
            return number
        except actions.Conflit:
            continue
    raise AssertionError("never saved")


def test_eight_people_type_their_own_rows_in_one_month(transactional_db):
    chantier = make_chantier(people=WRITERS * 3)

    def work(rank):
        mine = chantier.affectations[rank * 3 : rank * 3 + 3]
        rows = [actions.Saisie(a.pk, Dec(10 + rank)) for a in mine]

        def save():
            month = Declaration.objects.select_related("clause").get(pk=chantier.month.pk)
            actions.save_month(month, rows, version=month.version, by=chantier.by)

        return persist(save)

    tries = at_once(work)
    assert Declaration.objects.get().version == WRITERS
    assert Imputation.objects.aggregate(h=Sum("heures"))["h"] == sum(3 * (10 + rank) for rank in range(WRITERS))
    assert Imputation.objects.count() == LigneHeures.objects.count() == WRITERS * 3
    assert sum(tries) >= WRITERS


def test_eight_people_type_the_same_rows_and_one_is_written_at_a_time(transactional_db):
    chantier = make_chantier(people=5)
    seen = chantier.month.version

    def work(rank):
        rows = [actions.Saisie(a.pk, Dec(100 + rank)) for a in chantier.affectations]
        month = Declaration.objects.select_related("clause").get(pk=chantier.month.pk)
        try:
            actions.save_month(month, rows, version=seen, by=chantier.by)
            return rank
        except actions.Conflit:
            return None

    (winner,) = [rank for rank in at_once(work) if rank is not None]
    assert {i.heures for i in Imputation.objects.all()} == {100 + winner}
    assert Imputation.objects.count() == 5


def test_eight_members_of_a_group_declare_and_are_accepted_on_one_clause(transactional_db):
    chantier = make_chantier(people=0)
    group = f.make_groupement(lot=chantier.clause.lot, retenu=True)
    months, people = [], []
    for _ in range(WRITERS):
        member = f.make_membre_groupement(groupement=group).organisation
        months.append(actions.open_month(chantier.clause, member, MARS, on=ON, by=chantier.by))
        for _ in range(3):
            person = f.make_participant(facilitateur=chantier.facilitateur)
            f.make_eligibilite(participant=person)
            people.append(f.make_affectation(participant=person, employeur=member))

    def work(rank):
        month = Declaration.objects.select_related("clause").get(pk=months[rank].pk)
        rows = [actions.Saisie(a.pk, Dec("33.33")) for a in people[rank * 3 : rank * 3 + 3]]
        actions.save_and_send(month, rows, version=month.version, by=chantier.by)
        return actions.accept_all_clean(month, by=chantier.by)

    assert at_once(work) == [(3, 0)] * WRITERS
    clause = ClauseSociale.objects.with_suivi(ON).get(pk=chantier.clause.pk)
    assert clause.heures_acceptees == clause.heures_declarees == Dec("33.33") * 3 * WRITERS


def test_a_line_is_accepted_or_refused_once(transactional_db):
    chantier = make_chantier(people=1)
    (line,) = chantier.sent(100)

    def work(rank):
        try:
            if rank % 2:
                actions.accept(Imputation.objects.select_related("declaration").get(pk=line.pk), by=chantier.by)
            else:
                actions.refuse(Imputation.objects.select_related("declaration").get(pk=line.pk), "x", by=chantier.by)
            return 1
        except ValidationError:
            return 0

    assert sum(at_once(work)) == 1
    assert Imputation.objects.get().etat in {Etat.ACCEPTEE, Etat.REFUSEE}


def test_eight_people_share_type_send_and_decide_the_same_hours_without_ever_counting_more(transactional_db):
    """Whatever they do, in any order: no deadlock, and the clauses never claim more than was worked."""
    deux = make_deux(clauses=3)
    months = [month.pk for month in deux.months]
    affectation, by = deux.affectation, deux.chantier.by

    def step(chance):
        month = Declaration.objects.select_related("clause").get(pk=chance.choice(months))
        kind = chance.choice(["share", "save", "send", "accept", "refuse", "correct", "renoncer"])
        if kind == "share":
            parts = {m.clause_id: actions.Saisie(affectation.pk, Dec(chance.randrange(0, 80))) for m in deux.months}
            total = actions.Saisie(affectation.pk, Dec(chance.randrange(60, 200)))
            actions.repartir(month, affectation, total, parts, on=ON, by=by)
        elif kind == "save":
            rows = [actions.Saisie(affectation.pk, Dec(chance.randrange(0, 90)))]
            actions.save_month(month, rows, version=None, by=by)
        elif kind == "send":
            actions.send(month, by=by)
        else:
            last = month.imputations.select_related("declaration").order_by("-pk").first()
            if last is None:
                return
            {
                "accept": lambda: actions.accept(last, by=by),
                "refuse": lambda: actions.refuse(last, "motif", by=by),
                "correct": lambda: actions.correct(last, Dec(chance.randrange(1, 90)), by=by),
                "renoncer": lambda: actions.renoncer(last, by=by),
            }[kind]()

    def work(rank):
        chance, done = random.Random(rank), 0
        for _ in range(25):
            try:
                step(chance)
                done += 1
            except ValidationError:
                continue
            except OperationalError as error:  # a deadlock would be one
                return f"{type(error).__name__}: {error}"
        return done

    found = at_once(work)
    assert [each for each in found if isinstance(each, str)] == []
    assert sum(found) > 0
    for line in LigneHeures.objects.prefetch_related("imputations"):
        greatest = {}
        for i in line.imputations.all():
            if i.etat in {Etat.BROUILLON, Etat.TRANSMISE, Etat.ACCEPTEE}:
                greatest[i.clause_id] = max(greatest.get(i.clause_id, 0), i.heures)
        assert sum(greatest.values()) <= line.heures
    assert LigneHeures.objects.filter(affectation=affectation, du=date(2026, 3, 1)).count() <= 1


# A year closed while lines are accepted ------------------------------------------------------------------------------
CLOSING_ON = date(2027, 1, 20)


def closing(chantier, frozen):
    row = clore(chantier.facilitateur, 2026, on=CLOSING_ON, by=chantier.by)
    frozen.append(Dec(row.chiffres["heures"]["acceptees"]))


def counted(chantier):
    """Hours of 2026 and of later years, as reports tell them today."""
    period = clotures.perimetre(chantier.facilitateur, 2026)
    later = Perimetre(period.clauses, date(2027, 1, 1), date(2040, 12, 31))
    return tuple(Dec(stats.chiffres(each)["heures"]["acceptees"]) for each in (period, later))


def test_a_line_accepted_and_not_yet_committed_is_in_the_year_that_is_being_closed(transactional_db):
    """The closing waits for the acceptance begun before it: dated before the closing, it must be in its figures."""
    chantier = make_chantier(people=1)
    (line,) = chantier.sent(100)
    accepted, frozen, closed = Event(), [], Event()

    def work(rank):
        if rank == 0:
            with transaction.atomic():
                actions.accept(Imputation.objects.select_related("declaration").get(pk=line.pk), by=chantier.by)
                accepted.set()
                assert not closed.wait(1.5), "the year was closed without waiting"
        else:
            assert accepted.wait(20)
            closing(chantier, frozen)
            closed.set()

    at_once(work, 2)
    assert frozen == [100]
    assert counted(chantier) == (100, 0)


def test_a_line_accepted_while_a_year_is_being_closed_counts_in_the_next_one(transactional_db):
    """The acceptance waits for the closing begun before it, and is dated after it."""
    chantier = make_chantier(people=1)
    (line,) = chantier.sent(100)
    begun, accepted, frozen = Event(), Event(), []

    def work(rank):
        if rank == 0:
            with transaction.atomic():
                closing(chantier, frozen)
                begun.set()
                assert not accepted.wait(1.5), "the line was accepted without waiting"
        else:
            assert begun.wait(20)
            actions.accept(Imputation.objects.select_related("declaration").get(pk=line.pk), by=chantier.by)
            accepted.set()

    at_once(work, 2)
    assert frozen == [0]
    assert counted(chantier) == (0, 100)


def test_lines_accepted_around_a_closing_count_once_and_its_figures_hold(transactional_db):
    """Seven people accept, one by one, while an eighth closes the year: nothing lost, nothing counted twice."""
    chantier = make_chantier(people=21)
    lines, frozen = chantier.sent(*[10] * 21), []

    def work(rank):
        if rank == 7:
            sleep(0.05)
            return closing(chantier, frozen)
        for line in lines[rank * 3 : rank * 3 + 3]:
            actions.accept(Imputation.objects.select_related("declaration").get(pk=line.pk), by=chantier.by)
        return None

    at_once(work)
    year, later = counted(chantier)
    assert year == frozen[0]
    assert year + later == 210

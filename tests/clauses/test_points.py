"""Follow-up after the clause: when points fall due, until when people stay known, exits and points noted in a grid."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses import actions, parametres, rules
from clauses.actions import suivi
from clauses.enums import Situation
from clauses.models import ConsultationParticipant, Participant, PointSuivi
from clauses.stats import suivi as listes
from portal.permissions import Role
from tests import factories as f
from tests.clauses.helpers import text
from tests.conftest import sign_in

TERMES = (3, 6, 12, 18)
ON = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def _in_june(time_machine):
    time_machine.move_to("2026-06-15 12:00+00:00", tick=False)


# Rules ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("left", "done", "on", "expected"),
    [
        (None, (), ON, None),
        (date(2026, 3, 16), (), ON, None),  # the eve
        (date(2026, 3, 15), (), ON, (3, date(2026, 6, 15), False)),
        (date(2026, 2, 15), (), date(2026, 6, 14), (3, date(2026, 5, 15), False)),  # 30 days after
        (date(2026, 2, 14), (), ON, (3, date(2026, 5, 14), True)),
        (date(2026, 2, 14), (3,), ON, None),
        (date(2025, 12, 16), (), ON, (3, date(2026, 3, 16), True)),  # the last day of the first point
        (date(2025, 12, 15), (), ON, (6, date(2026, 6, 15), False)),  # the first point is no longer asked for
        (date(2024, 12, 15), (3, 6, 12), ON, (18, date(2026, 6, 15), False)),
        (date(2020, 1, 1), (3, 6, 12), ON, (18, date(2021, 7, 1), True)),  # the last one stays until the erasure
        (date(2025, 11, 30), (), date(2026, 2, 27), None),
        (date(2025, 11, 30), (), date(2026, 2, 28), (3, date(2026, 2, 28), False)),  # a day that does not exist
    ],
)
def test_the_point_to_do_on_a_day(left, done, on, expected):
    point = rules.point_a_faire(left, done, on, termes=TERMES, retard=30)
    assert (point and (point.terme, point.le, point.en_retard)) == expected


def test_points_missed_and_points_to_do_never_overlap():
    """Each day after an exit, whatever was done: a term is done, missed, to do now or later, and one of them only."""
    left = date(2025, 1, 31)
    for done in ((), (3,), (6, 12), TERMES):
        for days in range(0, 900, 7):
            on = left + timedelta(days=days)
            now = rules.point_a_faire(left, done, on, termes=TERMES, retard=30)
            missed = rules.points_manques(left, done, on, termes=TERMES)
            later = [terme for terme, start, _ in rules.calendrier(left, TERMES) if start > on and terme not in done]
            told = [*done, *missed, *([now.terme] if now else []), *later]
            assert sorted(told) == list(TERMES), (on, done)


@pytest.mark.parametrize("months", [6, 12, 24, 36])
@pytest.mark.parametrize("termes", [(3, 6, 12, 18), (6, 12, 24, 36), (18,), ()])
def test_nobody_is_erased_before_their_last_point(months, termes):
    """Whatever the two parameters: the day of the last point comes before the erasure, by the delay at least."""
    left = date(2025, 8, 31)
    end = rules.fin_du_suivi(left, (), termes=termes, retard=30)
    erased = rules.a_effacer_le(left, months, end)
    assert erased >= rules.a_effacer_le(left, months)
    for _, start, _ in rules.calendrier(left, termes):
        assert start + timedelta(days=30) < erased
    if termes:  # once it is done, nothing holds the erasure back but the trace it left
        done = rules.fin_du_suivi(left, termes[-1:], termes=termes, retard=30)
        assert done is None
        assert rules.a_effacer_le(left, months, done) == rules.a_effacer_le(left, months)


@pytest.mark.parametrize(
    ("situation", "buyer", "holder", "level"),
    [
        (Situation.CDI, True, False, "ok"), (Situation.CDD_COURT, False, True, "ok"),
        (Situation.RECHERCHE, False, False, "ok"), (Situation.RECHERCHE, True, False, "blocage"),
        (Situation.FORMATION, False, True, "blocage"), (Situation.CDI, True, True, "blocage"),
    ],
)  # fmt: skip
def test_a_hiring_goes_with_a_job(situation, buyer, holder, level):
    assert rules.situation_possible(situation, chez_acheteur=buyer, chez_titulaire=holder).level == level


def test_terms_are_a_dated_table():
    assert parametres.termes_suivi(ON) == TERMES
    assert parametres.termes_suivi(date(2001, 1, 1)) == TERMES  # before the first row, the first rows


# Actions and lists ---------------------------------------------------------------------------------------------------
def leave(person, chantier, **given):
    usual = {"le": date(2026, 3, 31), "situation": Situation.CDI, "chez_acheteur": False, "chez_titulaire": False}
    return suivi.noter_sortie(person, on=ON, by=chantier.by, **usual | given)


def test_an_exit_ends_the_assignments_and_is_a_point(chantier):
    affectation = chantier.affectations[0]
    person = affectation.participant
    leave(person, chantier, chez_acheteur=True)
    affectation.refresh_from_db()
    person.refresh_from_db()
    assert affectation.date_fin == person.sortie_le == date(2026, 3, 31)
    point = person.points_suivi.get()
    assert (point.terme, point.fait_le, point.chez_acheteur) == (0, date(2026, 3, 31), True)
    assert point.par == chantier.by.user
    leave(person, chantier, le=date(2026, 3, 20), situation=Situation.RECHERCHE)  # corrected
    assert person.points_suivi.get().situation == Situation.RECHERCHE
    suivi.annuler_sortie(person, by=chantier.by)
    person.refresh_from_db()
    assert person.sortie_le is None
    assert not person.points_suivi.exists()


@pytest.mark.parametrize(
    ("le", "reason"),
    [
        (date(2026, 6, 16), "une fois faite"), (date(2025, 1, 1), "n'est entrée que"),
        (date(2026, 2, 27), "Des heures sont notées"),
    ],
)  # fmt: skip
def test_an_exit_comes_after_the_hours(chantier, le, reason):
    chantier.save(10)
    with pytest.raises(ValidationError, match=reason):
        leave(chantier.affectations[0].participant, chantier, le=le)
    assert Participant.objects.filter(sortie_le=None).count() == 3


def test_people_whose_assignments_are_over_wait_for_an_exit(chantier):
    people = Participant.objects.all()
    assert not listes.sorties_a_noter(people, ON)
    first, second, third = chantier.affectations
    first.date_fin, second.date_fin = date(2026, 5, 31), ON
    first.save()
    second.save()  # ends today: still there
    f.make_participant(facilitateur=chantier.facilitateur)  # never assigned
    third.date_fin = date(2026, 4, 30)
    third.save()
    f.make_affectation(participant=third.participant, employeur=chantier.entreprise)  # began again
    assert [row.pk for row in listes.sorties_a_noter(people, ON)] == [first.participant_id]
    leave(first.participant, chantier, le=date(2026, 5, 31))
    assert not listes.sorties_a_noter(people, ON)


def gone(chantier, day, **given):
    return f.make_participant(facilitateur=chantier.facilitateur, entree_le=date(2024, 1, 1), sortie_le=day, **given)


def test_late_points_come_first(chantier):
    gone(chantier, date(2026, 3, 10))  # due 10/06
    late = gone(chantier, date(2026, 1, 10))  # due 10/04
    gone(chantier, date(2026, 5, 1))  # not yet
    half = gone(chantier, date(2025, 12, 1))  # six months on 1/06
    f.make_point_suivi(participant=gone(chantier, date(2025, 12, 1)), terme=6)
    rows = listes.points_a_faire(Participant.objects.all(), ON)
    assert [(row.point.terme, row.point.en_retard) for row in rows] == [(3, True), (6, False), (3, False)]
    assert [row.pk for row in rows[:2]] == [late.pk, half.pk]


# Pages ---------------------------------------------------------------------------------------------------------------
def grid(*rows, fait_le="2026-06-12"):
    data = {"fait_le": fait_le, "ligne": [key for key, _, _ in rows]}
    for key, situation, hired in rows:
        data |= {f"{key}-situation": situation, f"{key}-embauche": hired}
    return data


def test_many_points_are_noted_at_once(chantier):
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:points")
    people = [gone(chantier, date(2026, 3, 1)) for _ in range(3)]
    keys = [f"{person.pk}-3" for person in people]
    page = text(client.get(url))
    assert "3 personnes à rappeler" in page
    answer = client.post(url, grid((keys[0], "cdi", "acheteur"), (keys[1], "inconnue", ""), (keys[2], "", "")))
    assert answer.status_code == 302
    points = PointSuivi.objects.order_by("participant")
    assert [(p.situation, p.chez_acheteur, p.fait_le) for p in points] == [
        ("cdi", True, date(2026, 6, 12)), ("inconnue", False, date(2026, 6, 12)),
    ]  # fmt: skip
    assert "1 personne à rappeler" in text(client.get(url))


@pytest.mark.parametrize(
    ("rows", "day", "said"),
    [
        ([("recherche", "titulaire")], "2026-06-12", "Une embauche va avec un emploi"),
        ([("", "titulaire")], "2026-06-12", "Choisissez d'abord la situation"),
        ([("cdi", "")], "2026-05-31", "se fait à partir du 01/06/2026"),
        ([("cdi", "")], "2026-06-16", "une fois fait"),
        ([("cdi", "")], "hier", "Écrivez une date"),
        ([("chef", "")], "2026-06-12", "1 ligne est à corriger"),
        ([("", "")], "2026-06-12", "Choisissez au moins une situation"),
        ([("cdi", ""), ("recherche", "acheteur")], "2026-06-12", "1 ligne est à corriger"),
    ],
)
def test_a_wrong_grid_writes_nothing_and_keeps_what_was_typed(chantier, rows, day, said):
    client = chantier.client(Role.FACILITATEUR)
    keys = [f"{gone(chantier, date(2026, 3, 1)).pk}-3" for _ in rows]
    sent = grid(*((key, *row) for key, row in zip(keys, rows, strict=True)), fait_le=day)
    page = client.post(reverse("clauses:points"), sent)
    assert page.status_code == 200
    assert said in text(page).replace("&#x27;", "'")
    assert not PointSuivi.objects.exists()
    if rows[0][0] == "cdi":
        assert '<option value="cdi" selected>' in page.content.decode()


def test_a_row_that_a_colleague_has_just_noted_is_told(chantier):
    client = chantier.client(Role.FACILITATEUR)
    done, other = gone(chantier, date(2026, 3, 1)), gone(chantier, date(2026, 3, 1))
    f.make_point_suivi(participant=done, terme=3, situation="formation")
    page = client.post(reverse("clauses:points"), grid((f"{done.pk}-3", "cdi", ""), (f"{other.pk}-3", "cdi", "")))
    assert "Un collègue a noté" in text(page)
    assert PointSuivi.objects.count() == 1


@pytest.mark.parametrize("key", ["\x00", "9" * 30, "0-3", "-1-3", "abc", "1-99"])
@pytest.mark.parametrize("name", ["points", "sorties"])
def test_forged_rows_are_refused_without_a_fault(chantier, name, key):
    page = chantier.client(Role.FACILITATEUR).post(reverse(f"clauses:{name}"), grid((key, "cdi", "")))
    assert page.status_code == 200
    assert not PointSuivi.objects.exists()


def test_many_exits_are_noted_at_once(chantier):
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:sorties")
    for affectation in chantier.affectations:
        affectation.date_fin = date(2026, 4, 30)
        affectation.save()
    first, second, third = [affectation.participant for affectation in chantier.affectations]
    page = client.get(url)
    assert page.content.decode().count('value="2026-04-30"') == 3
    sent = grid(*((str(p.pk), s, "") for p, s in ((first, "cdi"), (second, "parcours"), (third, ""))))
    sent |= {f"{p.pk}-le": "2026-04-30" for p in (first, second, third)}
    wrong = client.post(url, sent | {f"{second.pk}-le": "2026-07-01"})
    assert "une fois faite" in text(wrong)
    assert not PointSuivi.objects.exists()  # the right row waits for the wrong one
    assert client.post(url, sent).status_code == 302
    assert set(Participant.objects.exclude(sortie_le=None)) == {first, second}
    assert "1 personne" in text(client.get(url))


def test_one_person_at_a_time_and_each_look_is_written_down(chantier):
    client, person = chantier.client(Role.FACILITATEUR), chantier.affectations[0].participant
    exit_url = reverse("clauses:sortie", args=[person.pk])
    assert client.get(reverse("clauses:point_suivi", args=[person.pk, 3])).status_code == 404  # has not left
    client.get(exit_url)
    left = {"le": "2026-03-10", "situation": "cdd_court", "embauche": "titulaire"}
    assert client.post(exit_url, left).status_code == 302
    point_url = reverse("clauses:point_suivi", args=[person.pk, 3])
    client.get(point_url)
    assert "à partir du 10/06/2026" in text(client.post(point_url, {"fait_le": "2026-06-09", "situation": "cdi"}))
    assert client.post(point_url, {"fait_le": "2026-06-10", "situation": "cdi"}).status_code == 302
    page = text(client.get(person.get_absolute_url()))
    for said in ("Sortie le 10/03/2026", "embauchée par le titulaire", "point fait le 10/06/2026", "à venir"):
        assert said in page
    assert client.post(point_url, {"supprimer": "1"}).status_code == 302
    assert list(person.points_suivi.values_list("terme", flat=True)) == [0]
    assert client.get(reverse("clauses:point_suivi", args=[person.pk, 4])).status_code == 404
    looks = ConsultationParticipant.objects.order_by("pk").values_list("page", flat=True)
    assert list(looks) == ["suivi", "suivi", "participant"]
    client.post(reverse("clauses:annuler_sortie", args=[person.pk]))
    assert "La personne est en parcours" in text(client.get(person.get_absolute_url()))


def test_points_of_other_bodies_are_out_of_reach(chantier):
    person = gone(chantier, date(2026, 3, 1))
    stranger = sign_in(Role.FACILITATEUR)
    assert "Aucun point à faire" in text(stranger.get(reverse("clauses:points")))
    stranger.post(reverse("clauses:points"), grid((f"{person.pk}-3", "cdi", "")))
    stranger.post(reverse("clauses:sorties"), grid((str(chantier.affectations[0].participant_id), "cdi", "")))
    assert not PointSuivi.objects.exists()
    with pytest.raises(ValidationError, match="plus dans votre suivi"):
        suivi.noter_points(
            [suivi.Point(person.pk, 3, "cdi")], people=Participant.objects.none(), fait_le=ON, on=ON, by=chantier.by
        )


@pytest.mark.parametrize("name", ["points", "sorties"])
def test_a_grid_costs_the_same_for_one_row_as_for_many(chantier, django_assert_num_queries, name):
    client, url = chantier.client(Role.FACILITATEUR), reverse(f"clauses:{name}")

    def more(count):
        for _ in range(count):
            person = gone(chantier, date(2026, 3, 1) if name == "points" else None)
            f.make_affectation(participant=person, date_debut=date(2026, 1, 1), date_fin=date(2026, 3, 1))

    more(1)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    more(24)
    with django_assert_num_queries(len(one)):
        page = client.get(url)
    assert len(page.content) < 60_000


def test_the_purge_waits_for_the_last_point(chantier):
    person = gone(chantier, date(2024, 6, 1))
    f.make_point_suivi(participant=person, terme=0, fait_le=date(2024, 6, 1))
    assert actions.fins_de_suivi([person], ON) == {person.pk: date(2025, 12, 31)}
    assert actions.purger(date(2026, 5, 31))["terme"] == 0
    assert actions.purger(date(2026, 6, 1))["terme"] == 1


def test_a_result_is_noted_once_the_training_is_over(chantier):
    client, person = chantier.client(Role.FACILITATEUR), chantier.affectations[0].participant
    url = reverse("clauses:formation_create", args=[person.pk])
    sent = {"intitule": "CACES R489", "statut": "en_cours", "resultat": "obtenue", "heures": "35"}
    assert "une fois la formation terminée" in text(client.post(url, sent))
    assert client.post(url, sent | {"statut": "terminee"}).status_code == 302
    assert "Certification obtenue" in text(client.get(person.get_absolute_url()))

"""The life of an hour: every transition, allowed or refused, and totals that always agree with the lines."""

from datetime import date
from decimal import Decimal as Dec

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from clauses import actions
from clauses.enums import Etat, EtatDeclaration, OrigineHeures
from clauses.models import Imputation, LigneHeures, Participant
from tests import factories as f
from tests.clauses.conftest import ON, make_chantier

pytestmark = pytest.mark.django_db


# Clauses and people -------------------------------------------------------------------------------------------------
def test_a_clause_comes_with_its_hours_its_calculation_and_its_history(chantier):
    clause = actions.create_clause(
        lot=f.make_lot(),
        facilitateur=chantier.facilitateur,
        heures=Dec(833),
        date_debut=date(2026, 1, 1),
        date_fin=date(2026, 12, 31),
        calcul={"montant": "1000000"},
        by=chantier.by,
    )
    assert list(clause.heures_dues.values_list("heures", "origine")) == [(Dec(833), OrigineHeures.INITIAL)]
    assert clause.calcul == {"montant": "1000000"}
    first = clause.history.earliest("history_id")
    assert (first.history_change_reason, first.history_user) == ("creation", chantier.by.user)


def test_an_amendment_may_lower_what_is_due_but_not_under_zero(chantier):
    def add(hours):
        actions.add_heures_dues(
            chantier.clause, heures=Dec(hours), date_effet=date(2026, 2, 1), origine="avenant", by=chantier.by
        )

    add(-1000)
    assert chantier.totals()[0] == 0
    with pytest.raises(ValidationError, match="on ne peut en retirer"):
        add("-0.01")
    assert chantier.clause.heures_dues.count() == 2


def test_hours_are_due_from_their_day_on(chantier):
    actions.add_heures_dues(
        chantier.clause, heures=Dec(200), date_effet=date(2026, 5, 1), origine="avenant", by=chantier.by
    )
    assert [chantier.totals(day)[0] for day in (date(2025, 12, 31), date(2026, 4, 30), date(2026, 5, 1))] == [
        0,
        1000,
        1200,
    ]


def test_a_code_drawn_twice_is_drawn_again(chantier, monkeypatch):
    taken = chantier.affectations[0].participant.code
    drawn = iter([taken, taken, "CVDL-7K3M"])
    monkeypatch.setattr("clauses.actions.participants.new_code", lambda facilitateur: next(drawn))
    person = actions.create_participant(
        facilitateur=chantier.facilitateur, by=chantier.by, annee_naissance=1990, entree_le=date(2026, 1, 1)
    )
    assert person.code == "CVDL-7K3M"


def test_codes_are_easy_to_read(chantier):
    for _ in range(200):
        prefix, _, rest = actions.new_code(chantier.facilitateur).partition("-")
        assert prefix == chantier.facilitateur.prefixe
        assert len(rest) == 4
        assert not set(rest) & set("0O1IL")


# Months -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mois", [date(2026, 7, 1), date(2025, 12, 1), date(2027, 1, 1)])
def test_a_month_to_come_or_outside_the_clause_is_not_opened(chantier, mois):
    with pytest.raises(ValidationError):
        actions.open_month(chantier.clause, chantier.entreprise, mois, on=ON, by=chantier.by)


def test_a_month_is_opened_once_by_who_owes_the_clause(chantier):
    again = actions.open_month(chantier.clause, chantier.entreprise, date(2026, 3, 17), on=ON, by=chantier.by)
    assert again == chantier.month
    with pytest.raises(ValidationError, match="ni titulaire ni membre"):
        actions.open_month(chantier.clause, f.make_organisation(), date(2026, 3, 1), on=ON, by=chantier.by)


def test_a_member_of_the_winning_group_declares(chantier):
    member = f.make_membre_groupement(groupement=f.make_groupement(lot=chantier.clause.lot)).organisation
    actions.open_month(chantier.clause, member, date(2026, 3, 1), on=ON, by=chantier.by)


def test_drafts_are_saved_changed_and_taken_away(chantier):
    chantier.save(100, (50, 7), 20)
    lines = chantier.save(110, (50, 7), 0)
    assert [(i.heures, i.heures_formation, i.etat) for i in lines] == [(110, 0, "brouillon"), (57, 7, "brouillon")]
    assert list(LigneHeures.objects.order_by("pk").values_list("heures_travail", "heures_formation")) == [
        (110, 0),
        (50, 7),
    ]
    assert chantier.totals() == (1000, 0, 0)


def test_a_line_keeps_the_coarse_classes_of_the_person(chantier):
    (imputation,) = chantier.save(10)
    line = imputation.ligne
    assert (line.tranche_age, line.critere, line.modalite) == ("26-49", "deld", "embauche")


def test_a_person_of_another_facilitator_is_refused(chantier):
    stranger = f.make_affectation()
    with pytest.raises(ValidationError, match="n'est pas suivie"):
        actions.save_month(
            chantier.month, [actions.Saisie(stranger.pk, Dec(10))], version=chantier.month.version, by=chantier.by
        )


def test_one_assignment_is_declared_once_in_a_month(chantier):
    chantier.save(10)
    other = f.make_clause(facilitateur=chantier.facilitateur)
    f.make_titulaire(lot=other.lot, organisation=chantier.entreprise)
    month = actions.open_month(other, chantier.entreprise, date(2026, 3, 1), on=ON, by=chantier.by)
    with pytest.raises(ValidationError, match="déjà déclarée"):
        chantier.save(10, month=month)


def test_two_people_never_overwrite_each_other_silently(chantier):
    seen = chantier.month.version
    chantier.save(100)
    with pytest.raises(actions.Conflit, match="rien n'a été écrasé"):
        chantier.save(55, version=seen)
    assert [i.heures for i in chantier.lines()] == [100]


def test_the_month_before_is_copied_for_who_is_still_there(chantier):
    gone = chantier.affectations[1]
    chantier.save(100, 50, (20, 5))
    gone.date_fin = date(2026, 3, 20)
    gone.save()
    april = actions.open_month(chantier.clause, chantier.entreprise, date(2026, 4, 1), on=ON, by=chantier.by)
    copied = actions.previous_month(april)
    assert {pk: (row.travail, row.formation) for pk, row in copied.items()} == {
        chantier.affectations[0].pk: (100, 0),
        chantier.affectations[2].pk: (20, 5),
    }


# States -------------------------------------------------------------------------------------------------------------
def test_the_usual_way(chantier):
    first, second = chantier.sent(100, 50)
    assert chantier.month.etat == EtatDeclaration.A_VERIFIER
    actions.accept(first, by=chantier.by)
    actions.refuse(second, "Heures à revoir", by=chantier.by)
    assert chantier.totals() == (1000, 100, 100)
    assert type(chantier.month).objects.get(pk=chantier.month.pk).etat == EtatDeclaration.A_CORRIGER


def test_a_correction_counts_only_once_accepted(chantier):
    (first,) = chantier.sent(100)
    actions.accept(first, by=chantier.by)
    new = actions.correct(first, Dec(70), Dec(10), by=chantier.by)
    assert (chantier.totals(), new.remplace) == ((1000, 100, 100), first)
    actions.send(chantier.month, by=chantier.by)
    assert chantier.totals() == (1000, 80, 100)  # declared: the new one; accepted: still the old one
    actions.accept(new, by=chantier.by)
    first.refresh_from_db()
    assert (first.etat, first.heures, chantier.totals()) == (Etat.REMPLACEE, 100, (1000, 80, 80))
    assert (new.ligne.heures_travail, LigneHeures.objects.get().heures) == (100, 80)


def test_a_refused_correction_leaves_the_accepted_line(chantier):
    (first,) = chantier.sent(100)
    actions.accept(first, by=chantier.by)
    new = actions.correct(first, Dec(150), by=chantier.by)
    assert LigneHeures.objects.get().heures == 150
    actions.send(chantier.month, by=chantier.by)
    actions.refuse(new, "Sans justificatif", by=chantier.by)
    assert chantier.totals() == (1000, 100, 100)
    assert LigneHeures.objects.get().heures == 100
    last = actions.correct(new, Dec(120), by=chantier.by)
    actions.send(chantier.month, by=chantier.by)
    actions.accept(last, by=chantier.by)
    assert chantier.totals() == (1000, 120, 120)
    assert list(Imputation.objects.order_by("pk").values_list("etat", flat=True)) == [
        "remplacee",
        "remplacee",
        "acceptee",
    ]


def _in_state(chantier, etat):
    (imputation,) = chantier.save(100)
    if etat == Etat.BROUILLON:
        return imputation
    actions.send(chantier.month, by=chantier.by)
    if etat == Etat.REFUSEE:
        actions.refuse(imputation, "motif", by=chantier.by)
    elif etat == Etat.RENONCEE:
        actions.refuse(imputation, "motif", by=chantier.by)
        return actions.renoncer(imputation, by=chantier.by)
    elif etat != Etat.TRANSMISE:
        actions.accept(imputation, by=chantier.by)
    if etat == Etat.REMPLACEE:
        new = actions.correct(imputation, Dec(90), by=chantier.by)
        actions.send(chantier.month, by=chantier.by)
        actions.accept(new, by=chantier.by)
    return Imputation.objects.get(pk=imputation.pk)


ALLOWED = {
    ("accept", Etat.TRANSMISE),
    ("refuse", Etat.TRANSMISE),
    ("correct", Etat.ACCEPTEE),
    ("correct", Etat.REFUSEE),
    ("correct", Etat.RENONCEE),
    ("renoncer", Etat.REFUSEE),
}
ALLOWED |= {("edit", Etat.BROUILLON), ("send", Etat.BROUILLON)}


@pytest.mark.parametrize("etat", Etat.values)
@pytest.mark.parametrize("verb", ["accept", "refuse", "correct", "renoncer", "edit", "send"])
def test_every_transition_is_allowed_or_refused(chantier, verb, etat):
    imputation = _in_state(chantier, etat)
    assert imputation.etat == etat
    before = chantier.totals(), [(i.pk, i.etat, i.heures) for i in Imputation.objects.order_by("pk")]
    do = {
        "accept": lambda: actions.accept(imputation, by=chantier.by),
        "refuse": lambda: actions.refuse(imputation, "motif", by=chantier.by),
        "correct": lambda: actions.correct(imputation, Dec(80), by=chantier.by),
        "renoncer": lambda: actions.renoncer(imputation, by=chantier.by),
        "edit": lambda: chantier.save(80),
        "send": lambda: actions.send(chantier.month, by=chantier.by),
    }[verb]
    if (verb, etat) in ALLOWED:
        do()
        return
    with pytest.raises(ValidationError):
        do()
    assert before == (chantier.totals(), [(i.pk, i.etat, i.heures) for i in Imputation.objects.order_by("pk")])


@pytest.mark.parametrize("motif", ["", "   ", None])
def test_a_refusal_has_a_reason(chantier, motif):
    (imputation,) = chantier.sent(100)
    with pytest.raises(ValidationError, match="motif"):
        actions.refuse(imputation, motif, by=chantier.by)


def test_a_line_is_corrected_once_at_a_time(chantier):
    (imputation,) = chantier.sent(100)
    actions.accept(imputation, by=chantier.by)
    actions.correct(imputation, Dec(90), by=chantier.by)
    with pytest.raises(ValidationError, match="existe déjà"):
        actions.correct(imputation, Dec(95), by=chantier.by)


def test_all_that_is_clean_is_accepted_at_once(chantier):
    chantier.affectations[1].participant.eligibilites.all().delete()
    chantier.sent(100, 50, 20)
    assert actions.accept_all_clean(chantier.month, by=chantier.by) == (2, 1)
    assert [i.etat for i in chantier.lines()] == ["acceptee", "transmise", "acceptee"]


def test_the_month_of_a_person_counts_all_their_lines(chantier):
    first = chantier.affectations[0]
    second = f.make_affectation(participant=first.participant, employeur=chantier.entreprise)
    chantier.affectations = [first, second]
    chantier.sent(120, 120)  # 240 h together: more than 48 h a week
    assert actions.accept_all_clean(chantier.month, by=chantier.by) == (0, 2)


def test_a_correction_does_not_count_the_line_it_replaces(chantier):
    (imputation,) = chantier.sent(150)
    actions.accept(imputation, by=chantier.by)
    actions.correct(imputation, Dec(140), by=chantier.by)
    actions.send(chantier.month, by=chantier.by)
    assert actions.accept_all_clean(chantier.month, by=chantier.by) == (1, 0)


# Whatever is done, in any order --------------------------------------------------------------------------------------
HOURS = st.decimals(0, 200, places=2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), st.integers(0, 2), HOURS, HOURS),
        st.tuples(st.just("send")),
        st.tuples(st.just("accept"), st.integers(0, 5)),
        st.tuples(st.just("refuse"), st.integers(0, 5)),
        st.tuples(st.just("correct"), st.integers(0, 5), HOURS, HOURS),
        st.tuples(st.just("accept_all")),
    ),
    max_size=14,
)


class TestAnySequence(TestCase):
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def test_totals_equal_the_lines_and_never_exceed_the_hours_worked(self, steps):
        chantier = make_chantier()
        for name, *given_values in steps:
            try:
                self._do(chantier, name, given_values)
            except ValidationError:
                continue
            self._check(chantier)

    def _do(self, chantier, name, values):
        known = list(Imputation.objects.filter(clause=chantier.clause).order_by("pk"))
        if name == "save":
            rank, work, training = values
            chantier.affectations = chantier.affectations[rank:] + chantier.affectations[:rank]
            chantier.save((work, training))
        elif name == "send":
            actions.send(chantier.month, by=chantier.by)
        elif name == "accept_all":
            actions.accept_all_clean(chantier.month, by=chantier.by)
        elif known:
            imputation = known[values[0] % len(known)]
            if name == "accept":
                actions.accept(imputation, by=chantier.by)
            elif name == "refuse":
                actions.refuse(imputation, "motif", by=chantier.by)
            else:
                actions.correct(imputation, values[1], values[2], by=chantier.by)

    def _check(self, chantier):
        rows = list(Imputation.objects.filter(clause=chantier.clause).select_related("ligne"))
        accepted = sum((i.heures for i in rows if i.etat == Etat.ACCEPTEE), Dec(0))
        pending = {i.ligne_id for i in rows if i.etat == Etat.TRANSMISE}
        declared = sum(
            (
                i.heures
                for i in rows
                if i.etat == Etat.TRANSMISE or (i.etat == Etat.ACCEPTEE and i.ligne_id not in pending)
            ),
            Dec(0),
        )
        assert chantier.totals() == (1000, declared, accepted)
        by_month = type(chantier.month).objects.with_heures().get(pk=chantier.month.pk)
        assert (by_month.heures_declarees, by_month.heures_acceptees) == (declared, accepted)
        live = [i for i in rows if i.etat in {Etat.BROUILLON, Etat.TRANSMISE, Etat.ACCEPTEE}]
        assert all(i.heures <= i.ligne.heures for i in live)
        assert not LigneHeures.objects.filter(imputations=None).exists()


def test_participants_are_never_deleted_by_hours(chantier):
    chantier.sent(10, 20, 30)
    assert Participant.objects.count() == 3


def test_an_acceptance_is_taken_back_with_its_trace(chantier):
    line, _ = chantier.sent(100, 50)
    actions.accept(line, by=chantier.by)
    assert chantier.totals() == (1000, 150, 100)
    refused = actions.cancel(line, " Personne absente ce mois-ci ", by=chantier.by)
    line.refresh_from_db()
    assert (line.etat, line.decidee_par) == (Etat.REMPLACEE, chantier.by.user)
    assert line.decidee_le is not None
    assert (refused.etat, refused.heures, refused.motif_refus) == (Etat.REFUSEE, 100, "Personne absente ce mois-ci")
    assert chantier.totals() == (1000, 50, 0)
    # What is cancelled may still be corrected, and accepted again.
    corrected = actions.correct(refused, 80, by=chantier.by)
    actions.send(chantier.month, by=chantier.by)
    actions.accept(corrected, by=chantier.by)
    assert chantier.totals() == (1000, 130, 80)


def test_only_an_accepted_line_without_pending_correction_is_cancelled(chantier):
    (line,) = chantier.sent(100)
    with pytest.raises(ValidationError, match="seule une ligne acceptée"):
        actions.cancel(line, "Erreur", by=chantier.by)
    actions.accept(line, by=chantier.by)
    with pytest.raises(ValidationError, match="motif"):
        actions.cancel(line, "  ", by=chantier.by)
    actions.correct(line, 90, by=chantier.by)
    with pytest.raises(ValidationError, match="correction"):
        actions.cancel(line, "Erreur", by=chantier.by)
    assert chantier.totals() == (1000, 100, 100)

"""Checks of a line that look at the employer's kind, the contract, and what the person does elsewhere: cases."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as Dec

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from clauses import actions, rules
from clauses.actions import passations
from clauses.controles import verdicts_by_imputation
from clauses.enums import Etat, Modalite, TypeContrat
from clauses.rules import AutreLigne, Plafonds, Prets
from portal.permissions import Acteur, Role
from portal.verdict import Niveau
from structures.enums import Kind
from tests import factories as f
from tests.clauses.test_rules import CLEAN

LENT = {"modalite": Modalite.MISE_A_DISPOSITION, "kinds": {Kind.AI}}
ESAT = {"contrat": TypeContrat.USAGER_ESAT, "kinds": {Kind.ESAT}}


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        # Users of an ESAT, salaried people of an ESAT
        (ESAT | {"modalite": Modalite.EMBAUCHE}, "blocage", "n'est pas embauché"),
        ({"modalite": Modalite.REALISATION, "kinds": {Kind.ESAT}}, "avertissement", "sont des usagers"),
        # Long-term workers: the structure makes them eligible
        ({"modalite": Modalite.REALISATION, "kinds": {Kind.EA}, "eligibilites": ()}, "information", "la rend éligible"),
        (
            {"modalite": Modalite.REALISATION, "kinds": {Kind.EI}, "eligibilites": ()},
            "avertissement",
            "Aucune éligibil",
        ),
        # Independent workers
        ({"modalite": Modalite.REALISATION, "kinds": {Kind.EITI}}, "avertissement", "travail indépendant"),
        # A CDI counts for a time
        ({"contrat": TypeContrat.CDI, "date_debut": date(2024, 3, 1)}, "avertissement", "CDI signé le 01/03/2024"),
        # Alternance counts up to its term
        ({"contrat": TypeContrat.APPRENTISSAGE}, "avertissement", "sans date de fin"),
        ({"contrat": TypeContrat.PROFESSIONNALISATION}, "avertissement", "sans date de fin"),
        # Days that the contract, or the clause, leaves in the month
        ({"date_debut": date(2026, 3, 30)}, "avertissement", "pour 2 jours du mois"),
        ({"date_fin": date(2026, 3, 1)}, "avertissement", "pour 1 jour du mois"),
        ({"clause_fin": date(2026, 3, 8)}, "avertissement", "pour 8 jours du mois"),
        # Declared elsewhere
        ({"autres": [AutreLigne("Bâti", Dec(9), meme_clause=True)]}, "avertissement", "par « Bâti », pour 9 h"),
        ({"autres": [AutreLigne("Bâti", Dec(100), meme_employeur=True)]}, "avertissement", "Les mêmes 100 h"),
        ({"autres": [AutreLigne("Bâti", Dec(99), meme_employeur=True)]}, "information", "199 h en tout"),
        ({"autres": [AutreLigne("Bâti", Dec(100), meme_clause=True, meme_employeur=True)]}, "avertissement", "mêmes"),
        ({"autres": [AutreLigne("B", Dec(100), meme_employeur=True, meme_declarant=True)]}, "information", "200 h"),
        # Lent by an AI
        (LENT | {"prets": Prets(Dec("480.01"), Dec(0))}, "blocage", "plus de 480 h"),
        (LENT | {"prets": Prets(Dec(481), Dec(0), date(2026, 3, 30))}, "blocage", "a pris fin le 30/03/2026"),
        (LENT | {"prets": Prets(Dec(481), Dec(0), date(2026, 3, 31))}, "information", "dérogation du préfet"),
        (LENT | {"prets": Prets(Dec(480), Dec(0))}, "avertissement", "480 h prêtées en 24 mois"),
        (LENT | {"prets": Prets(Dec(400), Dec(0))}, "avertissement", "le plafond est de 480 h"),
        (LENT | {"prets": Prets(Dec(300), Dec(200))}, "avertissement", "dont 200 h chez un utilisateur non précisé"),
        (LENT | {"prets": Prets(Dec(0), Dec(10))}, "information", "ne dit pas si l'utilisateur est privé"),
    ],
)
def test_what_a_line_says(change, level, words):
    found = rules.verifie_ligne(replace(CLEAN, **change))
    assert found, change
    said = found[0].reason.replace("\u00a0", " ").replace("\u202f", " ")
    assert (found[0].level, words in said) == (level, True), found


@pytest.mark.parametrize(
    "change",
    [
        ESAT | {"modalite": Modalite.MISE_A_DISPOSITION, "eligibilites": CLEAN.eligibilites, "contrat": "usager_esat"},
        {"contrat": TypeContrat.CDI, "date_debut": date(2024, 3, 2)},  # the 24 months end inside the month
        {"contrat": TypeContrat.CDI, "date_debut": date(2019, 1, 1), "kinds": {Kind.EA}, "modalite": "realisation"},
        {"contrat": TypeContrat.APPRENTISSAGE, "date_fin": date(2027, 8, 31)},
        {"date_debut": date(2026, 3, 30), "heures": Dec(20)},
        {"clause_debut": date(2026, 3, 18), "heures": Dec(96)},  # 14 days: two weeks of 48 h
        {"clause_debut": date(2026, 3, 17), "heures": Dec(106)},  # one day more: 10 h
        LENT | {"prets": Prets(Dec("399.99"), Dec(0))},
        LENT,
    ],
)
def test_what_says_nothing(change):
    found = rules.verifie_ligne(replace(CLEAN, **change))
    assert [v for v in found if v.level > Niveau.INFORMATION] == []


def test_the_parameters_of_the_day_are_the_ones_that_count():
    line = replace(CLEAN, **LENT | {"prets": Prets(Dec(300), Dec(0))})
    assert rules.verifie_ligne(line) == []
    assert rules.verifie_ligne(line, Plafonds(prets=250))[0].is_blocking
    cdi = replace(CLEAN, contrat=TypeContrat.CDI, date_debut=date(2025, 6, 1))
    assert rules.verifie_ligne(cdi) == []
    assert rules.verifie_ligne(cdi, Plafonds(cdi_mois=6))[0].level == "avertissement"


D = date


@pytest.mark.parametrize(
    ("prets", "mois", "expected"),
    [
        ([], D(2026, 3, 1), 0),
        ([(D(2026, 3, 1), Dec(10))], D(2026, 2, 1), 0),
        ([(D(2024, 4, 1), Dec(300)), (D(2026, 3, 1), Dec(100))], D(2026, 3, 1), 400),  # inside 24 months
        ([(D(2024, 3, 1), Dec(300)), (D(2026, 3, 1), Dec(100))], D(2026, 3, 1), 100),  # a new period has begun
        ([(D(2020, 1, 1), Dec(480)), (D(2025, 1, 1), Dec(5)), (D(2026, 12, 1), Dec(7))], D(2026, 12, 1), 12),
    ],
)  # fmt: skip
def test_compteur_prets(prets, mois, expected):
    assert rules.compteur_prets(reversed(prets), mois) == expected


@pytest.mark.parametrize(("days", "hours"), [(1, 10), (4, 40), (5, 48), (6, 48), (7, 48), (8, 58), (30, 212)])
def test_jours_max(days, hours):
    assert rules.jours_max(days) == hours


@pytest.mark.parametrize(
    ("mois", "etat", "on", "jour", "late"),
    [
        (D(2026, 3, 1), "ouverte", D(2026, 4, 10), 10, False),
        (D(2026, 3, 1), "ouverte", D(2026, 4, 11), 10, True),
        (D(2026, 12, 1), "en_saisie", D(2027, 1, 6), 5, True),
        (D(2026, 3, 1), "a_verifier", D(2027, 1, 1), 10, False),
        (D(2026, 3, 1), "sans_heures", D(2027, 1, 1), 10, False),
        (D(2026, 3, 1), "acceptee", D(2027, 1, 1), 10, False),
    ],
)
def test_en_retard(mois, etat, on, jour, late):
    assert rules.en_retard(mois, etat, on, jour) is late


# Read from the tables -------------------------------------------------------------------------------------------------
def lend(chantier, **given):
    """The first person is lent by an AI; 100 h a month from January on, accepted elsewhere."""
    affectation = chantier.affectations[0]
    f.make_structure(organisation=affectation.employeur, kind=Kind.AI)
    type(affectation).objects.filter(pk=affectation.pk).update(modalite=Modalite.MISE_A_DISPOSITION, **given)
    affectation.refresh_from_db()
    for month, hours in ((1, 200), (2, 200)):
        line = f.make_ligne_heures(
            affectation=affectation, du=date(2026, month, 1), au=date(2026, month, 28), heures_travail=hours
        )
        f.make_imputation(ligne=line, etat=Etat.ACCEPTEE)
    return affectation


def said(chantier, line):
    return [str(v.level) for v in verdicts_by_imputation(chantier.month, [line])[line.pk]]


@pytest.mark.django_db
def test_the_480_hours_are_counted_on_every_clause_at_private_employers_alone(chantier):
    affectation = lend(chantier, utilisateur_prive=True)
    (line,) = chantier.sent(80)
    assert said(chantier, line) == ["avertissement"]  # 480 exactly
    actions.refuse(line, "À revoir", by=chantier.by)
    line = actions.correct(line, Dec("80.01"), by=chantier.by)
    actions.send(chantier.month, by=chantier.by)
    assert said(chantier, line) == ["blocage"]
    affectation.derogation_480 = date(2026, 3, 31)
    affectation.save()
    line = type(line).objects.select_related("ligne__affectation").get(pk=line.pk)
    assert said(chantier, line) == ["information"]
    affectation.utilisateur_prive = False
    affectation.save()
    line = type(line).objects.select_related("ligne__affectation").get(pk=line.pk)
    assert said(chantier, line) == []


@pytest.mark.django_db
def test_a_second_employer_on_the_clause_is_said_and_the_same_line_is_not(chantier):
    first = chantier.affectations[0]
    second = f.make_affectation(participant=first.participant, employeur=f.make_organisation(denomination="Intérim B"))
    chantier.affectations = [first, second]
    one, two = chantier.sent(70, 60)
    found = verdicts_by_imputation(chantier.month, [one, two])
    assert "Intérim B" in found[one.pk][0].reason
    assert actions.accept_all_clean(chantier.month, by=chantier.by) == (0, 2)
    actions.accept(one, by=chantier.by)  # looked at, and accepted


@pytest.mark.django_db
def test_the_convention_settles_how_long_a_cdi_counts(chantier):
    affectation = chantier.affectations[0]
    type(affectation).objects.filter(pk=affectation.pk).update(contrat=TypeContrat.CDI, date_debut=date(2025, 6, 1))
    (line,) = chantier.sent(80)
    assert said(chantier, line) == []
    convention = f.make_convention(
        facilitateur=chantier.facilitateur, cdi_mois=6, signee_le=date(2025, 12, 1), date_debut=date(2026, 1, 1),
        date_fin=date(2026, 12, 31),
    )  # fmt: skip
    f.make_partie_convention(convention=convention, acheteur=chantier.acheteur)
    assert said(chantier, line) == ["avertissement"]


# Decisions ------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_line_that_a_check_forbids_is_never_accepted(chantier):
    affectation = chantier.affectations[0]
    affectation.date_fin = date(2026, 2, 10)
    affectation.save()
    (line,) = chantier.sent(80)
    with pytest.raises(ValidationError, match="ne couvre aucun jour"):
        actions.accept(line, by=chantier.by)
    line.refresh_from_db()
    assert (line.etat, chantier.totals()) == (Etat.TRANSMISE, (1000, 80, 0))
    affectation.date_fin = date(2026, 3, 31)
    affectation.save()
    actions.accept(line, by=chantier.by)
    assert chantier.totals() == (1000, 80, 80)


@pytest.mark.django_db
def test_a_refusal_and_a_taken_back_acceptance_reach_those_who_declare(chantier):
    member = f.make_membre(organisation=chantier.entreprise, role="entreprise")
    first, second = chantier.sent(80, 50)
    actions.refuse(first, "Deux jours de trop", by=chantier.by)
    actions.accept(second, by=chantier.by)
    actions.cancel(second, "Absent ce mois-ci", by=chantier.by)
    from portal.models import Envoi

    sent = list(Envoi.objects.order_by("pk"))
    assert [each.destinataire for each in sent] == [member.user.email] * 2
    assert "Deux jours de trop" in sent[0].texte
    assert chantier.month.get_absolute_url() in sent[0].texte
    assert "Absent ce mois-ci" in sent[1].texte
    code = chantier.affectations[0].participant.code
    assert not any(code in each.texte + each.sujet for each in sent)


@pytest.mark.django_db
def test_everything_clean_is_accepted_at_a_constant_cost(chantier):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    chantier.sent(10)
    with CaptureQueriesContext(connection) as one:
        actions.accept_all_clean(chantier.month, by=chantier.by)
    chantier.affectations = [
        f.make_affectation(
            participant=f.make_eligibilite(participant=f.make_participant(facilitateur=chantier.facilitateur)).participant,
            employeur=chantier.entreprise,
        )
        for _ in range(20)
    ]  # fmt: skip
    chantier.sent(*[10] * 20)
    with CaptureQueriesContext(connection) as twenty:
        assert actions.accept_all_clean(chantier.month, by=chantier.by) == (20, 0)
    assert len(twenty) == len(one)


# Put right -----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_facilitator_puts_an_assignment_right(chantier):
    affectation = chantier.affectations[0]
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:affectation_edit", args=[affectation.pk])
    siret = f.make_siret()
    data = {
        "modalite": Modalite.MISE_A_DISPOSITION, "contrat": TypeContrat.CDDI, "date_debut": "2026-01-05",
        "date_fin": "2026-12-31", "utilisateur": siret, "utilisateur_prive": "True", "derogation_480": "2026-12-31",
    }  # fmt: skip
    assert client.post(url, data).status_code == 302
    affectation.refresh_from_db()
    assert (affectation.utilisateur.identifiant, affectation.utilisateur_prive) == (siret, True)
    assert affectation.derogation_480 == date(2026, 12, 31)
    assert f'value="{siret}"' in client.get(url).content.decode()
    for wrong in ({"date_fin": "2025-01-01"}, {"utilisateur": "12"}, {"date_debut": "x"}, {"utilisateur": "\x00"},
                  {"contrat": "usager_esat", "modalite": "embauche"}):  # fmt: skip
        page = client.post(url, data | wrong)
        assert page.status_code == 200, wrong
        assert page.context["form"].errors, wrong
    client.post(url, data | {"utilisateur": "", "utilisateur_prive": ""})
    affectation.refresh_from_db()
    assert (affectation.utilisateur, affectation.utilisateur_prive) == (None, None)


@pytest.mark.django_db
def test_people_who_stayed_with_the_giving_body_are_still_declared(chantier):
    """A clause handed over: the person counted on it stays with the former facilitator, and is typed all the same."""
    (line, *_) = chantier.sent(70)
    actions.accept(line, by=chantier.by)
    lot = f.make_lot(marche=f.make_marche(acheteur=chantier.acheteur))
    f.make_titulaire(lot=lot, organisation=chantier.entreprise)
    kept = f.make_clause(lot=lot, facilitateur=chantier.facilitateur)  # counted here too: she stays
    month = actions.open_month(kept, chantier.entreprise, date(2026, 3, 1), on=date(2026, 6, 1), by=chantier.by)
    person = chantier.affectations[0].participant
    there = f.make_affectation(participant=person, employeur=chantier.entreprise)
    actions.save_month(month, [actions.Saisie(there.pk, Dec(10))], version=None, by=chantier.by)
    receiver = f.make_facilitateur()
    by = Acteur(f.make_user(), receiver.organisation, Role.FACILITATEUR)
    offer = passations.proposer(chantier.clause, vers=receiver, motif="Territoire", by=chantier.by)
    passations.repondre(offer, acceptee=True, reponse="", by=by)
    chantier.clause.refresh_from_db()
    april = actions.open_month(chantier.clause, chantier.entreprise, date(2026, 4, 1), on=date(2026, 6, 1), by=by)
    page = chantier.client(Role.ENTREPRISE).get(april.get_absolute_url()).content.decode()
    code, never = person.code, chantier.affectations[1].participant.code
    assert type(person).objects.get(pk=person.pk).facilitateur_id != chantier.clause.facilitateur_id
    assert code in page
    assert never not in page  # never counted here: it is the other body's alone
    actions.save_month(april, [actions.Saisie(chantier.affectations[0].pk, Dec(50))], version=None, by=by)
    with pytest.raises(ValidationError, match="n'est pas suivie"):
        actions.save_month(april, [actions.Saisie(chantier.affectations[1].pk, Dec(50))], version=None, by=by)
    assert april.imputations.get().heures == 50


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["accept", "refuse", "cancel", "correct", "renoncer"])
def test_a_line_that_somebody_has_just_taken_away_is_said_to_be_gone(chantier, verb):
    (line,) = chantier.save(80)
    chantier.save(0)
    more = {"refuse": ["motif"], "cancel": ["motif"], "correct": [Dec(5)]}.get(verb, [])
    with pytest.raises(ValidationError, match="n'existe plus"):
        getattr(actions, verb)(line, *more, by=chantier.by)

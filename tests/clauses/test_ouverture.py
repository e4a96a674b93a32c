"""Months that open by themselves, and those who are late: once each, whatever is run again."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses import actions
from clauses.actions.ouverture import ouvrir_mois, rappeler_retards
from clauses.enums import Etat, EtatDeclaration
from clauses.models import Declaration
from portal.models import Envoi
from portal.permissions import Role
from portal.templatetags.formats import de_mois
from tests import factories as f
from tests.clauses.conftest import make_chantier
from tests.clauses.helpers import text

pytestmark = pytest.mark.django_db
JUNE = date(2026, 6, 2)


def opened(clause):
    return sorted(clause.declarations.values_list("mois", flat=True))


def months(*numbers):
    return [date(2026, number, 1) for number in numbers]


def test_the_month_that_has_ended_opens_and_those_that_were_missed(chantier):
    assert ouvrir_mois(JUNE) == 2  # March is open: April and May
    assert opened(chantier.clause) == months(3, 4, 5)
    assert ouvrir_mois(JUNE) == 0
    assert ouvrir_mois(date(2026, 7, 1)) == 1


def test_a_new_clause_opens_its_last_month_alone(db):
    clause = f.make_clause(facilitateur=f.make_facilitateur())
    f.make_titulaire(lot=clause.lot)
    assert ouvrir_mois(JUNE) == 1
    assert opened(clause) == months(5)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"date_debut": date(2026, 6, 1)}, []),
        ({"date_debut": date(2026, 5, 31)}, months(5)),
        ({"date_fin": date(2026, 4, 30)}, []),
        ({"date_fin": date(2026, 5, 1)}, months(5)),
        ({"facilitateur": None}, []),
    ],
)
def test_only_months_of_the_clause_that_somebody_follows(given, expected):
    clause = f.make_clause(**{"facilitateur": f.make_facilitateur()} | given)
    f.make_titulaire(lot=clause.lot)
    ouvrir_mois(JUNE)
    assert opened(clause) == expected


def test_each_member_of_the_group_has_its_month_and_an_opening_balance_is_not_declared_again(db):
    clause = f.make_clause(facilitateur=f.make_facilitateur())
    group = f.make_groupement(lot=clause.lot, retenu=True)
    one, two = (f.make_membre_groupement(groupement=group).organisation for _ in range(2))
    f.make_reprise_heures(clause=clause, organisation=one, arretee_au=date(2026, 5, 31))
    assert ouvrir_mois(JUNE) == 1
    assert clause.declarations.get().organisation == two
    assert ouvrir_mois(date(2026, 7, 3)) == 2


def test_opening_costs_the_same_for_one_clause_or_ten(chantier):
    def cost():
        Declaration.objects.filter(mois__gt=date(2026, 3, 1)).delete()
        with CaptureQueriesContext(connection) as seen:
            ouvrir_mois(JUNE)
        return len(seen)

    before = cost()
    for _ in range(9):
        f.make_titulaire(lot=f.make_clause(facilitateur=chantier.facilitateur).lot)
    assert cost() == before


# Late -----------------------------------------------------------------------------------------------------------------
def late(on):
    return list(Declaration.objects.late(on))


def test_a_month_is_late_after_its_day_until_it_is_sent_or_said_empty(chantier):
    month = chantier.month
    assert late(date(2026, 4, 10)) == []
    assert late(date(2026, 4, 11)) == [month]
    chantier.save(10)
    assert late(date(2026, 4, 11)) == [month]
    actions.send(month, by=chantier.by)
    assert late(date(2026, 12, 11)) == []
    other = make_chantier()
    actions.rien_a_declarer(other.month, by=other.by)
    assert late(date(2026, 12, 11)) == []
    assert Declaration.objects.get(pk=other.month.pk).etat == EtatDeclaration.SANS_HEURES


def test_the_convention_settles_the_day(chantier):
    convention = f.make_convention(
        facilitateur=chantier.facilitateur, jour_declaration=20, signee_le=date(2026, 1, 1),
        date_debut=date(2026, 1, 1), date_fin=date(2026, 12, 31),
    )  # fmt: skip
    f.make_partie_convention(convention=convention, acheteur=chantier.acheteur)
    assert late(date(2026, 4, 20)) == []
    assert late(date(2026, 4, 21)) == [chantier.month]


def test_one_reminder_a_month_lists_what_is_late(chantier):
    member = f.make_membre(organisation=chantier.entreprise, role="entreprise")
    assert rappeler_retards(date(2026, 4, 10)) == 0
    with time_machine.travel(datetime(2026, 4, 11, 8, tzinfo=UTC)):
        call_command("ouvrir_mois")
        call_command("ouvrir_mois")
    (sent,) = Envoi.objects.all()
    assert (sent.destinataire, "mars 2026" in sent.texte) == (member.user.email, True)
    assert chantier.month.get_absolute_url() in sent.texte
    assert rappeler_retards(date(2026, 4, 28)) == 0
    ouvrir_mois(date(2026, 5, 1))
    assert rappeler_retards(date(2026, 5, 11)) == 1
    assert "2 déclarations en retard" in Envoi.objects.latest("pk").sujet.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("role", [Role.FACILITATEUR, Role.ENTREPRISE])
def test_what_is_late_is_marked_on_the_board_and_on_the_month(chantier, role):
    client = chantier.client(role)
    with time_machine.travel("2026-04-10 12:00+00:00"):
        assert "en retard</span>" not in text(client.get(reverse("clauses:list")))
    with time_machine.travel("2026-04-11 12:00+00:00"):
        assert "en retard</span>" in text(client.get(reverse("clauses:list")))
        assert "étaient attendues le 10/04/2026" in text(client.get(chantier.month.get_absolute_url()))


def test_the_company_says_that_there_is_nothing_to_declare(chantier):
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    with time_machine.travel("2026-04-11 12:00+00:00"):
        assert "Rien à déclarer ce mois-ci" in text(client.get(url))
        page = client.post(url, {"action": "rien", "version": "0"}, follow=True)
        assert "rien à déclarer pour ce mois" in text(page)
        assert "Rien à déclarer ce mois-ci</button>" not in text(page)
        old = client.post(url, {"action": "rien", "version": "0"})
        assert "rien n&#x27;a été écrasé" in text(old)
        chantier.save(10)
        row = chantier.affectations[0]
        data = {"action": "rien", "version": "2", "affectation": f"{row.pk}:{row.participant.code}",
                f"l{row.pk}-travail": "10"}  # fmt: skip
        assert "effacez-les" in text(client.post(url, data))
    chantier.month.refresh_from_db()
    assert chantier.month.imputations.get().etat == Etat.BROUILLON


MONTHS = [(3, "de mars"), (4, "d’avril"), (8, "d’août"), (10, "d’octobre"), (12, "de déc")]


@pytest.mark.parametrize(("month", "said"), MONTHS)
def test_months_follow_de(month, said):
    assert de_mois(date(2026, month, 1)).startswith(said)

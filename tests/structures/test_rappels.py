from datetime import date
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from portal.models import Envoi
from portal.permissions import Role
from structures.models import Structure
from structures.notifications.rappels import remind, years_between
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


def card(verifiee_le=date(2025, 11, 22), **given):
    structure = make.make_structure(verifiee_le=verifiee_le, **given)
    make.make_membre(organisation=structure.organisation, role=Role.STRUCTURE)
    return structure


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        (date(2025, 11, 22), date(2026, 11, 21), 0),
        (date(2025, 11, 22), date(2026, 11, 22), 1),
        (date(2024, 11, 22), date(2026, 11, 23), 2),
        (date(2024, 2, 29), date(2025, 2, 28), 0),
        (date(2024, 2, 29), date(2025, 3, 1), 1),
    ],
)
def test_years_between(start, end, years):
    assert years_between(start, end) == years


def test_one_message_a_year_for_each_member():
    structure = card()
    make.make_membre(organisation=structure.organisation, role=Role.STRUCTURE)
    assert remind(TODAY) == (1, 2)
    assert remind(TODAY) == (1, 0)
    assert remind(date(2027, 11, 21)) == (1, 0)
    assert remind(date(2027, 11, 22)) == (1, 2)
    assert Envoi.objects.count() == 4
    envoi = Envoi.objects.first()
    assert f"/structures/{structure.pk}/modifier/" in envoi.texte
    assert "22/11/2025" in envoi.texte
    assert "Présentez votre structure" in envoi.texte  # what to add


def test_a_confirmation_starts_a_new_year():
    structure = card()
    remind(TODAY)
    Structure.objects.filter(pk=structure.pk).update(verifiee_le=TODAY)
    assert remind(date(2027, 11, 21)) == (0, 0)
    assert remind(date(2027, 11, 22)) == (1, 1)


def test_a_card_never_confirmed_counts_from_its_creation():
    with time_machine.travel("2025-11-21 23:30:00+00:00", tick=False):  # the 22nd in Paris
        structure = card(verifiee_le=None)
    assert remind(date(2026, 11, 21)) == (0, 0)
    assert remind(TODAY) == (1, 1)
    assert Envoi.objects.get().cle.startswith(f"rappel_fiche:{structure.pk}:2025-11-22:1")


def test_who_is_not_written_to():
    closed = card()
    closed.organisation.membres.get().user.__class__.objects.update(is_active=False)
    left = card()
    left.organisation.membres.update(actif=False)
    other_role = make.make_structure(verifiee_le=date(2020, 1, 1))
    make.make_membre(organisation=other_role.organisation, role=Role.ACHETEUR)
    card(publiee=False)
    card(remplacee_par=make.make_structure())
    card(verifiee_le=date(2026, 11, 21))
    make.make_structure(identifiant_source="140000001", kind="ESAT", verifiee_le=date(2020, 1, 1))
    assert remind(TODAY) == (0, 0)


@time_machine.travel("2026-11-22 09:00:00+00:00", tick=False)
def test_the_command_prints_its_counts_and_is_idempotent():
    card()
    card()
    out = StringIO()
    call_command("rappeler_fiches", stdout=out)
    assert out.getvalue().split("\n")[:2] == ["2 fiches à confirmer.", "2 rappels mis en file."]
    call_command("rappeler_fiches", stdout=out)
    assert "0 rappel mis en file." in out.getvalue()

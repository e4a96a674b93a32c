"""What the register proves of structures, written on their card: first contract, last end, worked with others."""

from datetime import date

import pytest
from django.core.management import call_command
from django.urls import reverse

from marches.enums import Reservation
from marches.models import Lot, Marche, Titulaire
from marches.upsert import refresh_holders, reindex
from structures.models import Structure
from tests import factories as make

pytestmark = pytest.mark.django_db


def facts(structure) -> tuple:
    structure.refresh_from_db()
    return structure.titulaire_depuis, structure.titulaire_jusqu_au, structure.a_cotraite


def hold(structure, debut, fin=None, *others):
    lot = make.make_lot(date_notification=debut, date_fin=fin)
    for body in (structure.organisation, *others):
        make.make_titulaire(lot=lot, organisation=body)
    return lot


def test_first_day_last_end_and_company():
    structure = make.make_structure()
    hold(structure, date(2024, 1, 1), date(2025, 1, 1))
    hold(structure, date(2022, 1, 1), date(2026, 1, 1))
    hold(structure, date(2023, 1, 1))
    assert refresh_holders() == 1
    assert facts(structure) == (date(2022, 1, 1), date(2026, 1, 1), False)
    hold(structure, None, None, make.make_organisation())
    assert refresh_holders([structure.organisation_id]) == 1
    assert facts(structure) == (date(2022, 1, 1), date(2026, 1, 1), True)
    assert refresh_holders() == 0


@pytest.mark.parametrize(("retenu", "members", "expected"), [(True, 2, True), (True, 1, False), (False, 2, False)])
def test_a_group_counts_when_chosen_and_shared(retenu, members, expected):
    structure = make.make_structure()
    lot = make.make_lot(date_notification=date(2024, 5, 1), date_fin=date(2025, 5, 1))
    group = make.make_groupement(lot=lot, retenu=retenu)
    make.make_membre_groupement(groupement=group, organisation=structure.organisation)
    for _ in range(members - 1):
        make.make_membre_groupement(groupement=group)
    refresh_holders()
    held = (date(2024, 5, 1), date(2025, 5, 1)) if retenu else (None, None)
    assert facts(structure) == (*held, expected)


def test_every_structure_of_an_organisation_is_told_and_rank_follows():
    one = make.make_structure()
    two = make.make_structure(organisation=one.organisation, kind="ACI")
    hold(one, date(2024, 1, 1), None, make.make_organisation())
    refresh_holders()
    assert facts(one) == facts(two) == (date(2024, 1, 1), None, True)
    assert Structure.objects.get(pk=one.pk).rang >= 30
    Titulaire.objects.all().delete()
    refresh_holders([one.organisation_id])
    assert facts(two) == (None, None, False)
    assert Structure.objects.get(pk=one.pk).rang < 30


def test_cost_does_not_grow_with_organisations(django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    hold(make.make_structure(), date(2024, 1, 1), None, make.make_organisation())
    with CaptureQueriesContext(connection) as one:
        refresh_holders()
    for _ in range(9):
        hold(make.make_structure(), date(2024, 1, 1), None, make.make_organisation())
    with django_assert_num_queries(len(one)):
        assert refresh_holders() == 9


def test_recalculer_also_tells_contracts_made_by_hand():
    structure = make.make_structure()
    hold(structure, date(2024, 1, 1))
    call_command("recalculer_marches", verbosity=0)
    assert facts(structure)[0] == date(2024, 1, 1)


def test_the_back_office_tells_the_directory(client_administration):
    client_administration.user.is_superuser = True
    client_administration.user.save()
    structure = make.make_structure()
    lot = hold(structure, date(2024, 1, 1), None, make.make_organisation())
    Lot.objects.filter(pk=lot.pk).update(reservation=Reservation.HANDICAP)
    reindex([lot.marche_id])
    assert Marche.objects.get().social
    group = make.make_groupement(lot=lot)
    make.make_membre_groupement(groupement=group, organisation=structure.organisation)
    url = reverse("admin:marches_lot_delete", args=[lot.pk])
    refresh_holders()
    assert facts(structure)[2] is True
    assert client_administration.post(url, {"post": "yes"}).status_code == 302
    assert facts(structure) == (None, None, False)
    assert not Marche.objects.get().social  # and the contract, which has this lot no more

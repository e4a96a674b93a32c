"""Conventions: typed, seen by both parties, recalled before their end, and what they settle for a clause."""

from datetime import date

import pytest
from django.urls import reverse

from clauses.actions.conventions import parametres_of, rappeler
from clauses.models import Convention
from portal.permissions import Role
from tests import factories as f
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
ON = date(2026, 6, 15)


def test_a_clause_takes_what_its_convention_settles_else_the_defaults():
    acheteur = f.make_acheteur()
    lot = f.make_lot(marche=f.make_marche(acheteur=acheteur))
    clause = f.make_clause(lot=lot, facilitateur=f.make_facilitateur())
    plain = parametres_of(clause, ON)
    assert (plain.eligibilite_mois, plain.cdi_mois, plain.jour_declaration, plain.convention) == (24, 24, 10, None)
    given = {"facilitateur": clause.facilitateur, "eligibilite_mois": 12, "jour_declaration": 5}
    convention = f.make_convention(**given)
    f.make_partie_convention(convention=convention, acheteur=acheteur)
    assert parametres_of(clause, ON) == plain  # not signed yet
    Convention.objects.update(signee_le=date(2026, 1, 1))
    found = parametres_of(clause, ON)
    assert (found.eligibilite_mois, found.cdi_mois, found.jour_declaration) == (12, 24, 5)
    assert parametres_of(clause, date(2027, 1, 1)) == plain


def typed(acheteur, **more):
    return {
        "intitule": "Convention 2026", "acheteurs": acheteur.organisation.identifiant, "date_debut": "2026-01-01",
        "date_fin": "2026-12-31", "services": ["conseil", "suivi"], "preavis_mois": "3",
    } | more  # fmt: skip


def test_a_facilitator_types_one_and_the_buyer_reads_it():
    buyer, client = sign_in(Role.ACHETEUR), sign_in(Role.FACILITATEUR)
    acheteur = buyer.acteur_organisation.acheteur
    assert client.post(reverse("clauses:convention_create"), typed(acheteur)).status_code == 302
    convention = Convention.objects.get()
    assert list(convention.services.values_list("service", flat=True)) == ["conseil", "suivi"]
    first = convention.services.first()
    client.post(reverse("clauses:convention_service", args=[convention.pk, first.pk]), {"statut": "fait"})
    client.post(reverse("clauses:convention_service", args=[convention.pk, first.pk]), {"statut": "\x00"})
    client.post(reverse("clauses:convention_edit", args=[convention.pk]), typed(acheteur, services=["conseil"]))
    assert [(row.service, row.statut) for row in convention.services.all()] == [("conseil", "fait")]
    assert "Convention 2026" in buyer.get(reverse("clauses:conventions")).content.decode()
    document = buyer.get(reverse("clauses:convention_pdf", args=[convention.pk]))
    assert document.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    "more",
    [
        {"acheteurs": "123"}, {"acheteurs": "\x00"}, {"acheteurs": ""}, {"date_fin": "2025-01-01"}, {"date_fin": "abc"},
        {"services": ["autre"]}, {"services": []}, {"jour_declaration": "29"}, {"eligibilite_mois": "9" * 40},
        {"contribution_an": "1e400"}, {"territoire": "Nulle-part"}, {"preavis_mois": "-1"}, {"intitule": "x" * 201},
    ],
)  # fmt: skip
def test_bad_input_writes_nothing(more):
    client, acheteur = sign_in(Role.FACILITATEUR), f.make_acheteur()
    assert client.post(reverse("clauses:convention_create"), typed(acheteur, **more)).status_code == 200
    assert not Convention.objects.exists()


def test_reminders_six_three_and_one_month_before_once_each():
    client = sign_in(Role.FACILITATEUR)
    mine = client.acteur_organisation.facilitateur
    convention = f.make_convention(facilitateur=mine, signee_le=date(2026, 1, 1))
    days = [date(2026, 6, 29), date(2026, 6, 30), date(2026, 7, 15), date(2026, 9, 30), date(2026, 11, 30)]
    assert [rappeler(day) for day in days] == [0, 1, 0, 1, 1]
    f.make_convention(facilitateur=mine, remplace=convention, date_debut=date(2027, 1, 1), date_fin=date(2027, 12, 31))
    assert rappeler(date(2026, 12, 15)) == 0

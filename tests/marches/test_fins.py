"""Ends are last days, included: those that an earlier version computed as the day after, and those that follow."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from marches.models import Lot
from marches.rules import fin_prevue
from marches.rules.dates import jour_entier, jour_lu
from tests import factories as make
from tests.marches.test_saisie import page_of

pytestmark = pytest.mark.django_db
fins = import_module("marches.migrations.0012_fins_incluses")


def ends() -> dict[str, date | None]:
    return dict(Lot.objects.values_list("objet", "date_fin"))


def test_computed_ends_go_back_a_day_and_typed_ones_stay():
    def lot(title, start, months, end, **given):
        make.make_lot(objet=title, date_debut=start, duree_mois=months, date_fin=end, **given)

    lot("calculée", date(2026, 1, 1), 12, date(2027, 1, 1))
    lot("fin de mois", date(2026, 1, 31), 1, date(2026, 2, 28))
    lot("bissextile", date(2024, 2, 29), 12, date(2025, 2, 28))
    lot("saisie", date(2026, 1, 1), 12, date(2026, 12, 31))
    lot("autre", date(2026, 1, 1), 12, date(2030, 1, 1))
    lot("sans durée", date(2026, 1, 1), None, date(2027, 1, 1))
    lot("sans début", None, 12, date(2027, 1, 1))
    lot("notifiée", None, 12, date(2027, 1, 1), date_notification=date(2026, 1, 1))
    lot("folle", date(2026, 1, 1), 2_000_000, date(2027, 1, 1))
    before = ends()
    moved = {"calculée": date(2026, 12, 31), "notifiée": date(2026, 12, 31), "fin de mois": date(2026, 2, 27),
             "bissextile": date(2025, 2, 27)}  # fmt: skip
    fins.forwards(apps, connection.schema_editor())
    assert ends() == before | moved
    for row in Lot.objects.filter(objet__in=moved):
        assert row.date_fin == fin_prevue(row.date_debut or row.date_notification, row.duree_mois)
    fins.backwards(apps, connection.schema_editor())
    # The one typed as a last day can no longer be told from those computed: it moves with them.
    assert ends() == before | {"saisie": date(2027, 1, 1)}


def test_an_end_follows_the_duration_unless_it_was_typed(client_acheteur):
    marche = make.make_marche(acheteur=client_acheteur.acteur_organisation.acheteur, publie=False)
    lot = make.make_lot(marche=marche, date_debut=date(2026, 1, 1), duree_mois=12, date_fin=date(2026, 12, 31))
    url, _, data = page_of(client_acheteur, "lot_edit", lot)
    assert "Dernier jour de la période ferme" in client_acheteur.get(url).content.decode()
    client_acheteur.post(url, data | {"duree_mois": "24"})
    lot.refresh_from_db()
    assert (lot.duree_mois, lot.date_fin) == (24, date(2027, 12, 31))
    url, _, data = page_of(client_acheteur, "lot_edit", lot)
    client_acheteur.post(url, data | {"date_fin": "2027-06-30"})
    url, _, data = page_of(client_acheteur, "lot_edit", lot)
    client_acheteur.post(url, data | {"duree_mois": "12"})
    lot.refresh_from_db()
    assert (lot.duree_mois, lot.date_fin) == (12, date(2027, 6, 30))


@pytest.mark.parametrize("day", [None, date(2026, 1, 31), date(1999, 12, 1), date(2026, 11, 27)])
def test_a_day_written_as_a_number_reads_back(day):
    assert jour_lu(jour_entier(day)) == day

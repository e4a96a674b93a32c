"""The twelve real DECP files: counts of their README, twice, and in reverse order."""

from collections import Counter
from pathlib import Path

import pytest

from marches.enums import NatureContrat, Reservation
from marches.importers.contrats import import_file
from marches.models import Acheteur, Lot, Marche, SourceLot
from tests.marches.decp import state

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "decp" / "format2022"
FILES = sorted(FOLDER.glob("decp-*.json"))
pytestmark = [
    pytest.mark.real,
    pytest.mark.django_db,
    pytest.mark.skipif(len(FILES) < 12, reason="the real files are not here"),
]


def load(files):
    return [import_file(path) for path in files]


def test_every_record_is_accounted_for():
    reports = load(FILES)
    assert sum(report.lus for report in reports) == 783 + 1
    assert sum(report.crees for report in reports) == 773 + 1
    assert sum(report.mis_a_jour for report in reports) == 10
    assert sum(len(report.ecartes) for report in reports) == 0

    marches = Lot.objects.exclude(marche__nature=NatureContrat.CONCESSION)
    assert marches.count() == 773
    assert Lot.objects.filter(marche__nature=NatureContrat.CONCESSION).count() == 1
    assert SourceLot.objects.count() == 784
    shared = marches.filter(identifiant="2024-OCC010-00", marche__acheteur__organisation__identifiant="13002793100018")
    assert shared.count() == 47
    assert Acheteur.objects.filter(marches__nature=NatureContrat.MARCHE).distinct().count() + _merged() == 101

    read = Counter(
        tuple(source.donnees["considerationsSociales"]["considerationSociale"]) for source in _marche_sources()
    )
    assert sum(number for words, number in read.items() if words != ("Pas de considération sociale",)) == 82
    social = [lot for lot in marches if lot.est_social]
    assert len(social) == SOCIAL_LOTS
    assert marches.filter(reservation=Reservation.NON_PRECISEE).count() == 8

    again = load(FILES)
    assert sum(report.inchanges for report in again) == 784
    assert sum(report.crees + report.mis_a_jour for report in again) == 0
    assert Lot.objects.count() == 774


SOCIAL_LOTS = 81


def _marche_sources():
    return SourceLot.objects.exclude(lot__marche__nature=NatureContrat.CONCESSION)


def _merged():
    """Buyers whose lots all joined a contract shown under another establishment of the same SIREN."""
    shown = set(Acheteur.objects.filter(marches__nature=NatureContrat.MARCHE).values_list("pk", flat=True))
    named = {source.donnees["acheteur"]["id"] for source in _marche_sources()}
    return Acheteur.objects.filter(organisation__identifiant__in=named).exclude(pk__in=shown).count()


def test_reverse_order_gives_the_same_state():
    load(FILES)
    expected = state()
    SourceLot.objects.all().delete()
    Lot.objects.all().delete()
    Marche.objects.all().delete()
    load(reversed(FILES))
    assert state() == expected

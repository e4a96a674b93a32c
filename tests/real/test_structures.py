"""The four real files of structures: read whole, twice, with the counts their README gives."""

from pathlib import Path

import pytest
from django.db import transaction
from django.db.models import Count

from structures.importers import asp, emplois, esat, geiq, territoires
from structures.importers.common import import_file
from structures.models import Activite, Commune, Organisation, SourceStructure, Structure

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "structures"
pytestmark = [
    pytest.mark.real,
    pytest.mark.django_db,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="les fichiers réels ne sont pas là"),
]
FILES = [
    (asp.FORMAT, "asp_liste_siae_2019-07.csv", 3521),
    (emplois.FORMAT, "siae_emplois_2020.csv.gz", 3450),
    (esat.FORMAT, "esat_liste_officielle.csv", 1361),
    (geiq.FORMAT, "geiq_2019-11.csv", 154),
]


def without_none(row):
    return tuple("" if value is None else value for value in row)


def shown():
    """Everything that shows, to compare two runs."""
    columns = ("kind", "organisation__identifiant", "identifiant_source", "nom", "commune", "latitude", "racines")
    return (
        sorted(map(without_none, Structure.objects.values_list(*columns)), key=str),
        sorted(Organisation.objects.values_list("identifiant", "denomination", "naf")),
        Activite.objects.count(),
    )


def test_real_files_twice_then_in_another_order():
    territoires.load()
    assert Commune.objects.filter(parente=None).count() == 34_875 + 88  # and the collectivities overseas
    with transaction.atomic():
        first = read_twice()
        transaction.set_rollback(True)
    assert not Structure.objects.exists()
    for format, name, _ in reversed(FILES):
        import_file(format, FOLDER / name)
    assert shown() == first
    # the list with trades is the same format
    trades = import_file(asp.FORMAT, FOLDER / "asp_metiers_62_93_2019-07.csv")
    trades.check()
    assert (trades.lus, trades.ecartes) == (177, [])
    assert Activite.objects.count() > first[2] + 50


def read_twice():
    """Import the four files, check what they give, import them again: nothing moves."""
    reports = [import_file(format, FOLDER / name) for format, name, _ in FILES]
    for report, (_, _, expected) in zip(reports, FILES, strict=True):
        report.check()
        assert (report.lus, report.ecartes) == (expected, [])
    assert reports[0].crees == 3437  # (SIRET, measure) pairs
    esats = Structure.objects.filter(kind="ESAT")
    assert esats.count() == esats.values("identifiant_source").distinct().count() == 1361
    assert esats.filter(organisation=None).count() == 76
    sites = esats.exclude(organisation=None).values_list("organisation").annotate(sites=Count("pk"))
    shared = [number for _, number in sites.order_by() if number > 1]
    assert (len(shared), sum(shared)) == (24, 52)
    assert Organisation.objects.filter(identifiant_valide=False).count() >= 10
    assert Structure.objects.filter(departement=None).count() <= 5
    assert SourceStructure.objects.filter(format="emplois").count() == 3450
    first = shown()
    again = [import_file(format, FOLDER / name) for format, name, _ in FILES]
    for report, (_, _, expected) in zip(again, FILES, strict=True):
        assert (report.lus, report.inchanges) == (expected, expected)
    assert shown() == first
    return first

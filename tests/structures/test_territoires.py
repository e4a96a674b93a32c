"""Places and sectors of `structures/data/`: loaded whole, then left alone, then brought up to date."""

import csv
import gzip
import shutil

import pytest
from django.core.management import call_command

from portal.imports import FichierRefuse
from structures.importers import territoires
from structures.models import CodePostal, Commune, Departement, Epci, Region, Secteur
from tests.factories import make_structure

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    """The reference files, with the communes of the Calvados and of Paris only."""
    for name in territoires.FILES:
        shutil.copy(territoires.DATA / name, tmp_path / name)
    keep(tmp_path, lambda line: line["code_departement"] in {"14", "75"})
    return tmp_path


def keep(folder, condition, change=lambda line: line):
    path = folder / "communes.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, lines[0].keys())
        writer.writeheader()
        writer.writerows(change(line) for line in lines if condition(line))


def test_first_loading(folder):
    loading = territoires.load(folder)
    assert not loading.is_unchanged
    assert (Region.objects.count(), Departement.objects.count(), Epci.objects.count()) == (18 + 6, 101 + 6, 1253)
    caen = Commune.objects.get(code="14118")
    assert (caen.nom_tri, caen.departement_id, caen.epci.nom_tri) == (
        "caen", "14", "communaute urbaine caen la mer",
    )  # fmt: skip
    assert Commune.objects.get(code="75110").parente_id == "75056"
    assert set(CodePostal.objects.filter(code="75010").values_list("commune", flat=True)) == {"75056", "75110"}
    child = Secteur.objects.get(code="espaces-verts.entretien")
    assert child.parent.code == "espaces-verts"
    assert " tont " in child.racines
    assert not Secteur.objects.filter(parent__parent__isnull=False).exists()


def test_second_loading_does_nothing(folder, django_assert_num_queries):
    territoires.load(folder)
    with django_assert_num_queries(1):
        assert territoires.load(folder).is_unchanged
    for report in territoires.load(folder, force=True).reports:
        assert report.lus == report.inchanges


def test_a_change_is_brought_in_place(folder):
    territoires.load(folder)
    structure = make_structure(commune=Commune.objects.get(code="14118"))
    keep(folder, lambda line: line["code_insee"] not in {"14118", "14341"}, lambda line: line | {"population": "7"})
    reports = {report.source: report for report in territoires.load(folder).reports}
    assert Commune.objects.get(code="14366").population == 7
    assert not Commune.objects.filter(code="14341").exists()  # nothing used it
    structure.refresh_from_db()
    assert structure.commune_id == "14118"  # in use: it stays, and the report says so
    assert "Caen" in reports["communes.csv.gz"].signalements[0].valeur


def test_a_commune_that_gets_a_position_gives_it_to_its_structures(folder):
    keep(folder, lambda line: True, lambda line: line | {"latitude": "", "longitude": ""})
    territoires.load(folder)
    commune = Commune.objects.get(code="14118")
    bare, placed = make_structure(commune=commune), make_structure(commune=commune, latitude=1, longitude=2)
    keep(folder, lambda line: True, lambda line: line | {"latitude": "49.18", "longitude": "-0.37"})
    territoires.load(folder)
    for structure, point in ((bare, (49.18, -0.37)), (placed, (1, 2))):
        structure.refresh_from_db()
        assert (structure.latitude, structure.longitude) == point


def test_communes_have_a_position():
    """But for four, restored in the Cantal in 2025, that our source places nowhere."""
    with gzip.open(territoires.DATA / "communes.csv.gz", "rt", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    nowhere = [line["code_insee"] for line in lines if not (line["latitude"] and line["longitude"])]
    assert nowhere == ["15031", "15035", "15047", "15171"]
    noumea = next(line for line in lines if line["code_insee"] == "98818")
    assert (float(noumea["latitude"]), float(noumea["longitude"])) == pytest.approx((-22.27, 166.45), abs=0.05)


def test_a_missing_file_is_said(folder):
    (folder / "epci.csv").unlink()
    with pytest.raises(FichierRefuse, match=r"epci\.csv"):
        territoires.load(folder)
    assert not Region.objects.exists()


def test_commands(folder, monkeypatch, capsys):
    monkeypatch.setattr(territoires.load, "__defaults__", (folder, False))
    call_command("import_territoires")
    call_command("import_territoires")
    call_command("reindexer")
    out = capsys.readouterr().out
    assert "24 créés" in out
    assert "déjà à jour" in out
    assert "0 structure réindexée." in out

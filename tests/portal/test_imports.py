import gzip
import json
from dataclasses import asdict

import pytest

from portal.imports import Ecart, FichierRefuse, ImportReport, combine, open_maybe_gzip


@pytest.fixture
def report():
    report = ImportReport("structures.csv")
    report.read(5)
    report.created(2)
    report.updated()
    report.unchanged()
    report.set_aside(4, "SIRET absent", None)
    report.flag(5, "SIRET invalide", 123)
    return report


def test_as_dict(report):
    assert report.as_dict() == {
        "fichier": "structures.csv",
        "lus": 5,
        "crees": 2,
        "mis_a_jour": 1,
        "inchanges": 1,
        "ecartes": [{"ligne": 4, "raison": "SIRET absent", "valeur": ""}],
        "signalements": [{"ligne": 5, "raison": "SIRET invalide", "valeur": "123"}],
        "raisons_ecartees": {"SIRET absent": 1},
        "raisons_signalees": {"SIRET invalide": 1},
    }


def test_a_report_goes_on_from_what_was_saved(report):
    again = ImportReport.from_dict(json.loads(json.dumps(report.as_dict())))
    assert again == report
    again.read()
    again.set_aside(6, "SIRET absent")
    again.check()
    assert (again.nb_ecartes, again.raisons_ecartees) == (2, {"SIRET absent": 2})


def test_details_stop_at_their_cap_and_counts_stay_exact():
    report = ImportReport("gros.json", plafond=3)
    for line in range(10_000):
        report.read()
        report.set_aside(line, "objet absent")
        report.flag(line, "SIRET invalide" if line % 2 else "montant invraisemblable")
    report.check()
    assert (len(report.ecartes), report.nb_ecartes) == (3, 10_000)
    assert (len(report.signalements), report.nb_signalements) == (6, 10_000)
    assert "10000 écartés" in report.as_text()
    assert "et 9997 autres" in report.as_text()


def test_check_accepts_a_right_count(report):
    report.check()
    ImportReport("vide").check()


@pytest.mark.parametrize("forget", ["read", "created", "updated", "unchanged"])
def test_check_refuses_a_record_counted_nowhere_or_twice(report, forget):
    getattr(report, forget)()
    with pytest.raises(ValueError, match="structures.csv"):
        report.check()


def test_check_counts_what_is_set_aside(report):
    report.set_aside(6, "doublon")
    with pytest.raises(ValueError, match="5 enregistrements lus, mais 6 comptés"):
        report.check()


def test_reading_counts_as_it_goes():
    report = ImportReport("f")
    records = report.reading("abc")
    assert report.lus == 0
    assert next(records) == "a"
    assert report.lus == 1
    assert list(records) == ["b", "c"]
    assert report.lus == 3


def test_as_text_agrees_in_number(report):
    assert report.as_text().splitlines() == [
        "structures.csv\u00a0: 5 enregistrements lus, 2 créés, 1 mis à jour, 1 inchangé, 1 écarté, 1 signalé.",
        "  Écarté, ligne 4\u00a0: SIRET absent",
        "  Signalé, ligne 5\u00a0: SIRET invalide («\u00a0123\u00a0»)",
    ]
    assert ImportReport("vide").as_text() == (
        "vide\u00a0: 0 enregistrement lu, 0 créé, 0 mis à jour, 0 inchangé, 0 écarté, 0 signalé."
    )


def test_as_text_is_cut_and_says_so():
    report = ImportReport("f")
    for line in range(22):
        report.set_aside(line, "vide")
    assert report.as_text().endswith("  … et 2 autres dans le rapport complet.")
    assert len(report.as_text().splitlines()) == 22


def test_an_ecart_without_line():
    assert str(Ecart(None, "identifiant absent")) == "identifiant absent"


def test_combine_sums_and_keeps_each_file(report):
    total = combine([report, report, ImportReport("vide")])
    counts = [total[key] for key in ("lus", "crees", "mis_a_jour", "inchanges")]
    assert counts + [len(total["ecartes"])] == [10, 4, 2, 2, 2]
    assert total["ecartes"][0] == {"fichier": "structures.csv"} | asdict(report.ecartes[0])
    assert [found["fichier"] for found in total["signalements"]] == ["structures.csv"] * 2
    assert [file["fichier"] for file in total["fichiers"]] == ["structures.csv", "structures.csv", "vide"]
    assert combine([])["fichiers"] == []


def test_save_is_readable_json(report, tmp_path):
    report.flag(6, "Région inconnue\u00a0: «\u00a0Été\u00a0»")
    path = tmp_path / "rapports" / "un.json"
    report.save(path)
    assert "«\u00a0Été\u00a0»" in path.read_text(encoding="utf-8")
    assert json.loads(path.read_bytes()) == report.as_dict()


@pytest.mark.parametrize("name", ["plain.csv", "plain.gz"])
def test_open_maybe_gzip_looks_at_the_content(tmp_path, name):
    (tmp_path / name).write_bytes(b"a;b")
    (tmp_path / "packed").write_bytes(gzip.compress(b"a;b"))
    for path in (tmp_path / name, str(tmp_path / "packed")):
        with open_maybe_gzip(path) as file:
            assert file.read() == b"a;b"


def test_open_maybe_gzip_names_a_missing_file(tmp_path):
    with pytest.raises(FichierRefuse, match="absent.csv"):
        open_maybe_gzip(tmp_path / "absent.csv")

"""Lists of entreprises adaptées, whatever their columns are called."""

from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command

from portal.imports import FichierRefuse
from structures.importers import ea
from structures.importers.common import import_file
from structures.models import SourceStructure, Structure
from tests.factories import make_organisation, make_siret, make_structure
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).resolve().parents[1] / "data" / "ea.csv"
SIRETS = [make_siret(nic=nic) for nic in (31, 32, 33)]


@pytest.fixture
def sample(tmp_path):
    make_country()
    text = SAMPLE.read_text(encoding="utf-8")
    for rank, siret in enumerate(SIRETS, start=1):
        text = text.replace(f"1000000000000{rank}", siret)
    path = tmp_path / "ea.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_list_is_read_by_its_headers(sample):
    report = import_file(ea.FORMAT, sample)
    report.check()
    assert (report.lus, report.crees, len(report.ecartes)) == (4, 2, 2)
    assert [(ecart.ligne, ecart.raison) for ecart in report.ecartes] == [
        (4, "ligne sans SIRET"),
        (5, "ni EA ni EATT"),
    ]
    first, second = Structure.objects.order_by("kind")
    assert (first.kind, first.nom, first.commune_id, first.adresse) == (
        "EA",
        "Ateliers du Port",
        "14118",
        "1 quai Vendeuvre",
    )
    assert (first.convention_debut, first.convention_fin) == (date(2023, 1, 1), date(2027, 12, 31))
    assert first.courriel == "contact@ateliers.invalid"
    assert first.source == "Liste des entreprises adaptées"
    assert (second.kind, second.commune_id) == ("EATT", "27229")
    # Neither the address of a person, nor dates that contradict each other, nor columns that nobody asked for.
    assert (second.courriel, second.convention_debut, second.convention_fin) == ("", None, None)
    assert {flag.raison for flag in report.signalements} == {
        "courriel peut-être nominatif, laissé de côté",
        "fin d'agrément avant son début, dates laissées de côté",
    }
    assert "Untelle" not in str(list(SourceStructure.objects.values_list("donnees", flat=True)))


def test_twice_changes_nothing(sample):
    import_file(ea.FORMAT, sample)
    again = import_file(ea.FORMAT, sample)
    assert (again.crees, again.mis_a_jour, again.inchanges) == (0, 0, 2)


def test_a_card_known_under_another_identifier_is_the_one(sample):
    known = make_structure(
        organisation=make_organisation(identifiant=SIRETS[0]), kind="EA", identifiant_source="140000001", nom="Connue"
    )
    import_file(ea.FORMAT, sample)
    known.refresh_from_db()
    assert known.nom == "Ateliers du Port"
    assert Structure.objects.filter(kind="EA").count() == 1


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("Couleur;Taille", "«\u00a0SIRET\u00a0», «\u00a0Raison sociale\u00a0»"),
        ("SIRET;Taille", "«\u00a0Raison sociale\u00a0»"),
    ],
)
def test_a_list_without_the_needed_columns_is_refused(tmp_path, header, message):
    make_country()
    path = tmp_path / "x.csv"
    path.write_text(f"{header}\n1;2\n")
    with pytest.raises(FichierRefuse, match=message):
        import_file(ea.FORMAT, path)
    assert not Structure.objects.exists()


@pytest.mark.parametrize(
    "header",
    [
        "siret;nom;cp;ville",
        "Siret établissement;Raison sociale;Code postal;Commune",
        "SIRET;Entreprise adaptée;CP;Localité",
    ],
)
def test_headers_vary(tmp_path, header):
    make_country()
    path = tmp_path / "x.csv"
    path.write_text(f"{header}\n{SIRETS[0]};Ateliers;14000;Caen\n")
    assert import_file(ea.FORMAT, path).crees == 1
    assert Structure.objects.get().commune_id == "14118"


def test_command(sample, capsys):
    call_command("import_structures", "ea", str(sample))
    assert "2 créés" in capsys.readouterr().out

"""The four formats: each kind of dirt, and what becomes of it."""

import gzip
import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from portal.imports import FichierRefuse
from portal.models import Importation
from structures.enums import Kind, Origine
from structures.importers import asp, emplois, esat, geiq
from structures.importers.asp import departement_code
from structures.importers.common import import_file
from structures.models import Activite, Organisation, SourceStructure, Structure
from tests.factories import make_siret
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
A, B, C = (make_siret(nic=nic) for nic in (11, 12, 13))
ASP = (
    "MESURE;CODE_DEPARTEMENT;LIBELLE_DPT;CODE_POSTAL;COMMUNE;CODE_NAF2;NATURE_JURIDIQUE;SIRET;"
    "DENOMINATION_SOCIALE;NUM_RUE;NOM_RUE;CODE_POST_COM;LIB_COM"
)
EMPLOIS = (
    "id,kind,siret,name,brand,address_line_1,address_line_2,post_code,city,department,"
    "longitude,latitude,geocoding_score,naf,website,source,created_at,updated_at"
)
ESAT = (
    "EJ-Raison sociale,ET-N°FINESS,ET-Raison sociale,ET-Adresse,ET-Code Postal,ET-Type,"
    "ET-SIRET,ET-Département Code,ET-Commune Code,ET-Commune Libellé,ET-Téléphone 1,ET-Email,"
    "Capacité autorisée agrégée"
)
GEIQ = "GEIQ;ADRESSE;COMPLEMENT ADRESSE;VILLE;CODE POSTAL;NAF;SIRET"


@pytest.fixture
def country(db):
    return make_country()


@pytest.fixture
def write(tmp_path):
    def write(header, *lines, name="fichier.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(("\n".join([header, *lines]) + "\n").encode(encoding))
        return path

    return write


def asp_line(siret=A, kind="EI", departement="014", naf="8130Z", nom="LES JARDINS", postcode="14000", city="CAEN"):
    return (
        f"{kind};{departement};CALVADOS;{postcode};{city};{naf};Association;{siret};{nom};1;"
        f"Rue DU PORT;{postcode};{city}"
    )


def counts(report):
    report.check()
    return report.lus, report.crees, report.mis_a_jour, report.inchanges, len(report.ecartes)


# ASP ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("001", "01"),
        ("02A", "2A"),
        ("02B", "2B"),
        ("59L", "59"),
        ("59V", "59"),
        ("971", "971"),
        ("62", "62"),
        ("", ""),
        ("XX", ""),
    ],
)
def test_departement_of_convention(written, code):
    assert departement_code(written) == code


def test_asp_line(country, write):
    report = import_file(asp.FORMAT, write(ASP, asp_line()))
    assert counts(report) == (1, 1, 0, 0, 0)
    structure = Structure.objects.get()
    assert (structure.kind, structure.nom, structure.commune_id, structure.departement_id) == (
        "EI",
        "LES JARDINS",
        "14118",
        "14",
    )
    assert (structure.latitude, structure.longitude) == (49.182, -0.371)  # of the commune
    assert structure.departements_convention == "14"
    assert structure.donnees_du == date(2019, 7, 1)
    assert structure.organisation.identifiant == A
    assert structure.organisation.denomination == "LES JARDINS"
    assert structure.organisation.naf == "8130Z"
    activite = structure.activites.get()
    assert (activite.secteur.code, activite.mode, activite.origine) == (
        "jardins.entretien",
        "prestation",
        Origine.DEDUITE,
    )
    assert " jardinag " in structure.racines  # synonym of its sector
    assert " calvados " in structure.racines
    assert SourceStructure.objects.get().donnees["brut"]["NOM_RUE"] == "Rue DU PORT"


def test_people_are_placed_by_an_ai(country, write):
    import_file(asp.FORMAT, write(ASP, asp_line(kind="AI")))
    assert Activite.objects.get().mode == "mise_a_disposition"


def test_same_siret_two_kinds_are_two_structures_of_one_organisation(country, write):
    import_file(asp.FORMAT, write(ASP, asp_line(kind="EI"), asp_line(kind="ACI")))
    assert Structure.objects.count() == 2
    assert Organisation.objects.count() == 1


def test_one_structure_conventioned_twice(country, write):
    path = write(
        ASP,
        asp_line(departement="59L"),
        asp_line(departement="59V"),
        asp_line(departement="014"),
        asp_line(departement="014"),
    )
    assert counts(import_file(asp.FORMAT, path)) == (4, 1, 1, 2, 0)
    assert Structure.objects.get().departements_convention == "14 59"
    assert counts(import_file(asp.FORMAT, path)) == (4, 0, 0, 4, 0)


def test_rome_says_more_than_naf(country, write):
    header = (
        "MESURE;CODE_DEPARTEMENT;LIBELLE_DPT;CODE_POSTAL;COMMUNE;CODE_NAF2;NATURE_JURIDIQUE;SIRET;"
        "DENOMINATION_SOCIALE;SITE WEB;ROME;APPELATION"
    )
    line = f"ACI;014;CALVADOS;14000;CAEN;8121Z;Association;{A};LES JARDINS;www.jardins.fr;A1203;Jardinier"
    import_file(asp.FORMAT, write(header, line))
    structure = Structure.objects.get()
    assert structure.activites.get().secteur.code == "jardins.entretien"
    assert structure.site == "https://www.jardins.fr"


def test_what_cannot_be_kept_is_set_aside_with_its_line(country, write):
    path = write(ASP, asp_line(kind="XYZ"), asp_line(siret=""), asp_line(nom=""), asp_line())
    report = import_file(asp.FORMAT, path)
    assert counts(report) == (4, 1, 0, 0, 3)
    assert [(ecart.ligne, ecart.raison) for ecart in report.ecartes] == [
        (2, "mesure inconnue"),
        (3, "ligne sans SIRET"),
        (4, "ligne sans dénomination"),
    ]


def test_invalid_siret_is_kept_and_flagged(country, write):
    report = import_file(asp.FORMAT, write(ASP, asp_line(siret="12345678901234")))
    assert counts(report) == (1, 1, 0, 0, 0)
    assert Organisation.objects.get().identifiant_valide is False
    assert report.signalements[0].raison == "SIRET invalide, conservé"


def test_unknown_commune_is_kept_and_flagged(country, write):
    report = import_file(asp.FORMAT, write(ASP, asp_line(city="NULLE PART", postcode="14999")))
    structure = Structure.objects.get()
    assert (structure.commune_id, structure.departement_id, structure.ville) == (None, "14", "NULLE PART")
    assert report.signalements[0].raison == "commune inconnue"


# Emplois ------------------------------------------------------------------------------------------------------------
def emplois_line(
    siret=A, kind="EI", nom="Les Jardins", lat="49.2", lon="-0.3", day="2020-12-18", naf="8130Z", brand=""
):
    return (
        f"1,{kind},{siret},{nom},{brand},1 rue du Port,,14000,Caen,14,{lon},{lat},0.9,{naf},"
        f"http://jardins.fr,ASP,x,{day}T10:40:16.387Z"
    )


def test_emplois_and_asp_fold_into_one_structure(country, write):
    import_file(asp.FORMAT, write(ASP, asp_line()))
    report = import_file(emplois.FORMAT, write(EMPLOIS, emplois_line(brand="Jardins & Cie"), name="emplois.csv"))
    assert counts(report) == (1, 0, 1, 0, 0)
    structure = Structure.objects.get()
    assert (structure.nom, structure.enseigne, structure.latitude) == ("Les Jardins", "Jardins & Cie", 49.2)
    assert structure.departements_convention == "14"
    assert structure.donnees_du == date(2020, 12, 18)
    assert structure.sources.count() == 2


@pytest.mark.parametrize(("lat", "lon"), [("", ""), ("abc", "1"), ("499", "1"), ("49", ""), ("nan", "1"), ("inf", "1")])
def test_bad_coordinates_give_way_to_the_commune(country, write, lat, lon):
    import_file(emplois.FORMAT, write(EMPLOIS, emplois_line(lat=lat, lon=lon)))
    assert Structure.objects.get().latitude == 49.182


# ESAT ---------------------------------------------------------------------------------------------------------------
def esat_line(finess="140000001", siret=A, postcode="14000", commune="14118", email="contact@esat.fr", capacity="60"):
    return (
        f"APEI,{finess},ESAT DU PORT,1   R DU PORT,{postcode},Principal,{siret},14,{commune},Caen,"
        f"02 31 00 00 00,{email},{capacity}"
    )


def test_esat_sites_are_told_apart_by_finess(country, write):
    path = write(ESAT, esat_line(), esat_line(finess="140000002"), esat_line(finess="140000003", siret=""))
    assert counts(import_file(esat.FORMAT, path)) == (3, 3, 0, 0, 0)
    assert Organisation.objects.count() == 1
    assert Structure.objects.get(organisation=None).identifiant_source == "140000003"
    assert counts(import_file(esat.FORMAT, path)) == (3, 0, 0, 3, 0)


def test_esat_lost_zeros(country, write):
    short = "0" + make_siret()[1:]
    report = import_file(
        esat.FORMAT, write(ESAT, esat_line(finess="10008951", postcode="1150", commune="1047", siret=""))
    )
    structure = Structure.objects.get()
    assert (structure.identifiant_source, structure.code_postal) == ("010008951", "01150")
    assert {ecart.raison for ecart in report.signalements} >= {"zéros de tête rétablis (FINESS)"}
    assert short.startswith("0")


def test_esat_details(country, write):
    report = import_file(esat.FORMAT, write(ESAT, esat_line(email="pas une adresse", capacity="0")))
    structure = Structure.objects.get()
    assert (structure.courriel, structure.capacite, structure.telephone) == ("", None, "02 31 00 00 00")
    assert structure.organisation.denomination == "APEI"
    assert structure.adresse == "1 R DU PORT"
    assert structure.donnees_du is None
    assert "courriel illisible" in report.signalements[0].raison


@pytest.mark.parametrize(
    ("written", "postcode", "kept"),
    [
        ("CAEN CEDEX", "14000", "Caen"),
        ("EVREUX", "27000", "Évreux"),
        ("ST ETIENNE", "14130", "Saint-Étienne"),
        ("PARIS", "75010", "Paris"),
        ("PARIS 10", "75010", "Paris 10e"),
        ("PARIS 10EME", "", "Paris 10e"),
        ("NULLE PART", "14999", "NULLE PART"),
    ],
)
def test_a_city_is_spelled_as_its_commune(country, write, written, postcode, kept):
    import_file(asp.FORMAT, write(ASP, asp_line(city=written, postcode=postcode)))
    assert Structure.objects.get().ville == kept


# GEIQ ---------------------------------------------------------------------------------------------------------------
def test_geiq_siret_with_spaces_and_cedex(country, write):
    spaced = f"\t{A[:3]} {A[3:6]} {A[6:9]} {A[9:]}\t"
    report = import_file(geiq.FORMAT, write(GEIQ, f"GEIQ BTP;1 rue;;CAEN CEDEX 4;14004;7830Z;{spaced}"))
    structure = Structure.objects.get()
    assert (structure.kind, structure.organisation.identifiant, structure.commune_id, structure.ville) == (
        Kind.GEIQ, A, "14118", "Caen",
    )  # fmt: skip
    assert report.signalements == []


# Files --------------------------------------------------------------------------------------------------------------
def test_latin_1_and_another_separator(country, write):
    lines = [line.replace(";", "\t") for line in (ASP, asp_line(nom="ÉCO JARDINS"))]
    import_file(asp.FORMAT, write(*lines, encoding="latin-1"))
    assert Structure.objects.get().nom == "ÉCO JARDINS"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a;b\n1;2\n", "Colonnes manquantes"),
        (b'{"a": 1}', "JSON"),
        (b"", "vide"),
        ((ASP + "\n" + asp_line() + "\n" + asp_line(kind="A\0I") + "\n").encode(), "nul"),
        (gzip.compress((ASP + "\n" + asp_line() + "\n").encode())[:-12], "abîmée ou incomplète"),
    ],
)
def test_a_refused_file_writes_nothing(country, tmp_path, content, message):
    path = tmp_path / "fichier.csv"
    path.write_bytes(content)
    with pytest.raises(FichierRefuse, match=message):
        import_file(asp.FORMAT, path)
    assert not Structure.objects.exists()
    assert not Organisation.objects.exists()
    assert not Importation.objects.exists()


def test_command_saves_the_report_and_the_import(country, write, tmp_path, capsys):
    good = write(ASP, asp_line(), name="bon.csv")
    packed = tmp_path / "bon.csv.gz"
    packed.write_bytes(gzip.compress((ASP + "\n" + asp_line(siret=B) + "\n").encode()))
    rapport = tmp_path / "rapport.json"
    call_command("import_structures", "asp", str(good), str(packed), "--rapport", str(rapport), "--date", "2020-02-03")
    saved = json.loads(rapport.read_text())
    assert (saved["lus"], saved["crees"], len(saved["fichiers"])) == (2, 2, 2)
    assert "2 créés" not in capsys.readouterr().out
    assert set(Structure.objects.values_list("donnees_du", flat=True)) == {date(2020, 2, 3)}
    assert Importation.objects.get(fichier="bon.csv").rapport["lus"] == 1


def test_command_refuses_one_file_and_keeps_the_other(country, write):
    good, bad = write(ASP, asp_line(), name="bon.csv"), write("a;b", "1;2", name="mauvais.csv")
    with pytest.raises(CommandError, match=r"mauvais\.csv"):
        call_command("import_structures", "asp", str(bad), str(good))
    assert Structure.objects.count() == 1


def test_command_asks_for_territories_first(db, write):
    with pytest.raises(CommandError, match="import_territoires"):
        call_command("import_structures", "asp", str(write(ASP, asp_line())))

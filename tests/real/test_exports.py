"""What goes out, against the official schemas: every record written is valid, every other one is told."""

import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import jsonschema
import pytest
from lxml import etree

from marches.enums import FormeGroupement, NatureContrat, Reservation
from marches.exporters.decp_json import json_pieces
from marches.exporters.decp_xml import xml_pieces
from marches.exporters.essentielles import lignes
from marches.exporters.lecture import Selection
from marches.importers.contrats import import_file
from marches.importers.formats import FORMATS
from marches.models import Lot, Marche, SourceLot
from marches.rules.conformite import mettre_en_forme
from portal.imports import FichierRefuse
from tests import factories as make
from tests.marches.cas_essentielles import CASES, REFUSED, as_ocds, load, make_typed
from tests.marches.decp import state

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SCHEMAS = SHARED / "schemas"
FOLDER = SHARED / "decp" / "format2022"
DAILY = sorted(FOLDER.glob("decp-*.json"))
OFFICIAL = sorted((FOLDER / "exemples_officiels").glob("*.json"))
DIRTY = [path for path in sorted((FOLDER / "cas_limites").glob("*.json")) if "2019" not in path.name]
VERSIONS = ("2.0.3", "2.0.4")
TODAY = date(2026, 11, 26)
pytestmark = [
    pytest.mark.real,
    pytest.mark.django_db,
    pytest.mark.skipif(len(DAILY) < 12 or not SCHEMAS.exists(), reason="the real files are not here"),
]


@lru_cache
def schema(version: str) -> dict:
    return json.loads((SCHEMAS / "decp" / f"schema_decp_v{version}.json").read_text(encoding="utf-8"))


@lru_cache
def validator(version: str, name: str = "") -> jsonschema.Draft7Validator:
    """Of a whole file, or of one record: « marche », « contrat-concession »."""
    whole = schema(version)
    if not name:
        return jsonschema.Draft7Validator(whole)
    return jsonschema.Draft7Validator(
        {"definitions": whole["definitions"], "allOf": [{"$ref": f"#/definitions/{name}"}]}
    )


@lru_cache
def xsd() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / "decp" / "schema_decp_v2.0.2.xsd"))


def everything() -> Selection:
    return Selection(Lot.objects.all(), Marche.objects.all())


def written(selection=None) -> dict:
    return json.loads(b"".join(json_pieces(selection or everything(), TODAY)))


def check(selection=None) -> dict:
    """The JSON of a selection, once JSON and XML are valid and say the same number of records."""
    found = written(selection)
    for version in VERSIONS:
        assert [error.message for error in validator(version).iter_errors(found)] == []
    tree = etree.parse(BytesIO(b"".join(xml_pieces(selection or everything(), TODAY))))
    xsd().assertValid(tree)
    records = found["marches"]
    assert len(tree.findall("marche")) == len(records["marche"])
    assert len(tree.findall("contrat-concession")) == len(records["contrat-concession"])
    return found


def test_the_twelve_files_leave_valid_and_nothing_goes_unsaid():
    for path in DAILY:
        import_file(path)
    found = check()
    number = len(found["marches"]["marche"]) + len(found["marches"]["contrat-concession"])
    left_out = found.get("ecartes", [])
    assert number + len(left_out) == Lot.objects.count() == 774
    # Three contracts have a modification numbered 0, which the schema refuses: told, never renumbered.
    assert [row["motifs"] for row in left_out] == [
        ["«\u00a0modifications\u00a0» a un «\u00a0id\u00a0» qui est inférieur à 1 (0)"]
    ] * 3


@pytest.mark.parametrize("files", [DAILY, OFFICIAL], ids=["daily", "official"])
def test_import_export_import_changes_nothing(files, tmp_path):
    for path in files:
        import_file(path)
    before, kept = shown(), {row.lot.cle for row in lignes(Lot.objects.all(), TODAY) if not row.ecarte}
    for name, pieces in (("sortie.json", json_pieces), ("sortie.xml", xml_pieces)):
        out = tmp_path / name
        out.write_bytes(b"".join(pieces(everything(), TODAY)))
        if name.endswith("xml") and not reads_xml():
            continue
        report = import_file(out)
        assert (report.lus, report.crees, report.ecartes) == (len(kept), 0, [])
        assert shown() == before

    # And in an empty register, the lots that left come back as they were.
    Lot.objects.exclude(cle__in=kept).delete()
    expected = shown()[0]
    SourceLot.objects.all().delete()
    Lot.objects.all().delete()
    Marche.objects.all().delete()
    import_file(tmp_path / "sortie.json")
    again = shown()[0]
    assert again.keys() == expected.keys()
    for cle, lot in again.items():
        # Which contract a lot joins depends on its neighbours, of which some did not leave.
        assert without(lot, "contrat", "racines") == without(expected[cle], "contrat", "racines")


def reads_xml() -> bool:
    return any(format.cle.endswith("xml") for format in FORMATS)


def shown() -> tuple:
    """What the register shows, records apart: those that were put in form are stored beside the first ones."""
    lots, *rest = state()
    return {cle: without(lot, "sources") for cle, lot in lots.items()}, *rest


def without(values: dict, *names: str) -> dict:
    return {name: value for name, value in values.items() if name not in names}


@pytest.mark.parametrize("path", DIRTY, ids=lambda path: path.name)
def test_dirty_files_leave_valid_or_told(path):
    try:
        import_file(path)
    except FichierRefuse:
        pytest.skip("refused on the way in: nothing can leave")
    found = check()
    number = len(found["marches"]["marche"]) + len(found["marches"]["contrat-concession"])
    assert number + len(found.get("ecartes", [])) == Lot.objects.count() > 0


def test_our_reading_of_the_schema_is_the_schema():
    """On every record there is, clean or dirty: what we accept the schema accepts, untouched when it was valid."""
    seen = 0
    for path in [*DAILY, *OFFICIAL, *DIRTY]:
        marches = json.loads(path.read_text(encoding="utf-8"))["marches"]
        for name, concession in (("marche", False), ("contrat-concession", True)):
            for raw in marches.get(name, []):
                fiche = mettre_en_forme(raw, concession=concession)
                for version in VERSIONS:
                    valid = validator(version, name).is_valid(raw)
                    assert not (valid and fiche.refus), (raw, fiche.refus)
                    if not fiche.refus:
                        assert [error.message for error in validator(version, name).iter_errors(fiche.donnees)] == []
                    if valid:
                        assert fiche.donnees == raw
                seen += 1
    assert seen > 800


# Hand-made contracts ------------------------------------------------------------------------------------------------
def hand_made(tmp_path):
    """Every sort there is: groups, subcontracts and their changes, foreign holders, concession, wild amounts, typed."""
    load(tmp_path, *CASES, *REFUSED)
    lot = make_typed(reservation=Reservation.INSERTION, clause_sociale=True, offres_recues=2)
    group = make.make_groupement(lot=lot, forme=FormeGroupement.SOLIDAIRE, retenu=True)
    make.make_membre_groupement(groupement=group, mandataire=True)
    make.make_membre_groupement(groupement=group)
    make.make_titulaire(lot=make_typed(marche={"nature": NatureContrat.PARTENARIAT, "reference": "P" * 30}))
    granted = make_typed(
        marche={"nature": NatureContrat.CONCESSION, "procedure": "Procédure négociée ouverte"},
        date_debut=date(2026, 4, 1), reservation=Reservation.HANDICAP,
    )  # fmt: skip
    make.make_titulaire(lot=granted)
    subsequent = make_typed(marche={"accord_cadre": lot.marche, "techniques": "Accord-cadre"}, montant=Decimal(1))
    make.make_titulaire(lot=subsequent)
    make.make_acte_sous_traitance(
        lot=subsequent, numero="1", date_publication=date(2026, 2, 1), montant=Decimal(10), duree_mois=1,
        variation_prix="Ferme",
    )  # fmt: skip
    make.make_modification(lot=subsequent, numero="1", date_publication=date(2026, 2, 1), montant=Decimal("12.5"))
    make.make_lot(marche=lot.marche, numero="9", reservation=Reservation.ESS)
    make.make_lot(montant=Decimal(10) ** 17, cpv="x", reservation=Reservation.PENITENTIAIRE)


def test_hand_made_contracts_leave_valid(tmp_path):
    hand_made(tmp_path)
    found = check()
    number = len(found["marches"]["marche"]) + len(found["marches"]["contrat-concession"])
    assert (number, len(found["ecartes"])) == (len(CASES) + 4, len(REFUSED) + 2)


def ocds_errors(package: dict, tmp_path: Path) -> list:
    """What the profile schema says of each release and the core validator of the whole package."""
    profile = json.loads((SCHEMAS / "ocds" / "eforms-profile-release-schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(profile, format_checker=jsonschema.FormatChecker())
    errors = [error.message for release in package["releases"] for error in validator.iter_errors(release)]
    out = tmp_path / "ocds.json"
    out.write_text(json.dumps(package), encoding="utf-8")
    command = [sys.executable, "-m", "libcoveocds", str(out), "--standard-zip", STANDARD]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["count"] == len(package["releases"])
    checks = [told["additional_checks"], told["additional_closed_codelist_values"], told["deprecated_fields"]]
    return errors + told["validation_errors"] + [check for check in checks if check]


STANDARD = str(SCHEMAS / "ocds" / "standard-1__1__5.zip")


def test_ocds_is_valid_for_the_profile_and_for_the_core(tmp_path):
    hand_made(tmp_path)
    package = as_ocds()
    assert len(package["releases"]) == Marche.objects.count()
    assert ocds_errors(package, tmp_path) == []


def test_ocds_of_real_contracts_is_valid(tmp_path):
    for path in [*DAILY[:3], *OFFICIAL]:
        import_file(path)
    assert ocds_errors(as_ocds(), tmp_path) == []

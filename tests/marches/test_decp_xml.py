"""DECP 2022 in XML: the same records as in JSON, and nothing of what makes XML dangerous."""

import gc
import gzip
import io
import json
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from lxml import etree

from marches.enums import NatureContrat
from marches.importers.contrats import import_file, storable
from marches.importers.formats import reconnaitre
from marches.importers.formats.decp2022_xml import records
from marches.models import ActeSousTraitance, Lot, Modification, SourceLot
from portal.imports import FichierRefuse
from portal.models import Importation

DATA = Path(__file__).parent.parent / "data"
XML, NEXT = DATA / "decp_2022.xml", DATA / "decp_2022_suite.xml"
SAME = {XML: DATA / "decp_2022.json", NEXT: DATA / "decp_2022_suite.json"}
PLURAL = {"modificationActeSousTraitance": "modificationActesSousTraitance"}  # how the XSD names it
BOMB = """<?xml version="1.0"?>
<!DOCTYPE marches [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>
<marches><marche><id>1</id><objet>&c;</objet></marche></marches>"""
OUTSIDE = """<?xml version="1.0"?>
<!DOCTYPE marches [<!ENTITY file SYSTEM "file:///etc/hostname">]>
<marches><marche><id>1</id><objet>&file;</objet></marche></marches>"""


def as_xml(document: dict, *, declaration: str = '<?xml version="1.0" encoding="UTF-8"?>') -> str:
    """A DECP 2022 document in JSON, as the XML of its schema; written without the code under test."""

    def element(name, value):
        if isinstance(value, bool):
            text = "oui" if value else "non"
        elif isinstance(value, dict):
            text = "".join(element(key, item) for key, item in value.items())
        elif isinstance(value, list):
            if all(isinstance(item, dict) for item in value):
                text = "".join(element(*pair) for item in value for pair in item.items())
            else:
                return "".join(element(name, item) for item in value)
        else:
            text = escape(str(value))
        return f"<{PLURAL.get(name, name)}>{text}</{PLURAL.get(name, name)}>"

    blocks = document["marches"]
    return (
        f"{declaration}\n<marches>{''.join(element(name, item) for name in blocks for item in blocks[name])}</marches>"
    )


def prints(raws) -> list[str]:
    """The text of each record as it is stored, of which the fingerprint is made."""
    return sorted(storable(raw)[1] for raw in raws)


def in_json(path: Path) -> list[dict]:
    blocks = json.loads(path.read_text(encoding="utf-8"))["marches"]
    return [record for block in blocks.values() for record in block]


@pytest.mark.parametrize("path", SAME, ids=lambda path: path.name)
def test_a_record_is_the_one_of_the_json_down_to_its_fingerprint(path):
    with path.open("rb") as file:
        assert prints(records(file)) == prints(in_json(SAME[path]))


@pytest.mark.parametrize("path", SAME.values(), ids=lambda path: path.name)
def test_every_type_of_the_format_survives(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    document["marches"]["marche"][0] |= {
        "marcheInnovant": True, "attributionAvance": False, "tauxAvance": 0.05, "origineUE": 1, "origineFrance": 0.7,
        "modalitesExecution": {"modaliteExecution": ["Tranches", "Bons de commande"]},
        "typesPrix": {"typePrix": ["Définitif ferme"]}, "objet": 'A & B < C > "D" \u00e9\u4e00',
    }  # fmt: skip
    xml = as_xml(document).encode()
    expected = [record for block in document["marches"].values() for record in block]
    assert prints(records(io.BytesIO(xml))) == prints(expected)


def test_concessions_keep_their_yearly_data():
    text = (
        "<marches><contrat-concession><id>C</id><donneesExecution><donneesAnnuelles>"
        "<depensesInvestissement>15.3</depensesInvestissement><tarifs><tarif><intituleTarif>Eau</intituleTarif>"
        "<tarif>14.29</tarif></tarif><tarif><intituleTarif>Air</intituleTarif><tarif>2</tarif></tarif></tarifs>"
        "</donneesAnnuelles></donneesExecution></contrat-concession></marches>"
    )
    (found,) = records(io.BytesIO(text.encode()))
    (year,) = found["donneesExecution"]
    assert year["donneesAnnuelles"]["tarifs"] == [
        {"tarif": {"intituleTarif": "Eau", "tarif": Decimal("14.29")}},
        {"tarif": {"intituleTarif": "Air", "tarif": 2}},
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("xml_first", [True, False])
def test_the_same_file_in_xml_and_in_json_is_imported_once(xml_first):
    for path, other in SAME.items():
        first, second = (path, other) if xml_first else (other, path)
        report = import_file(first)
        assert report.inchanges == 0
        assert report.ecartes == []
        assert import_file(second).inchanges == report.lus
    assert Lot.objects.count() == 4
    assert Lot.objects.filter(marche__nature=NatureContrat.CONCESSION).count() == 1
    assert (Modification.objects.count(), ActeSousTraitance.objects.get().montant) == (2, 4500)
    assert set(SourceLot.objects.values_list("format", flat=True)) == {"decp-2022"}
    assert {importation.format for importation in Importation.objects.all()} == {"decp-2022", "decp-2022-xml"}


@pytest.mark.parametrize("declaration", ['<?xml version="1.0" encoding="ISO-8859-1"?>', ""])
def test_other_encodings_and_namespaces_are_read(tmp_path, declaration):
    encoding = "latin-1" if declaration else "utf-8"
    document = {"marches": {"marche": [{"id": "1", "objet": "Éveil à l'école"}]}}
    text = as_xml(document, declaration=declaration).strip().replace("<marches>", '<marches xmlns="urn:decp">')
    path = tmp_path / "decp.xml.gz"
    path.write_bytes(gzip.compress(text.encode(encoding)))
    assert reconnaitre(path).cle == "decp-2022-xml"
    with gzip.open(path) as file:
        assert [raw["objet"] for raw in records(file)] == ["Éveil à l'école"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (BOMB, "DTD"),
        (OUTSIDE, "DTD"),
        ("<!DOCTYPE marches SYSTEM 'http://192.0.2.1/decp.dtd'><marches/>", "DTD"),
        ("<html><body>Erreur 404</body></html>", "XML ou une page HTML"),
        ("<marches><marche><id>1</id></marche>", "XML valide"),
        ("<marches><marche><id>1</marche></marches>", "XML valide"),
        ("<marches>" + "<a>" * 300 + "</a>" * 300 + "</marches>", "XML valide"),
        ("<marches><marche><objet>" + "a" * 2_000_000 + "</objet></marche></marches>", "million de caractères"),
        ("<marches><marche><objet>a\0b</objet></marche></marches>", "NUL"),
        ("<marches><marche><objet>&eacute;</objet></marche></marches>", "XML valide"),
    ],
)
def test_unfit_files_are_refused_whole(tmp_path, content, words):
    path = tmp_path / "decp.xml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FichierRefuse, match=words):
        import_file(path)
    assert not Importation.objects.exists()


@pytest.mark.django_db
def test_an_empty_list_is_an_import_of_nothing(tmp_path):
    path = tmp_path / "decp.xml"
    path.write_text("<marches/>")
    assert import_file(path).lus == 0


def test_elements_are_forgotten_once_read():
    """At constant memory: the tree never holds more than the record being read."""
    before = elements_alive()
    one = "<marche><id>1</id><objet>Voirie</objet></marche>\n"
    for found in records(io.BytesIO(f"<marches>{one * 500}</marches>".encode())):
        assert found == {"id": "1", "objet": "Voirie"}
    assert elements_alive() - before < 10


def elements_alive() -> int:
    """Elements of XML that anything still holds, in the whole process."""
    gc.collect()
    return sum(issubclass(type(item), etree._Element) for item in gc.get_objects())


def test_what_is_not_a_value_of_its_type_stays_text():
    record = "<dureeMois>NC</dureeMois><montant/><marcheInnovant>peut-être</marcheInnovant>"
    text = f"<marches><marche>{record}</marche></marches>"
    assert list(records(io.BytesIO(text.encode()))) == [
        {"dureeMois": "NC", "montant": "", "marcheInnovant": "peut-être"}
    ]

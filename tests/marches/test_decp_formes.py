"""DECP in JSON as platforms write it: every shape that can mean one thing only is read."""

import io
import json

import pytest

from marches.importers.formats import reconnaitre
from marches.importers.formats.decp_json import GardienTolerant, forme_of, records
from marches.rules import decp

BUYER, FIRM, OTHER = "80000001000010", "80000002800012", "80000003600015"
RECORD = {"id": "X-1", "acheteur": {"id": BUYER}, "objet": "Voirie", "ccag": "Travaux"}
CONCESSION = {"id": "C-1", "autoriteConcedante": {"id": BUYER}, "objet": "Eau", "considerationsSociales": {}}
OLD = {"id": "2019X", "acheteur": {"id": BUYER, "nom": "Ville"}, "objet": "Voirie", "formePrix": "Ferme"}


def read(document) -> list:
    return list(records(io.BytesIO(json.dumps(document).encode())))


@pytest.mark.parametrize(
    ("document", "expected", "cle"),
    [
        ({"marches": {"marche": [RECORD], "contrat-concession": [CONCESSION]}}, [RECORD, CONCESSION], "decp-2022"),
        ({"marches": {"contrat-concession": [CONCESSION], "marche": [RECORD]}}, [RECORD, CONCESSION], "decp-2022"),
        ({"marches": {"contrat-concession": CONCESSION, "marche": RECORD}}, [RECORD, CONCESSION], "decp-2022"),
        ({"marches": {"contrat-concession": [CONCESSION]}}, [CONCESSION], "decp-2022"),
        ({"marches": {"marche": RECORD}}, [RECORD], "decp-2022"),
        ({"marche": [RECORD], "contrat-concession": [CONCESSION]}, [RECORD, CONCESSION], "decp-2022"),
        ({"marche": RECORD}, [RECORD], "decp-2022"),
        ({"marches": [RECORD, CONCESSION]}, [RECORD, CONCESSION], "decp-2022"),
        ({"marches": [{"marche": RECORD}, {"contrat-concession": CONCESSION}]}, [RECORD, CONCESSION], "decp-2022"),
        ({"marches": [{"marche": [RECORD, RECORD]}]}, [RECORD, RECORD], "decp-2022"),
        ([RECORD, CONCESSION], [RECORD, CONCESSION], "decp-2022"),
        ([{"marche": RECORD}], [RECORD], "decp-2022"),
        (RECORD, [RECORD], "decp-2022"),
        ({"titre": "export", "marches": {"marche": [RECORD]}}, [RECORD], "decp-2022"),
        ({"marches": [OLD]}, [OLD], "decp-2019"),
        ({"marches": []}, [], "decp-2019"),
        ([OLD], [OLD], "decp-2019"),
        ({"marches": {"marche": [], "contrat-concession": []}}, [], "decp-2022"),
        ({"marches": [RECORD, None, [], 3]}, [RECORD, None, [], 3], "decp-2022"),
    ],
)
def test_every_shape_gives_its_records_in_the_order_of_the_blocks(tmp_path, document, expected, cle):
    assert read(document) == expected
    path = tmp_path / "decp.json"
    path.write_text(json.dumps(document))
    assert reconnaitre(path).cle == cle


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"[1]", b'[{"nom": "x"}]', b'{"marches": 3}', b'{"acheteur": 3}', b'"marches"', b"x"]
)
def test_other_json_is_not_taken_for_contracts(content):
    forme = forme_of(content)
    assert forme is None or not forme.est_decp


def test_a_first_record_longer_than_the_head_is_found_all_the_same(tmp_path):
    path = tmp_path / "decp.json"
    long = RECORD | {"objet": "Voirie " * 20_000}
    path.write_text(json.dumps({"marches": {"marche": [long]}}))
    assert reconnaitre(path).cle == "decp-2022"


# NaN ------------------------------------------------------------------------------------------------------------------
class Pieces:
    def __init__(self, content: bytes, size: int):
        self.content, self.size = io.BytesIO(content), size

    def read(self, size: int = -1) -> bytes:
        return self.content.read(self.size if size < 0 else min(size, self.size))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 1000])
def test_nan_is_null_outside_of_texts_only(size):
    text = json.dumps(
        {"a": float("nan"), "b": [float("inf"), float("-inf"), -1], "c": 'NaN, "NaN" : NaN \\', "NaN": "\\", "d": True}
    )
    guard = GardienTolerant(Pieces(text.encode(), size))
    found = json.loads(b"".join(iter(lambda: guard.read(size), b"")))
    assert found == {"a": None, "b": [None, None, -1], "c": 'NaN, "NaN" : NaN \\', "NaN": "\\", "d": True}


# Values ---------------------------------------------------------------------------------------------------------------
HOLDER = {"typeIdentifiant": "SIRET", "id": FIRM}


@pytest.mark.parametrize(
    "titulaires",
    [
        [{"titulaire": HOLDER}],
        [HOLDER],
        HOLDER,
        {"titulaire": HOLDER},
        {"titulaire": [HOLDER]},
        [{"titulaire": [HOLDER]}],
        [[[HOLDER]]],
        [FIRM],
        FIRM,
        [{"id": int(FIRM)}],
        [HOLDER, HOLDER],
    ],
)
def test_holders_are_read_whatever_they_are_wrapped_in(titulaires):
    assert decp.read_record(RECORD | {"titulaires": titulaires}).titulaires == (("SIRET", FIRM),)


@pytest.mark.parametrize("junk", [[{"titulaire": "typeIdentifiant"}, {"titulaire": "id"}], [{}], "", [None], {}])
def test_what_names_no_holder_gives_none(junk):
    lu = decp.read_record(RECORD | {"titulaires": junk})
    assert lu.titulaires == ()
    assert ("aucun titulaire", "") in lu.problemes


@pytest.mark.parametrize(
    "written",
    [
        {"considerationSociale": ["Clause sociale", "Marché réservé"]},
        ["Clause sociale", "Marché réservé"],
        "Clause sociale, Marché réservé",
        "Clause sociale ; MARCHE RESERVE",
        [{"considerationSociale": "Clause sociale"}, {"considerationSociale": "Marché réservé"}],
        [{"considerationSociale": ["Clause sociale", "Marché réservé"]}],
    ],
)
def test_social_considerations_are_read_whatever_they_are_wrapped_in(written):
    lu = decp.read_record(RECORD | {"considerationsSociales": written})
    assert (lu.clause_sociale, lu.critere_social, lu.reserve) == (True, False, True)


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_no_social_consideration_is_not_an_answer(empty):
    assert decp.read_record(RECORD | {"considerationsSociales": empty}).considerations is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1 234,56 €", "1234.56"), ("1234.5", "1234.50"), (1234, "1234.00"), ("45 000 euros HT", "45000.00"),
        ("9 EUR", "9.00"),
    ],
)  # fmt: skip
def test_amounts_written_as_text(written, read):
    lu = decp.read_record(RECORD | {"montant": written})
    assert str(lu.montant) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2018-12-17+01:00", "2018-12-17"),
        ("2018-12-17Z", "2018-12-17"),
        ("2019-1-1", "2019-01-01"),
        ("17/12/2018", "2018-12-17"),
        ("2018-12-17 00:00:00", "2018-12-17"),
        ("2018-12-17T00:00:00", "2018-12-17"),
        ("2018-12-16T23:00:00.000Z", "2018-12-17"),  # midnight in Paris
        ("2018-06-16T22:30:00Z", "2018-06-17"),
        ("2018-12-17T00:00:00+01:00", "2018-12-17"),
        ("2019-02-30", None),
        ("0218-10-29", None),
        ("2018-12-17T99:00:00Z", None),
        ("nan", None),
        ("12/17/2018", None),
    ],
)
def test_days_as_platforms_write_them(written, read):
    lu = decp.read_record(RECORD | {"dateNotification": written})
    assert lu.date_notification == (None if read is None else type(lu.date_notification).fromisoformat(read))
    assert any("date illisible" in reason for reason, _ in lu.problemes) is (read is None)


@pytest.mark.parametrize(
    ("written", "read"),
    [(True, True), ("oui", True), ("Non", False), ("true", True), (0, False), ("NC", None), ("", None)],
)  # fmt: skip
def test_yes_and_no_as_platforms_write_them(written, read):
    lu = decp.read_record(RECORD | {"sousTraitanceDeclaree": written})
    assert lu.sous_traitance_declaree is read
    assert any("oui ou non" in reason for reason, _ in lu.problemes) is (written == "NC")


def test_flattened_keys_and_the_empty_keys_of_the_other_kind_of_contract():
    raw = {
           "id": "X", "acheteur.id": BUYER, "objet": "Voirie", "lieuExecution.code": "27", "autoriteConcedante": "",
           "lieuExecution.typeCode": "Code département", "concessionnaires": None, "valeurGlobale": 0.0, "montant": 9,
    }  # fmt: skip
    lu = decp.read_record(raw)
    assert (lu.acheteur, lu.lieu_code, lu.lieu_type, lu.montant) == (BUYER, "27", "Code département", 9)
    assert lu.nature == "marche"
    assert decp.read_record({"_type": "Contrat de concession", "objet": "Eau"} | CONCESSION).nature == "concession"


def test_changes_of_subcontracts_under_both_names():
    change = {"id": 1, "montant": 5, "dateNotificationModificationSousTraitance": "2026-01-01"}
    for name in ("modificationActeSousTraitance", "modificationActesSousTraitance"):
        for written in ([{name: change}], {name: [change]}, {name: change}, [change]):
            lu = decp.read_record(RECORD | {"modificationsActesSousTraitance": written})
            assert [(part.numero, part.montant) for part in lu.modifications_actes] == [("1", 5)]


def test_publication_years_before_notification_is_told():
    days = {"dateNotification": "2024-02-08", "datePublicationDonnees": "2003-11-24"}
    assert ("données publiées plus d'un an avant la notification", "2003-11-24") in decp.read_record(
        RECORD | days
    ).problemes

"""The real files of essential data in their other formats: imported twice, counts as plain json and csv give them."""

import csv
import gzip
import json
import re
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from marches.enums import NatureContrat
from marches.importers.contrats import import_file
from marches.importers.fichiers import Fichier
from marches.importers.formats import reconnaitre
from marches.models import Acheteur, ActeSousTraitance, Lot, Modification, SourceLot, Titulaire
from tests.marches.test_decp_xml import as_xml

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "decp"
pytestmark = [
    pytest.mark.real,
    pytest.mark.django_db,
    pytest.mark.skipif(not FOLDER.exists(), reason="the real files are not here"),
]
OLD = {  # file → records, of which concessions, buyers of contracts (README)
    "marches-publics.info-2019-03-07": (4509, 10, 538),
    "aife-2019-04-04": (4530, 22, 440),
    "pes-2019-04-05": (691, 0, 86),
}
# Titles one letter apart stay two lots: « marche » and « march », « TELEPHONIE » and « TELE\ufffdPHONIE ».
ALMOST_ALIKE = {"aife-2019-04-04": 2}


def loose(text: str) -> str:
    """What is left of a text when accents, case, punctuation and lost characters are forgotten: its firm letters."""
    letters = unicodedata.normalize("NFKD", text.replace("œ", "").replace("Œ", "")).casefold()
    return re.sub(r"[^bdfghj-np-tv-xz0-9]", "", letters)


def twice(path: Path):
    """The report of a first import, once a second one has changed nothing."""
    first, again = import_file(path), import_file(path)
    assert (again.lus, again.crees, again.mis_a_jour) == (first.lus, 0, 0)
    assert again.inchanges == first.lus - first.nb_ecartes
    assert again.ecartes == first.ecartes
    return first


# Format of 2019 -------------------------------------------------------------------------------------------------------
def buyer(record: dict) -> str:
    return ((record.get("acheteur") or record.get("autoriteConcedante") or {}).get("id") or "").replace(" ", "")


@pytest.mark.parametrize("name", OLD)
def test_format_of_2019(name):
    path = FOLDER / "format2019" / f"{name}.json.gz"
    with gzip.open(path) as file:
        records = json.load(file)["marches"]
    kept = [record for record in records if buyer(record) and (record.get("id") or record.get("objet"))]
    concessions = [record for record in records if record["_type"] == "Contrat de concession"]
    buyers = {buyer(record) for record in records if name.startswith("aife") or "acheteur" in record} - {""}
    assert (len(records), len(concessions), len(buyers)) == OLD[name]

    report = twice(path)
    assert (report.lus, report.nb_ecartes) == (len(records), len(records) - len(kept))
    lots = defaultdict(set)  # lot → its modifications, by day, else by rank
    for record in kept:
        lot = lots[buyer(record), record.get("id") or "", loose(record.get("objet") or "")]
        days = set()
        for rank, part in enumerate(record["modifications"], start=1):
            day = part.get("dateNotificationModification", "")[:10]
            lot.add((rank, "") if not day or day in days else (0, day))
            days.add(day)
    assert Lot.objects.count() == len(lots) + ALMOST_ALIKE.get(name, 0)
    assert Modification.objects.count() == sum(map(len, lots.values()))
    assert Acheteur.objects.count() == len({buyer(record) for record in kept})
    of_concessions = {(buyer(record), record.get("id") or "", loose(record.get("objet") or ""))
                      for record in kept if record in concessions}  # fmt: skip
    assert Lot.objects.filter(sources__donnees___type="Contrat de concession").distinct().count() == len(of_concessions)
    assert not any(lot.est_social for lot in Lot.objects.all())  # the format has no social consideration

    flags = report.raisons_signalees
    assert flags["caractères perdus dans l'objet"] == sum("\ufffd" in record.get("objet", "") for record in kept)
    assert flags["objet absent"] == sum(not record.get("objet") for record in kept)
    assert flags["montant invraisemblable (montant)"] == len(
        [1 for record in kept for part in [record, *record["modifications"]]
         if "montant" in part and not 1 < float(part["montant"]) < 999_999_999]
    )  # fmt: skip
    published = {" ".join(record.get("objet", "").split())[:1000] for record in kept}
    assert set(Lot.objects.values_list("objet_publie", flat=True)) <= published  # as it was, lost characters included


# Tables ---------------------------------------------------------------------------------------------------------------
def rows(name: str) -> list[dict]:
    with gzip.open(FOLDER / "tabulaire" / name, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_table_of_works_where_states_follow_one_another():
    name = "decp_2024S2_travaux_cpv4521.csv.gz"
    report = twice(FOLDER / "tabulaire" / name)
    table = rows(name)
    assert (report.lus, report.ecartes) == (5578, [])
    states = defaultdict(lambda: defaultdict(set))
    for row in table:
        states[row["uid"]][row["dateNotification"]].add(row["titulaire_id"])
    assert Lot.objects.count() == len(states) == 3114
    assert Modification.objects.count() == sum(len(days) - 1 for days in states.values())
    assert Acheteur.objects.count() == len({row["acheteur_id"] for row in table}) == 768
    held = 0
    for days in states.values():  # the last state that names holders tells those of the lot
        held += len(next((days[day] - {""} for day in sorted(days, reverse=True) if days[day] - {""}), set()))
    assert Titulaire.objects.count() == held
    lot = Lot.objects.get(cle=SourceLot.objects.filter(donnees__uid="21050040100018202403").first().cle)
    days = sorted(states["21050040100018202403"])
    assert lot.date_notification.isoformat() == days[0]
    assert [part.date_notification.isoformat() for part in lot.modifications.order_by("date_notification")] == days[1:]


def test_extract_without_holders():
    name = "decp_extrait_2023_2025.csv.gz"
    report = twice(FOLDER / "tabulaire" / name)
    table = rows(name)
    assert (report.lus, report.ecartes) == (2939, [])
    lots = {(row["id_acheteur"], row["id_marche"].strip(), loose(row["objet_marche"])) for row in table}
    assert Lot.objects.count() == len(lots)
    assert Acheteur.objects.count() == len({row["id_acheteur"] for row in table}) == 958
    assert not Titulaire.objects.exists()
    assert {flag.valeur for flag in report.signalements if "montant" in flag.raison} == {
        "0.1000",
        "999999999.0000",
        "99999999999999.0000",
    }


def test_consolidated_table():
    report = twice(FOLDER / "tabulaire" / "decp_consolide_economie_2022_exemple.csv")
    assert (report.lus, report.crees, report.ecartes) == (9, 9, [])
    assert [lot.identifiant for lot in Lot.objects.filter(clause_sociale=True)] == ["24-1065297-2"]
    assert Lot.objects.get(identifiant="2023AOVOI40 L1").cpv == "67151000-0"
    told = report.raisons_signalees
    assert told["valeur jugée inexacte par la consolidation (id)"] == 2
    assert told["valeur jugée inexacte par la consolidation (codeCPV)"] == 1


# Format of 2022 -------------------------------------------------------------------------------------------------------
def test_the_twelve_daily_files_are_the_same_in_xml(tmp_path):
    number = 0
    for path in sorted((FOLDER / "format2022").glob("decp-*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        xml = tmp_path / f"{path.stem}.xml"
        xml.write_text(as_xml(document), encoding="utf-8")
        assert reconnaitre(xml).cle == "decp-2022-xml"
        report = import_file(xml)
        assert import_file(path).inchanges == report.lus
        number += report.lus
    assert (number, Lot.objects.count()) == (784, 774)
    assert sum(lot.est_social for lot in Lot.objects.exclude(marche__nature=NatureContrat.CONCESSION)) == 81


@pytest.mark.parametrize(
    ("name", "cle", "lus", "crees"),
    [
        ("Marche.xml", "decp-2022-xml", 2, 1),  # the same contract twice
        ("Contrat-concession.xml", "decp-2022-xml", 2, 1),
        ("Contrat-concession-modification.xml", "decp-2022-xml", 2, 1),
        ("concessions.json", "decp-2022", 2, 2),
        ("concessions_avec_modifications.json", "decp-2022", 2, 2),
        ("marches_avec_modifications.json", "decp-2022", 2, 2),
        ("marches_concessions.json", "decp-2022", 4, 4),
    ],
)
def test_official_examples(name, cle, lus, crees):
    path = FOLDER / "format2022" / "exemples_officiels" / name
    assert reconnaitre(path).cle == cle
    report = twice(path)
    assert (report.lus, report.crees, report.ecartes) == (lus, crees, [])


# Dirty cases ----------------------------------------------------------------------------------------------------------
DIRTY = FOLDER / "format2022" / "cas_limites"


def told(report) -> Counter:
    return report.raisons_signalees


def test_dirty_2022_a():
    """Five records, all kept: NaN is no value, a holder written as the keys of an object is none, 10^17 is flagged."""
    path = DIRTY / "decp_test_2022_a.json"
    assert "NaN" in path.read_text(encoding="utf-8")
    report = twice(path)
    assert (report.lus, report.crees, report.ecartes) == (5, 5, [])
    flags = told(report)
    assert flags["titulaire illisible"] == 4
    assert flags["durée illisible (dureeMois)"] == 1
    assert flags["montant invraisemblable (montant)"] == 2
    assert flags["données publiées plus d'un an avant la notification"] == 1
    stadium = Lot.objects.get(identifiant="2020F00075")
    assert (stadium.montant_initial, stadium.montant, stadium.duree_mois) == (10**17, 22540, 100)
    assert [holder.organisation.identifiant for holder in stadium.titulaires.all()] == [
        "12345678900022", "05650171100115", "88359829400030",
    ]  # fmt: skip
    assert Lot.objects.get(identifiant="2022VI2022.242").numero == "4"
    school = Lot.objects.get(identifiant="2019K1209")
    assert school.titulaires.count() == 3  # one of them is not wrapped as the others
    assert not Lot.objects.filter(marche__nature=NatureContrat.CONCESSION).exists()  # empty keys of a concession


def test_dirty_2022_b():
    """Six records of the same kind, all kept; « NC » where a number or a yes is due is told."""
    report = twice(DIRTY / "decp_test_2022_b.json")
    assert (report.lus, report.crees, report.ecartes) == (6, 6, [])
    flags = told(report)
    assert (flags["nombre d'offres illisible (offresRecues)"], flags["titulaire illisible"]) == (2, 4)
    assert ActeSousTraitance.objects.filter(variation_prix="NC").count() == 1


def test_dirty_2019():
    """Two records: « acheteur.id » flattened, holders wrapped in five lists."""
    report = twice(DIRTY / "decp_test_2019.json")
    assert (report.lus, report.crees, report.ecartes) == (2, 2, [])
    first = Lot.objects.get(identifiant="2019_83935401")
    assert first.marche.acheteur.organisation.identifiant == "21500222100012"
    assert (first.montant, first.modifications.get().duree_mois) == (79237, 1)
    second = Lot.objects.get(identifiant="2019-VI2022.242")
    assert [holder.organisation.identifiant for holder in second.titulaires.all()] == ["34027049500021", "1111111111"]


def test_dirty_national_file():
    """Twenty records, all kept: « test » in place of numbers, days and yes is told, social marks are read."""
    report = twice(DIRTY / "decp_national_sale.json")
    assert (report.lus, report.crees, report.ecartes) == (20, 20, [])
    flags = told(report)
    assert flags["nombre d'offres illisible (offresRecues)"] == 20
    assert flags["date illisible ou impossible (datePublicationDonnees)"] == 18
    assert flags["réponse par oui ou non illisible (sousTraitanceDeclaree)"] == 18
    thermal = Lot.objects.filter(identifiant__in=[f"0{n}-2024" for n in range(33, 42)])
    assert sorted(int(lot.numero) for lot in thermal) == [*range(2, 11)]
    assert thermal.values("marche").distinct().count() == 1
    assert Modification.objects.count() == 4


def test_every_file_is_known_by_its_content():
    for path in [*FOLDER.rglob("*.json"), *FOLDER.rglob("*.xml"), *FOLDER.rglob("*.csv*"), *FOLDER.rglob("*.json.gz")]:
        if path.name != "noms_siret.csv.gz":  # a table of names
            assert reconnaitre(Fichier(path)).cle.startswith("decp-")

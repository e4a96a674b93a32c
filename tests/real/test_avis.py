"""The real notices: counts of their summary, twice, in two orders, and what TED and eForms both say of each."""

import gzip
import json
import re
import zipfile
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from marches.enums import NatureAvis, RolePartie
from marches.importers.avis import import_avis, read_notice
from marches.models import Avis, Lot, Marche, PartieARapprocher, SourceAvis
from marches.rules.avis import as_dict
from portal.siret import is_siret
from tests.marches.test_avis import state

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "avis"
TED, EFORMS = FOLDER / "ted_r209.zip", FOLDER / "eforms_convertis.zip"
RESERVES = sorted((FOLDER / "eforms_reserves").glob("*.xml"))
BOAMP = sorted((FOLDER / "boamp_2017").glob("*.xml"))
SDK = sorted((FOLDER / "eforms_sdk").glob("*.xml"))
pytestmark = [pytest.mark.real, pytest.mark.skipif(not TED.exists(), reason="the real files are not here")]


@pytest.fixture(scope="module")
def summary():
    with gzip.open(FOLDER / "avis_resume.jsonl.gz", "rt", encoding="utf-8") as file:
        return {row["doc"]: row for row in map(json.loads, file)}


@pytest.fixture(scope="module")
def ted():
    return _read(TED)


@pytest.fixture(scope="module")
def eforms():
    return _read(EFORMS)


def _read(path):
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".xml")]
        return {Path(name).stem: read_notice(archive.read(name)) for name in names}


def _flat(text):
    return re.sub(r"\s", "", text or "")


# Reading -------------------------------------------------------------------------------------------------------------
def test_ted_says_what_its_summary_says(summary, ted):
    assert ted.keys() == summary.keys()
    for doc, row in summary.items():
        lu = ted[doc]
        assert len(lu.lots) == row["nb_lots_decrits"], doc
        assert [lu.cpv] == row["cpv_objet"], doc
        assert any("res-ws" in lot.participation for lot in lu.lots) == row["reserve_ateliers_proteges"], doc
        assert any(lot.execution == "yes" for lot in lu.lots) == row["execution_emplois_proteges"], doc
        assert any("res-pub-ser" in lot.participation for lot in lu.lots) == row["reserve_mission_service_public"], doc
        assert (lu.limite[:10], lu.limite[11:16]) == (row["date_limite"], row["heure_limite"]), doc
        awards = row["attributions"]
        assert [result.attribue for result in lu.resultats] == [award["attribue"] for award in awards], doc
        assert [len(result.titulaires) for result in lu.resultats] == [len(award["titulaires"]) for award in awards]
        assert [str(r.conclu_le or "") for r in lu.resultats] == [award["date"] or "" for award in awards], doc
        amounts = [Decimal(award["montant"]) if award["montant"] else None for award in awards]
        assert [result.montant for result in lu.resultats] == amounts, doc
        assert [r.offres for r in lu.resultats] == [int(a["offres"]) if a["offres"] else None for a in awards], doc
        buyers = list(dict.fromkeys(_flat(buyer["nom"]) for buyer in row["acheteurs"]))
        assert list(dict.fromkeys(_flat(buyer.nom) for buyer in lu.acheteurs)) == buyers, doc


def test_ted_title_is_the_published_one(summary, ted):
    other = [doc for doc, row in summary.items() if _flat(ted[doc].titre) != _flat(row["titre"])[:1000]]
    assert len(other) <= 1, other  # one notice repeats its title in two languages


def test_ted_and_eforms_say_the_same(ted, eforms):
    """Reservation, lots, CPV, values, buyers, chain: equal in the 362 notices that exist in both formats."""
    for doc, lu in eforms.items():
        other = ted[doc]
        assert lu.numero == other.numero == doc
        assert lu.nature == other.nature, doc
        assert _flat(lu.titre) == _flat(other.titre), doc
        assert (lu.cpv, lu.type, lu.suites) == (other.cpv, other.type, other.suites), doc
        assert len(lu.lots) == len(other.lots), doc
        for mine, theirs in zip(lu.lots, other.lots, strict=True):
            assert (mine.participation, mine.execution) == (sorted(theirs.participation), theirs.execution), doc
            assert (mine.cpv, mine.cpv_autres) == (theirs.cpv, theirs.cpv_autres), doc
            assert mine.montant_estime == theirs.montant_estime, doc
        assert [_flat(buyer.nom) for buyer in lu.acheteurs] == [_flat(buyer.nom) for buyer in other.acheteurs], doc


def test_what_the_official_conversion_changes_is_known(ted, eforms):
    """Differences of the converter, none of our readers: a place without a NUTS 3 code is dropped (112 notices); award
    blocks are merged by lot (3); a date without hour becomes 23:59 (2) and a notice without date « 2099 » (1)."""
    count = Counter()
    for doc, lu in eforms.items():
        other = ted[doc]
        if [lot.nuts for lot in lu.lots] != [lot.nuts for lot in other.lots]:
            count["nuts"] += 1
            for mine, theirs in zip(lu.lots, other.lots, strict=True):
                assert set(mine.nuts) == {code for code in theirs.nuts if len(code) == 5 or code in mine.nuts}, doc
        count["resultats"] += len(lu.resultats) != len(other.resultats)
        count["limite"] += [limit[:16] for limit in lu.limites] != [limit[:16] for limit in other.limites]
    assert count == {"nuts": 112, "resultats": 3, "limite": 3}


def test_no_contact_of_a_person_is_kept(ted, eforms):
    mail = re.compile(r"[\w.+-]+@[\w-]+\.\w")
    phone = re.compile(r"(?<![\w/.-])0[1-9](?:[ .-]?\d{2}){4}(?![\d/-])")
    person = re.compile(r"\b(?:M\.|Mme|Mlle) [A-Z][\w-]+")
    for lu in [*ted.values(), *eforms.values()]:
        donnees = re.sub(r'"\d{6}-20\d\d"', '""', json.dumps(as_dict(lu), ensure_ascii=False))  # numbers of notices
        assert not mail.search(donnees), lu.cle
        assert not phone.search(donnees), lu.cle
        assert not person.search(donnees), lu.cle


# Importing -----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_every_ted_notice_is_imported_once(summary, ted):
    report = import_avis(TED)
    assert (report.lus, report.crees, len(report.ecartes)) == (382, 382, 0)
    assert Avis.objects.count() == SourceAvis.objects.count() == len(summary)
    assert sum(Avis.objects.values_list("nombre_lots", flat=True)) == sum(
        r["nb_lots_decrits"] for r in summary.values()
    )
    assert Avis.objects.exclude(date_limite=None).count() == sum(1 for r in summary.values() if r["date_limite"])

    reserved = {
        doc
        for doc, row in summary.items()
        if row["reserve_ateliers_proteges"]
        or row["execution_emplois_proteges"]
        or row["reserve_mission_service_public"]
    }
    assert len(reserved) == 14
    shown = set(Lot.objects.exclude(reservation="aucune").values_list("marche__avis__numero", flat=True))
    called = {doc for doc in reserved if ted[doc].nature != NatureAvis.PREINFORMATION}
    assert shown == called
    lots = sum(summary[doc]["nb_lots_decrits"] for doc in called)
    assert Lot.objects.exclude(reservation="aucune").count() == lots

    without = {
        (doc, _flat(buyer["nom"]))
        for doc, row in summary.items()
        for buyer in row["acheteurs"]
        if not is_siret(re.sub(r"\D", "", buyer["identifiant_national"] or ""))
    }
    buyers = PartieARapprocher.objects.filter(role=RolePartie.ACHETEUR).values_list("avis__numero", "nom")
    assert {(doc, _flat(nom)) for doc, nom in buyers} == without
    social = {doc for doc, row in summary.items() if row["mention_clause_sociale"]}
    assert social <= set(Avis.objects.exclude(texte_social="").values_list("numero", flat=True))


@pytest.mark.django_db
def test_same_register_twice_and_in_another_order():
    for path in (TED, EFORMS, *RESERVES):
        import_avis(path)
    first = state()
    assert [len(part) for part in first][2] == 382
    for path in (EFORMS, TED):
        again = import_avis(path)
        assert again.inchanges == again.lus
    assert state() == first


@pytest.mark.django_db
def test_other_order_gives_the_same_register():
    for path in (TED, EFORMS):
        import_avis(path)
    first = state()
    Avis.objects.all().delete()
    Marche.objects.all().delete()
    for path in (*RESERVES, EFORMS, TED):
        import_avis(path)
    assert state() == first


@pytest.mark.django_db
def test_notices_of_the_former_boamp():
    """Six calls and nine awards, 29 lots described; the one deadline written with its offset keeps it."""
    raw = [path.read_text(encoding="utf-8") for path in BOAMP]
    reports = [import_avis(path) for path in BOAMP]
    assert sum(report.crees for report in reports) == len(BOAMP) == 15
    natures = Counter(Avis.objects.values_list("nature", flat=True))
    calls = sum("<APPEL_OFFRE" in text.split("</REFERENCE>")[0] for text in raw)
    assert natures == {"consultation": calls, "attribution": 15 - calls}
    contents = [read_notice(path.read_bytes()) for path in BOAMP]
    assert sum(len(lu.resultats) for lu in contents) == sum(text.count("<DECISION>") for text in raw)
    described = [text.count("<LOT>") for text in raw]
    assert sum(len(lu.lots) for lu, number in zip(contents, described, strict=True) if number) == sum(described)
    holders = sum(len(result.titulaires) for lu in contents for result in lu.resultats)
    assert holders == sum(text.count("<TITULAIRE>") for text in raw)
    assert Avis.objects.exclude(date_limite=None).count() == sum(
        "<RECEPT_OFFRES>" in text or "<DATE_LIMITE_REPONSE>" in text for text in raw
    )
    assert not Lot.objects.exclude(reservation="aucune").exists()
    again = [import_avis(path) for path in BOAMP]
    assert all(report.inchanges == 1 for report in again)


@pytest.mark.django_db
def test_examples_of_the_sdk():
    reports = [import_avis(path) for path in SDK]
    aside = [report for report in reports if report.ecartes]
    assert [report.source for report in aside] == ["INVALID_cn_24_stage-1.xml"]
    assert "BT-701" in aside[0].ecartes[0].raison
    assert Avis.objects.count() == 9
    assert Avis.objects.filter(nature=NatureAvis.CONSULTATION).count() == 5
    assert Avis.objects.filter(nature=NatureAvis.ATTRIBUTION).count() == 3

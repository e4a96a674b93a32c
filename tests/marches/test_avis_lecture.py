"""Notices read from their files, and the rules about them."""

import io
import json
import zipfile
from decimal import Decimal

import pytest

from marches.enums import NatureAvis, Reservation
from marches.importers.avis import import_avis, xml
from marches.models import Avis
from marches.rules import mentions
from marches.rules.avis import AvisLu, LotLu, as_dict, from_dict
from marches.rules.dossiers import reconduction
from marches.upsert.nuts import departements
from portal.imports import FichierRefuse
from portal.models import Importation
from tests.marches.avis import CHAIN, TED, read


# Reading -------------------------------------------------------------------------------------------------------------
def test_eforms_says_what_is_written():
    lu = read(CHAIN[0])
    assert lu.nature == NatureAvis.CONSULTATION
    assert (lu.numero, lu.procedure) == ("700001-2026", "5f0c2d9e-3a41-4b7a-9d57-0e6c1b8f2a10")
    assert lu.titre == "Entretien des espaces verts et des locaux"  # French wins over English
    assert lu.acheteurs[0].siret == "13002526500013"
    first, second = lu.lots
    assert (first.numero, first.participation, first.nuts) == ("1", ["res-ws"], ["FRD11"])
    assert (first.limite, first.montant_estime, first.duree_mois) == ("2026-11-05T12:00:00+01:00", Decimal(100000), 12)
    assert "L. 2113-12" in first.conditions
    assert (second.strategie, second.objectifs) == (["soc-obj"], ["opp"])
    assert "publics éloignés" in second.strategie_texte
    assert reconduction(first) == (3, 12, True)
    assert from_dict(AvisLu, json.loads(json.dumps(as_dict(lu)))) == lu


def test_contacts_are_dropped():
    for path in (*CHAIN, *TED):
        kept = json.dumps(as_dict(read(path)), ensure_ascii=False)
        for word in ("Personne", 'example.org"', "camille", "Untel", "untel", "02.31", "231000000", "02 31"):
            assert word not in kept.replace("marches.example.org", ""), (path.name, word)
    assert "[nom retiré]" in read(CHAIN[0]).description
    assert "[coordonnées retirées]" in read(CHAIN[0]).description


def test_ted_says_what_is_written():
    lu = read(TED[0])
    assert (lu.numero, lu.titre) == ("101001-2019", "Collecte des déchets du 1er secteur")
    assert (lu.lots[0].cpv, lu.lots[0].cpv_autres, lu.lots[0].duree_mois) == ("90511000", ["90511100"], 24)
    assert lu.limite == "2019-04-01T12:00:00"
    corrected = read(TED[1])
    assert (corrected.nature, corrected.modifie) == (NatureAvis.RECTIFICATIF, "101001-2019")
    assert corrected.limite == "2019-04-15T16:30:00"
    award = read(TED[2])
    assert award.suites == ["101001-2019"]
    assert award.resultats[0].titulaires[0].siret == "73282932000074"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "vide"),
        (b"\x00\x01\x02", "XML valide"),
        (b"<ContractNotice><a></ContractNotice>", "XML valide"),
        (b"<html/>", "ni un avis eForms"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><ContractNotice>&x;</ContractNotice>', "DTD"),
        (b'<!DOCTYPE a SYSTEM "http://example.invalid/a.dtd"><TED_EXPORT/>', "DTD"),
        (b"PK\x03\x04 not an archive", "abîmée"),
    ],
)
@pytest.mark.django_db
def test_bad_files_are_refused_in_french(content, word):
    with pytest.raises(FichierRefuse, match=word):
        import_avis(io.BytesIO(content), nom="fichier.xml")
    assert not Importation.objects.exists()
    assert not Avis.objects.exists()


@pytest.mark.django_db
def test_archives_that_would_fill_the_memory_are_refused():
    bomb = archive({"a.xml": b"<a>" + b" " * 3_000_000 + b"</a>"})
    with pytest.raises(FichierRefuse, match="compressée"):
        import_avis(bomb)
    with pytest.raises(FichierRefuse, match="aucun fichier XML"):
        import_avis(archive({"lisez-moi.txt": b"bonjour"}))


def archive(files) -> io.BytesIO:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    found.seek(0)
    return found


@pytest.mark.django_db
def test_a_bad_file_of_an_archive_is_set_aside_with_its_name():
    files = {path.name: path.read_bytes() for path in CHAIN} | {"abime.xml": b"<a", "autre.xml": b"<b/>"}
    files["sans.xml"] = (
        b'<ContractNotice><NoticeTypeCode listName="competition">cn-standard</NoticeTypeCode></ContractNotice>'
    )
    report = import_avis(archive(files))
    assert (report.lus, report.crees, len(report.ecartes)) == (6, 3, 3)
    assert {ecart.valeur for ecart in report.ecartes} == {"abime.xml", "autre.xml", "sans.xml"}
    assert any("BT-701" in ecart.raison for ecart in report.ecartes)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("2020/S 089-212563", "212563-2020"), ("00212563-2020", "212563-2020"), ("078101-2022", "078101-2022"),
        ("bonjour", ""), ("", ""),
    ],
)  # fmt: skip
def test_numbers_of_the_journal(words, expected):
    assert xml.number_oj(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("LOT-0001", "1"), ("LOT-0000", ""), ("Lot 2", "2"), ("03", "3"), ("unique", ""), ("1N", "1N"),
        ("PAR-0000", ""), ("4 BASSE-TERRE SUD OUEST", "4"), ("1: GROS ŒUVRE", "1"), ("1-2-3", "1-2-3"),
        ("lot 6B - MAGNANVILLE", "6B"),
    ],
)  # fmt: skip
def test_numbers_of_lots(words, expected):
    assert xml.lot_number(words) == expected


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        ("2026-11-05+01:00", "12:00:00+01:00", "2026-11-05T12:00:00+01:00"),
        ("2026-11-05Z", "12:00:00Z", "2026-11-05T12:00:00+00:00"),
        ("2026-11-05", "12:00", "2026-11-05T12:00:00"),
        ("2026-11-05", "", "2026-11-05"),
        ("2026-02-30", "12:00", ""), ("0001-01-01", "12:00", ""), ("demain", "midi", ""),
        ("2026-11-05", "25:00", "2026-11-05"),
        ("2026-11-05+99:99", "12:00:00+99:99", "2026-11-05T12:00:00"),
    ],
)  # fmt: skip
def test_deadlines(day, time, expected):
    assert xml.limit(day, time) == expected


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["FR101"], ["75"]), (["FRD11"], ["14"]), (["FR251"], ["14"]), (["FR"], ["FR"]), (["DE300", "XX"], []),
        (["FR10"], ["75", "77", "78", "91", "92", "93", "94", "95"]), (["FRD1"], ["14", "50", "61"]),
    ],
)  # fmt: skip
def test_nuts_of_every_version(codes, expected):
    assert departements(codes) == expected


# Rules ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("participation", "execution", "text", "expected"),
    [
        ([], "", "Lot réservé aux entreprises adaptées (L. 2113-12).", Reservation.AUCUNE),
        (["res-ws"], "", "", Reservation.NON_PRECISEE),
        (["res-ws"], "", "Application de l'article L.2113-12 du code.", Reservation.HANDICAP),
        (["res-ws"], "", "Réservé en application de l'article L. 2113-13.", Reservation.INSERTION),
        (["res-ws"], "", "Articles L. 2113-12 et L.2113-13 du code.", Reservation.LES_DEUX),
        (["res-ws"], "", "Article L. 2113-13-1 du code.", Reservation.NON_PRECISEE),
        (["res-ws"], "", "Conformément à l'article 36-I de l'ordonnance 2015-899", Reservation.HANDICAP),
        (["res-ws"], "", "Conformément à l'article 36-II de l'ordonnance 2015-899", Reservation.INSERTION),
        (["res-ws"], "", "Lot 2 - réservé insertion", Reservation.INSERTION),
        (["res-ws"], "", "Marché réservé aux ESAT et entreprises adaptées", Reservation.HANDICAP),
        (["res-pub-ser"], "", "Réservé aux entreprises adaptées", Reservation.ESS),
        (["res-ws", "res-pub-ser"], "", "", Reservation.NON_PRECISEE),
        ([], "yes", "", Reservation.NON_PRECISEE),
        ([], "yes", "Paris 10e — réservé insertion", Reservation.INSERTION),
    ],
)
def test_reservation_of_a_lot(participation, execution, text, expected):
    assert mentions.reservation(LotLu(titre=text, participation=participation, execution=execution)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reconductible trois fois, par périodes de 12 mois", (3, 12, True)),
        ("Reconductible 2 fois 1 an soit une durée totale de 72 mois", (2, 12, True)),
        ("1 reconduction expresse de 1 an", (1, 12, False)),
        ("Marché d'une année reconductible 3 fois. Durée totale: 4 ans.", (3, None, True)),
        ("Une reconduction annuelle est prévue dans la limite maximum de 3 reconductions.", (3, None, True)),
        (
            "Nombre de périodes de reconduction fixé à cinq, durée de chaque période de reconduction d'un an",
            (5, 12, True),
        ),
        ("Le marché peut être reconduit 1 fois.", (1, None, True)),
        ("", (0, None, True)),
        ("reconductible 99 fois", (0, None, True)),
    ],
)
def test_renewals_of_a_text(text, expected):
    assert reconduction(LotLu(reconduction=text)) == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Le titulaire réalise 500 heures d'insertion au profit de personnes éloignées de l'emploi.", True),
        ("Clauses d'insertion sociale et environnementale.", True),
        ("Insertion paysagère de l'ouvrage dans son site.", False),
        ("Accessibilité des personnes à mobilité réduite.", False),
    ],
)
def test_social_passages(text, found):
    assert bool(mentions.extraits(text)) == found

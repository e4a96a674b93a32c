"""Notices: read without trust, chained by procedure, folded into contracts; in any order, twice, the same register."""

import io
import json
import zipfile
from datetime import date, datetime
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from marches.enums import NatureAvis, Reservation
from marches.importers.avis import import_avis, read_notice, xml
from marches.importers.contrats import import_file
from marches.models import Acheteur, Avis, Lot, Marche, PartieARapprocher, SourceAvis, Titulaire
from marches.rules import mentions
from marches.rules.avis import AvisLu, LotLu, PartieLue, as_dict, from_dict
from marches.rules.dossiers import fold_dossier, reconduction
from marches.upsert.avis import annuler_avis, rafraichir, relier
from marches.upsert.nuts import departements
from portal.imports import FichierRefuse
from portal.models import Importation
from tests import factories as make
from tests.marches.test_decp import record

DATA = Path(__file__).parents[1] / "data" / "avis"
CHAIN = [DATA / f"eforms_{name}.xml" for name in ("consultation", "rectificatif", "attribution")]
TED = [DATA / f"ted_{name}.xml" for name in ("f02", "f14", "f03")]


def read(path):
    return read_notice(path.read_bytes())


def state():
    """Everything imports write, without row numbers."""
    lots = Lot.objects.order_by("cle").values_list(
        "cle", "numero", "objet", "cpv", "departement", "montant", "montant_estime", "date_notification", "duree_mois",
        "reconductions", "reservation", "clause_sociale", "critere_social", "marche__cle",
    )  # fmt: skip
    marches = Marche.objects.order_by("cle").values_list(
        "cle", "objet", "reference", "type", "nature", "procedure", "date_lancement", "date_limite", "montant_estime",
        "reservation_mentionnee", "acheteur__organisation__identifiant", "recence", "racines",
    )  # fmt: skip
    avis = Avis.objects.order_by("cle").values_list(
        "cle", "dossier", "nature", "format", "date_limite", "fuseau", "marche__cle", "modifie__cle", "acheteur_nom"
    )
    parties = PartieARapprocher.objects.order_by("avis__cle", "role", "cle").values_list("avis__cle", "role", "cle")
    holders = Titulaire.objects.order_by("lot__cle", "rang").values_list("lot__cle", "organisation__identifiant")
    return [list(rows) for rows in (lots, marches, avis, parties, holders)]


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


# Chain ---------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_call_makes_a_contract_whose_launch_is_known():
    import_avis(CHAIN[0])
    marche = Marche.objects.get()
    assert marche.date_lancement == date(2026, 10, 1)
    assert marche.date_limite == datetime.fromisoformat("2026-11-05T12:00:00+01:00")
    assert marche.reservation_mentionnee is True
    assert marche.est_accord_cadre
    assert (marche.reference, marche.montant_estime) == ("2026-ENT-014", Decimal(180000))
    assert marche.acheteur.organisation.identifiant == "13002526500013"
    first, second = marche.lots.order_by("numero")
    assert (first.reservation, first.montant_estime, first.reconductions) == ("handicap", Decimal(100000), 3)
    assert (second.reservation, second.clause_sociale) == ("aucune", True)
    avis = Avis.objects.get()
    assert (avis.marche, avis.fuseau, avis.departements) == (marche, "+01:00", " 14 ")
    assert "L. 2113-12" in avis.texte_social


@pytest.mark.django_db
def test_a_corrigendum_moves_the_deadline_and_an_award_fills_the_lots():
    for path in CHAIN:
        import_avis(path)
    marche = Marche.objects.get()
    assert marche.date_limite == datetime.fromisoformat("2026-11-19T17:00:00+01:00")
    assert marche.date_lancement == date(2026, 10, 1)
    call, corrected, award = Avis.objects.order_by("publie_le")
    assert {avis.dossier for avis in (call, corrected, award)} == {"700001-2026"}
    assert corrected.modifie == call
    first, second = marche.lots.order_by("numero")
    assert (first.montant, first.date_notification, first.offres_recues) == (Decimal("92500.50"), date(2026, 12, 15), 4)
    assert [row.organisation.identifiant for row in first.titulaires.all()] == ["73282932000074"]
    assert (second.montant, second.titulaires.count()) == (None, 0)
    assert first.reservation == "handicap"
    partie = PartieARapprocher.objects.get()
    assert (partie.nom, partie.role, partie.lots) == ("Verdure et Compagnie", "titulaire", ["1"])


@pytest.mark.django_db
@pytest.mark.parametrize("paths", [CHAIN, TED], ids=["eforms", "ted"])
def test_any_order_and_twice_give_the_same_register(paths):
    for path in paths:
        import_avis(path)
    expected = state()
    assert Marche.objects.count() == 1
    for order in permutations(paths):
        Avis.objects.all().delete()
        Marche.objects.all().delete()
        for path in (*order, *order):
            import_avis(path)
        assert state() == expected, [path.name for path in order]


@pytest.mark.django_db
def test_ted_chain_follows_the_number_of_the_previous_publication():
    for path in TED:
        import_avis(path)
    marche = Marche.objects.get()
    lot = marche.lots.get()
    assert (lot.reservation, lot.montant, lot.duree_mois) == ("insertion", Decimal(231000), 24)
    assert marche.date_limite.isoformat() == "2019-04-15T14:30:00+00:00"  # 16:30 in Paris, summer time
    assert Avis.objects.get(numero="120002-2019").modifie.numero == "101001-2019"
    assert Avis.objects.get(numero="101001-2019").fuseau == ""


@pytest.mark.django_db
def test_what_people_typed_stays():
    import_avis(CHAIN[0])
    lot = Lot.objects.get(numero="1")
    lot.objet, lot.champs_saisis = "Tonte et taille", ["objet", "reservation"]
    lot.reservation = "les_deux"
    lot.save()
    Marche.objects.update(objet="Mon titre", champs_saisis=["objet"])
    for path in CHAIN[1:]:
        import_avis(path)
    lot.refresh_from_db()
    assert (lot.objet, lot.reservation, lot.montant) == ("Tonte et taille", "les_deux", Decimal("92500.50"))
    assert Marche.objects.get().objet == "Mon titre"


@pytest.mark.django_db
def test_an_import_is_taken_back():
    import_avis(CHAIN[0])
    expected = state()
    import_avis(CHAIN[2])
    assert state() != expected
    assert annuler_avis(Importation.objects.order_by("-pk").first()) == 1
    assert state() == expected
    assert annuler_avis(Importation.objects.order_by("pk").first()) == 1
    assert not Marche.objects.exists()
    assert not SourceAvis.objects.exists()


@pytest.mark.django_db
def test_taking_back_keeps_what_people_added():
    import_avis(CHAIN[0])
    lot = Lot.objects.get(numero="1")
    make.make_groupement(lot=lot)
    annuler_avis(Importation.objects.get())
    assert list(Lot.objects.all()) == [lot]


@pytest.mark.django_db
def test_a_contract_of_the_decp_is_not_made_twice():
    acheteur = make.make_acheteur(organisation=make.make_organisation(identifiant="13002526500013"))
    known = make.make_marche(acheteur=acheteur, reference="2026-ENT-014", groupe="g", cle="c")
    make.make_lot(marche=known, date_notification=date(2027, 1, 4))
    make.make_lot(marche=make.make_marche(acheteur=acheteur, objet="Autre achat", groupe="h", cle="d"))
    import_avis(CHAIN[0])
    known.refresh_from_db()
    assert Avis.objects.get().marche == known
    assert known.date_lancement == date(2026, 10, 1)
    assert known.reservation_mentionnee is True
    assert Marche.objects.count() == 2
    annuler_avis(Importation.objects.get())
    known.refresh_from_db()
    assert known.date_lancement is None


@pytest.mark.django_db
def test_two_possible_contracts_are_left_apart():
    acheteur = make.make_acheteur(organisation=make.make_organisation(identifiant="13002526500013"))
    for key in "cd":
        marche = make.make_marche(acheteur=acheteur, reference="2026-ENT-014", groupe="g", cle=key)
        make.make_lot(marche=marche, date_notification=date(2027, 1, 4))
    import_avis(CHAIN[0])
    assert Avis.objects.get().marche.cle.startswith("avis:")


@pytest.mark.django_db
def test_a_buyer_without_identifier_stays_a_text_until_somebody_answers():
    import_avis(TED[0])
    partie = PartieARapprocher.objects.get()
    assert (partie.role, partie.nom, partie.ville) == ("acheteur", "Commune de Bellerive", "Bellerive")
    avis = Avis.objects.get()
    assert avis.acheteur is None
    assert avis.marche.acheteur.organisation.siren == ""
    partie.organisation = make.make_organisation()
    partie.save()
    rafraichir([avis.pk])
    avis.refresh_from_db()
    assert avis.acheteur.organisation == partie.organisation
    assert avis.marche.acheteur == avis.acheteur
    import_avis(TED[2])  # the same name in the same town: remembered
    assert PartieARapprocher.objects.filter(organisation=partie.organisation).count() == 2


def test_one_identifier_of_procedure_shared_by_strangers_ties_nothing():
    lu = read(CHAIN[0])
    assert "procedure:5f0c2d9e-3a41-4b7a-9d57-0e6c1b8f2a10" in lu.jetons
    lu.procedure = "aff2863e-b4cc-4e91-baba-b3b85f709117"  # of the SDK's example, written by the official converter
    assert not any(jeton.startswith("procedure:") for jeton in lu.jetons)


def test_a_corrigendum_alone_makes_no_contract():
    assert fold_dossier([read(TED[1])]) is None


@pytest.mark.django_db
def test_command(capsys, tmp_path):
    bad = tmp_path / "mauvais.xml"
    bad.write_bytes(b"bonjour")
    with pytest.raises(CommandError, match="mauvais"):
        call_command("import_avis", str(CHAIN[0]), str(bad), rapport=str(tmp_path / "rapport.json"))
    report = json.loads((tmp_path / "rapport.json").read_text())
    assert (report["lus"], report["crees"], len(report["refuses"])) == (1, 1, 1)
    assert "1 créé" in capsys.readouterr().out


@pytest.mark.django_db
def test_contracts_of_the_decp_that_come_later_are_joined(capsys):
    import_avis(CHAIN[0])
    acheteur = Acheteur.objects.get()
    known = make.make_marche(acheteur=acheteur, reference="2026-ENT-014", groupe="g", cle="c")
    make.make_lot(marche=known, date_notification=date(2027, 1, 4))
    assert relier(["000000000"]) == 0
    call_command("import_avis", relier=True)
    assert "1 avis relié à un contrat" in capsys.readouterr().out
    assert Avis.objects.get().marche == known
    assert Marche.objects.get() == known
    assert relier() == 0
    with pytest.raises(CommandError, match="au moins un fichier"):
        call_command("import_avis")


@pytest.mark.django_db
def test_a_file_of_contracts_joins_the_notices_that_were_there_first(tmp_path):
    import_avis(CHAIN[0])
    waiting = Marche.objects.get()
    buyer = Acheteur.objects.get().organisation.identifiant
    award = record(id="2026-ENT-014", acheteur={"id": buyer}, objet=waiting.objet, dateNotification="2027-01-04",
                   datePublicationDonnees="2027-01-20")  # fmt: skip
    file = tmp_path / "decp.json"
    file.write_text(json.dumps({"marches": {"marche": [award]}}), encoding="utf-8")
    import_file(file)
    joined = Avis.objects.get().marche
    assert joined.cle.startswith("avis:") is False
    assert joined.lots.get().date_notification == date(2027, 1, 4)
    assert Marche.objects.get() == joined


def test_a_town_is_the_same_with_and_without_cedex():
    plain = PartieLue(nom="Métropole", ville="Nice")
    assert plain.cle == PartieLue(nom="METROPOLE", ville="Nice Cedex 4").cle
    assert plain.cle != PartieLue(nom="Métropole", ville="Lyon").cle
    assert PartieLue(identifiant="SIREN: 732 829 320").siren == "732829320"
    assert PartieLue(identifiant="123 456 789").siren == ""


@pytest.mark.django_db
def test_former_boamp():
    path = DATA / "boamp_attribution.xml"
    lu = read(path)
    assert (lu.nature, lu.suites) == (NatureAvis.ATTRIBUTION, ["avis:17-900001"])
    kept = json.dumps(as_dict(lu), ensure_ascii=False)
    assert not any(word in kept for word in ("Personne", "02 31", "example.org"))
    import_avis(path)
    first, second = Lot.objects.order_by("numero")
    assert (first.objet, first.montant, first.date_notification) == ("Tonte", Decimal(18000), date(2017, 2, 20))
    assert (second.objet, second.montant) == ("Élagage", None)
    assert set(PartieARapprocher.objects.values_list("role", "nom")) == {
        ("acheteur", "Commune de Bellerive"), ("titulaire", "Jardins d'ici"),
    }  # fmt: skip
    assert import_avis(path).inchanges == 1


def test_doubtful_awards_are_told():
    lu = read(CHAIN[2])
    assert lu.problemes == []
    lu.resultats[0].montant = Decimal(1)
    mentions.finish(lu)
    assert lu.problemes == [["montant attribué invraisemblable, gardé tel quel", "1\u00a0€, 1 fois"]]


@pytest.mark.django_db
def test_a_prior_information_notice_ties_no_two_procedures_together(tmp_path):
    """Two awards name it; whether it comes first or last, they stay two contracts."""
    award, call = TED[2].read_text(encoding="utf-8"), TED[0].read_text(encoding="utf-8")
    files = {
        "annonce": call.replace("F02", "F01"),
        "un": award,
        "deux": award.replace("250003-2019", "250004-2019").replace("Collecte des déchets", "Balayage"),
    }
    paths = []
    for name, content in files.items():
        (tmp_path / f"{name}.xml").write_text(content, encoding="utf-8")
        paths.append(tmp_path / f"{name}.xml")
    states = []
    for order in permutations(paths):
        Avis.objects.all().delete()
        Marche.objects.all().delete()
        for path in order:
            import_avis(path)
        assert Marche.objects.count() == 2, [path.name for path in order]
        assert Avis.objects.get(numero="101001-2019").marche is None
        states.append(state())
    assert all(found == states[0] for found in states)
    annuler_avis(Importation.objects.filter(fichier="annonce.xml").latest("pk"))
    assert Marche.objects.count() == 1  # nothing says any more that the notice they name is not their call


@pytest.mark.django_db
def test_a_notice_that_ties_two_contracts_makes_them_one(tmp_path):
    """The award names the corrigendum, which names the call: until the corrigendum comes, two contracts."""
    award = tmp_path / "attribution.xml"
    award.write_text(TED[2].read_text(encoding="utf-8").replace("2019/S 043-101001", "2019/S 053-120002"), "utf-8")
    paths, states = [TED[0], award, TED[1]], []
    for order in permutations(paths):
        Avis.objects.all().delete()
        Marche.objects.all().delete()
        for path in order:
            import_avis(path)
        assert (Marche.objects.count(), Lot.objects.count()) == (1, 1), [path.name for path in order]
        states.append(state())
    assert all(found == states[0] for found in states)
    annuler_avis(Importation.objects.filter(fichier="ted_f14.xml").latest("pk"))
    assert Marche.objects.count() == 2


@pytest.mark.django_db
def test_a_lot_that_a_person_placed_stays_where_it_is():
    import_avis(CHAIN[0])
    lot, elsewhere = Lot.objects.get(numero="1"), make.make_marche(objet="Ailleurs")
    lot.marche, lot.champs_saisis = elsewhere, ["marche"]
    lot.save()
    for path in (*CHAIN[1:], *CHAIN):
        import_avis(path)
    lot.refresh_from_db()
    assert (lot.marche, lot.montant) == (elsewhere, Decimal("92500.50"))
    assert Lot.objects.count() == 2

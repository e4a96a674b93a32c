"""Notices: read without trust, chained by procedure, folded into contracts; in any order, twice, the same register."""

import json
from datetime import date, datetime
from decimal import Decimal
from itertools import permutations

import pytest
from django.core.management import CommandError, call_command

from marches.enums import NatureAvis
from marches.importers.avis import import_avis
from marches.importers.contrats import import_file
from marches.models import Acheteur, Avis, Lot, Marche, PartieARapprocher, SourceAvis, Titulaire
from marches.rules import mentions
from marches.rules.avis import PartieLue, as_dict
from marches.rules.dossiers import fold_dossier
from marches.upsert.avis import annuler_avis, rafraichir, relier
from portal.models import Importation
from tests import factories as make
from tests.marches.avis import CHAIN, DATA, TED, read
from tests.marches.decp import record


def state():
    """Everything imports write, without row numbers."""
    lots = Lot.objects.order_by("cle").values_list(
        "cle", "numero", "objet", "cpv", "departement", "montant", "montant_estime", "date_notification", "duree_mois",
        "reconductions", "reservation", "clause_sociale", "critere_social", "marche__cle",
    )  # fmt: skip
    marches = Marche.objects.order_by("cle").values_list(
        "cle", "objet", "reference", "type", "nature", "procedure", "date_lancement", "date_limite", "montant_estime",
        "reservation_mentionnee", "acheteur__organisation__identifiant", "recence", "racines", "social",
    )  # fmt: skip
    avis = Avis.objects.order_by("cle").values_list(
        "cle", "dossier", "nature", "format", "date_limite", "fuseau", "marche__cle", "modifie__cle", "acheteur_nom"
    )
    parties = PartieARapprocher.objects.order_by("avis__cle", "role", "cle").values_list("avis__cle", "role", "cle")
    holders = Titulaire.objects.order_by("lot__cle", "rang").values_list("lot__cle", "organisation__identifiant")
    return [list(rows) for rows in (lots, marches, avis, parties, holders)]


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

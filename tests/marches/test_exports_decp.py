"""Essential data out: what came leaves as it came, what is typed makes a record, what is refused is told."""

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from marches.enums import FormeGroupement, NatureContrat, Reservation
from marches.exporters.decp_json import json_pieces
from marches.exporters.decp_xml import printed
from marches.exporters.essentielles import lignes, record
from marches.exporters.lecture import complete
from marches.importers.contrats import import_file
from marches.models import Lot
from marches.rules.conformite import mettre_en_forme
from structures.enums import TypeIdentifiant
from tests import factories as make
from tests.marches.cas_essentielles import (
    ACTES,
    CASES,
    CHANGES,
    MODIFICATIONS,
    REFUSED,
    TODAY,
    as_json,
    as_xml,
    everything,
    load,
    make_typed,
    published,
    records_of,
)  # fmt: skip

pytestmark = pytest.mark.django_db


def test_published_records_leave_as_they_came(tmp_path):
    load(tmp_path, *CASES)
    found = as_json()
    assert "ecartes" not in found
    assert sorted(records_of(found), key=lambda raw: raw["objet"]) == sorted(CASES, key=lambda raw: raw["objet"])


def test_export_then_import_changes_nothing(tmp_path):
    load(tmp_path, *CASES)
    out = tmp_path / "sortie.json"
    out.write_bytes(b"".join(json_pieces(everything(), TODAY)))
    report = import_file(out)
    assert (report.inchanges, report.mis_a_jour, report.crees, report.ecartes) == (len(CASES), 0, 0, [])


def test_several_records_of_a_lot_leave_as_one(tmp_path):
    first = published(id="S-1", actesSousTraitance=ACTES)
    second = published(id="S-1", sousTraitanceDeclaree=True, modifications=MODIFICATIONS, offresRecues=None)
    third = published(
        id="S-1", sousTraitanceDeclaree=True, modificationsActesSousTraitance=CHANGES,
        datePublicationDonnees="2024-04-02",
    )  # fmt: skip
    for rank, raw in enumerate((third, first, second)):
        load(tmp_path, raw, name=f"{rank}.json")
    (found,) = as_json()["marches"]["marche"]
    assert found == published(
        id="S-1", sousTraitanceDeclaree=True, actesSousTraitance=ACTES, modifications=MODIFICATIONS,
        modificationsActesSousTraitance=CHANGES,
        datePublicationDonnees=found["datePublicationDonnees"],
    )  # fmt: skip
    lot = Lot.objects.get()
    assert found["datePublicationDonnees"] == lot.date_publication.isoformat()
    before = list(Lot.objects.values("montant", "duree_mois", "date_publication", "offres_recues", "champs_saisis"))
    load(tmp_path, found, name="retour.json")
    assert (
        list(Lot.objects.values("montant", "duree_mois", "date_publication", "offres_recues", "champs_saisis"))
        == before
    )


@pytest.mark.parametrize(
    ("raw", "reason"),
    list(zip(REFUSED, ("«\u00a0titulaires\u00a0» manque", "«\u00a0montant\u00a0» est inférieur à 1",
                       "«\u00a0id\u00a0» qui est inférieur à 1", "«\u00a0id\u00a0» dépasse 16 caractères",
                       "«\u00a0offresRecues\u00a0» n'est pas un nombre"), strict=True)),
    ids=lambda value: value["id"][:4] if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_record_the_format_refuses_is_told_in_every_file(tmp_path, raw, reason):
    load(tmp_path, published(), raw)
    found = as_json()
    assert [kept["objet"] for kept in found["marches"]["marche"]] == ["Entretien des locaux"]
    (left_out,) = found["ecartes"]
    assert left_out["objet"] == raw["objet"]
    assert reason in " ".join(left_out["motifs"])
    root = as_xml()
    assert len(root.findall("marche")) == 1
    comments = [node.text for node in root.iterchildren(etree.Comment)]
    assert any(raw["objet"] in comment and reason in comment for comment in comments)


def test_unknown_fields_and_wrong_optional_ones_are_left_out_and_told(tmp_path):
    load(
        tmp_path,
        published(_type="Marché", idAccordCadre="un accord-cadre trop long", ccag="fournitures courantes et services"),
    )
    (row,) = lignes(Lot.objects.all(), TODAY)
    assert row.fiche.donnees == published()
    assert len(row.fiche.notes) == 3


def test_what_people_typed_over_a_published_lot_leaves_too(tmp_path):
    load(tmp_path, published())
    lot = Lot.objects.get()
    lot.montant, lot.reservation, lot.objet = Decimal("91000.00"), Reservation.INSERTION, "Entretien"
    lot.clause_sociale, lot.critere_social = False, True
    lot.champs_saisis = ["montant", "reservation", "clause_sociale", "critere_social", "objet"]
    lot.save()
    make.make_modification(
        lot=lot, numero="1", date_notification=date(2024, 9, 1), date_publication=date(2024, 9, 2),
        duree_mois=36, saisie=True,
    )  # fmt: skip
    (found,) = as_json()["marches"]["marche"]
    assert found == published(
        montant=91000,
        considerationsSociales={"considerationSociale": ["Critère social", "Marché réservé"]},
        modifications=[{"modification": {"id": 1, "dateNotificationModification": "2024-09-01",
                                         "datePublicationDonneesModification": "2024-09-02", "dureeMois": 36}}],
    )  # fmt: skip


def test_a_reservation_made_precise_by_hand_changes_nothing_of_the_record(tmp_path):
    load(tmp_path, published())
    Lot.objects.update(reservation=Reservation.HANDICAP, champs_saisis=["reservation"])
    assert as_json()["marches"]["marche"] == [published()]


def test_a_typed_lot_makes_a_conforming_record():
    lot = make_typed(reservation=Reservation.LES_DEUX, clause_sociale=True)
    group = make.make_groupement(lot=lot, forme=FormeGroupement.CONJOINT, retenu=True)
    second = make.make_membre_groupement(groupement=group, rang=1).organisation
    first = make.make_membre_groupement(groupement=group, mandataire=True).organisation
    (row,) = lignes(Lot.objects.all(), TODAY)
    assert row.fiche.refus == []
    found = row.fiche.donnees
    assert found["id"] == "2026-NET"
    assert found["objet"] == "Nettoyage des collèges : Lot 3 : Bayeux"
    assert found["dureeMois"] == 36  # renewals included
    assert found["typeGroupementOperateurs"] == "Conjoint"
    assert [item["titulaire"]["id"] for item in found["titulaires"]] == [first.identifiant, second.identifiant]
    assert found["considerationsSociales"] == {"considerationSociale": ["Clause sociale", "Marché réservé"]}
    assert found["lieuExecution"] == {"code": lot.departement_id, "typeCode": "Code département"}
    assert found["datePublicationDonnees"] == TODAY.isoformat()
    assert any("typesPrix" in note and "à vérifier" in note for note in row.fiche.notes)
    assert mettre_en_forme(found, concession=False).notes == []


def test_what_a_typed_lot_lacks_is_asked_for():
    make_typed(forme_prix="", offres_recues=None, cpv="", marche={"procedure": ""})
    (row,) = lignes(Lot.objects.all(), TODAY)
    missing = {
        "«\u00a0codeCPV\u00a0» manque",
        "«\u00a0offresRecues\u00a0» manque",
        "«\u00a0procedure\u00a0» manque",
        "«\u00a0formePrix\u00a0» manque",
    }
    assert missing <= set(row.fiche.refus)


@pytest.mark.parametrize(
    ("given", "months"),
    [
        ({"duree_mois": None, "reconductions": 0, "date_debut": date(2026, 1, 31), "date_fin": date(2026, 3, 1)}, 2),
        ({"duree_mois": None, "reconductions": 0, "date_debut": date(2026, 1, 15), "date_fin": date(2026, 3, 16)}, 3),
        ({"duree_mois": None, "reconductions": 0, "date_debut": date(2026, 1, 1), "date_fin": date(2026, 1, 1)}, 1),
        ({"duree_mois": 12, "reconductions": 3, "reconduction_mois": 6}, 30),
    ],
)
def test_a_duration_is_whole_months_rounded_up(given, months):
    lot = make_typed(**given)
    raw, _ = record(complete(Lot.objects.filter(pk=lot.pk)).get(), TODAY)
    assert raw["dureeMois"] == months


def test_an_identifier_too_long_gets_a_short_one_that_is_told():
    lot = make_typed(marche={"reference": "MARCHE-2026-NETTOYAGE-COLLEGES"})
    make.make_titulaire(lot=lot)
    (row,) = lignes(Lot.objects.all(), TODAY)
    assert row.fiche.donnees["id"] == f"L{lot.pk}"
    assert any(note.startswith("«\u00a0id\u00a0»") for note in row.fiche.notes)


def test_a_lot_of_an_older_format_is_never_completed_with_suppositions():
    lot = make_typed(marche={"techniques": "", "ccag": ""})
    make.make_titulaire(lot=lot)
    make.make_source_lot(lot=lot, format="decp-2019")
    make.make_titulaire(lot=make_typed(cle="avis:1"))  # made by a notice
    for row in lignes(Lot.objects.all(), TODAY):
        assert "«\u00a0typesPrix\u00a0» manque" in row.fiche.refus


def test_private_contracts_and_drafts_stay_out():
    make_typed(marche={"nature": NatureContrat.PRIVE})
    make_typed(marche={"publie": False})
    assert [row.fiche.refus[0].partition("\u00a0:")[0] for row in lignes(Lot.objects.all(), TODAY)] == [
        "contrat privé", "brouillon",
    ]  # fmt: skip


def test_a_holder_of_an_unknown_kind_is_refused_by_the_format():
    lot = make_typed()
    make.make_titulaire(
        lot=lot, organisation=make.make_organisation(type_identifiant=TypeIdentifiant.AUTRE, identifiant="X12")
    )
    (row,) = lignes(Lot.objects.all(), TODAY)
    assert "AUTRE" in " ".join(row.fiche.refus)


def test_xml_says_what_json_says(tmp_path):
    load(tmp_path, *CASES)
    root = as_xml()
    assert root.tag == "marches"
    by_id = {node.findtext("id"): node for node in root.iterchildren(tag=etree.Element)}
    assert set(by_id) == {raw["id"] for raw in CASES}
    group = by_id["G-1"]
    assert group.findtext("objet") == "Groupe conjoint & « Lot 2 » <peinture>"
    assert [node.findtext("typeIdentifiant") for node in group.iter("titulaire")] == ["SIRET", "HORS-UE", "RIDET"]
    subcontracted = by_id["S-1"]
    assert subcontracted.findtext("modificationsActesSousTraitance/modificationActesSousTraitance/montant") == "5000.25"
    assert subcontracted.findtext("modifications/modification/titulaires/titulaire/id") == "BE0123456789"
    assert subcontracted.findtext("sousTraitanceDeclaree") == "true"
    assert by_id["M-1"].findtext("montant") == "100000000000000000"
    assert by_id["DSP-1"].findtext("donneesExecution/donneesAnnuelles/tarifs/tarif/tarif") == "121.27"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e17, "100000000000000000"), (0.05, "0.05"), (True, "true"), ("a\x01\x0bb\ufffe", "ab"), (3, "3")],
)
def test_xml_values(value, text):
    assert printed(value) == text

"""Contracts as OCDS releases."""

from datetime import date
from decimal import Decimal

import pytest

from marches.enums import Reservation, TypeMarche
from tests import factories as make
from tests.marches.cas_essentielles import as_ocds

pytestmark = pytest.mark.django_db


def test_ocds_groups_the_lots_of_a_contract():
    marche = make.make_marche(
        reference="R-1", objet="Écoles", type=TypeMarche.SERVICES, procedure="Appel d'offres ouvert",
        date_lancement=date(2026, 1, 5), techniques="Accord-cadre",
    )  # fmt: skip
    un = make.make_lot(
        marche=marche, numero="1", cpv="90911200-8", reservation=Reservation.HANDICAP, clause_sociale=True,
        montant=Decimal("1000.5"), date_notification=date(2026, 3, 1), date_debut=date(2026, 4, 1), duree_mois=12,
        date_fin=date(2027, 4, 1), reconductions=2,
    )  # fmt: skip
    make.make_lot(marche=marche, numero="2", cpv="abc", reservation=Reservation.ESS)
    make.make_lot(marche=marche, numero="3", reservation=Reservation.NON_PRECISEE)
    holder = make.make_titulaire(lot=un).organisation
    make.make_modification(lot=un, numero="1", montant=Decimal(1200), date_notification=date(2026, 6, 1))
    package = as_ocds()
    (found,) = package["releases"]
    assert (found["ocid"], found["tag"]) == (f"ocds-000000-{marche.pk}", ["tender", "award", "contract"])
    tender = found["tender"]
    assert (tender["procurementMethod"], tender["mainProcurementCategory"]) == ("open", "services")
    first, second, third = tender["lots"]
    assert first["otherRequirements"] == {"reservedParticipation": ["shelteredWorkshop"]}
    assert first["contractTerms"]["reservedExecution"] is True
    assert [row["strategies"] for row in first["sustainability"]] == [
        ["reservedParticipation"], ["contractPerformanceConditions"],
    ]  # fmt: skip
    assert (first["hasRenewal"], first["renewal"]["maximumRenewals"]) == (True, 2)
    assert first["contractPeriod"]["maxExtentDate"].startswith("2029-04-01")
    assert second["otherRequirements"]["reservedParticipation"] == ["publicServiceMissionOrganization"]
    assert "otherRequirements" not in third
    assert third["hasSustainability"] is True
    assert [item.get("classification") for item in tender["items"]] == [{"scheme": "CPV", "id": "90911200"}, None, None]
    (award,) = found["awards"]
    assert award["suppliers"] == [{"id": f"FR-INSEE-{holder.identifiant}", "name": holder.nom}]
    (contract,) = found["contracts"]
    assert contract["awardID"] == award["id"]
    assert contract["amendments"][0]["description"] == "nouveau montant : 1200.00 € HT"
    assert {role for party in found["parties"] for role in party["roles"]} == {"buyer", "procuringEntity", "supplier"}


def test_ocds_identifies_a_release_by_what_it_says(settings):
    settings.OCDS_PREFIXE = "ocds-abc123"
    lot = make.make_lot()
    first = as_ocds()["releases"][0]
    assert first["ocid"].startswith("ocds-abc123-")
    assert as_ocds()["releases"][0]["id"] == first["id"]
    lot.objet = "Autre objet"
    lot.save()
    assert as_ocds()["releases"][0]["id"] != first["id"]

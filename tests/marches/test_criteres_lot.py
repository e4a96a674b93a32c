"""Criteria of a lot from end to end: read in notices, typed, shown, judged, kept in the history, exported."""

import csv
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.enums import CriteresAttribution
from marches.importers.avis import import_avis, read_notice
from marches.models import Lot
from marches.rules.ponderation import grille_of, lire_grille
from tests import factories as make
from tests.marches.avis import CHAIN, DATA
from tests.marches.cas_essentielles import as_ocds
from tests.marches.test_saisie import page_of, text

pytestmark = pytest.mark.django_db
DEUX = "Prix : 40 %\nInsertion professionnelle : 60 %"
CRITERION = """<cac:SubordinateAwardingCriterion><ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent>
<efext:EformsExtension xmlns:efext="http://data.europa.eu/p27/eforms-ubl-extensions/1"
 xmlns:efac="http://data.europa.eu/p27/eforms-ubl-extension-aggregate-components/1"
 xmlns:efbc="http://data.europa.eu/p27/eforms-ubl-extension-basic-components/1"><efac:AwardCriterionParameter>
<efbc:ParameterCode listName="number-threshold">min-score</efbc:ParameterCode>
<efbc:ParameterNumeric>5</efbc:ParameterNumeric>
</efac:AwardCriterionParameter><efac:AwardCriterionParameter>
<efbc:ParameterCode listName="number-weight">{unite}</efbc:ParameterCode>
<efbc:ParameterNumeric>{poids}</efbc:ParameterNumeric>
</efac:AwardCriterionParameter></efext:EformsExtension></ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>
<cbc:AwardingCriterionTypeCode listName="award-criterion-type">{genre}</cbc:AwardingCriterionTypeCode>{nom}
</cac:SubordinateAwardingCriterion>"""
TOLD = """<cac:SubordinateAwardingCriterion><cbc:Description languageID="FRA">Voir le règlement de la consultation
</cbc:Description></cac:SubordinateAwardingCriterion>"""


def notice(*criteria: str) -> bytes:
    """The sample notice, whose lots are all awarded on these criteria."""
    terms = f"<cac:AwardingTerms><cac:AwardingCriterion>{''.join(criteria)}</cac:AwardingCriterion></cac:AwardingTerms>"
    content = (DATA / "eforms_consultation.xml").read_text(encoding="utf-8")
    return content.replace("</cac:TenderingTerms>", f"{terms}</cac:TenderingTerms>").encode()


def criterion(nom, poids, unite="per-exa", genre="quality", tag="Name"):
    said = f'<cbc:{tag} languageID="FRA">{nom}</cbc:{tag}>' if nom else ""
    return CRITERION.format(nom=said, poids=poids, unite=unite, genre=genre)


@pytest.fixture
def mine(client_acheteur):
    marche = make.make_marche(
        acheteur=client_acheteur.acteur_organisation.acheteur, objet="Écoles", procedure="Appel d'offres ouvert",
        date_lancement=date(2026, 3, 2), prestations_distinctes=False,
    )  # fmt: skip
    return make.make_lot(marche=marche, objet="Nettoyage", numero="1")


def save(client, lot, **given):
    url, _, data = page_of(client, "lot_edit", lot)
    social = {"critere_social": "on"} if "Insertion" in given.get("criteres", "") else {}
    return client.post(url, data | social | given)


# Notices --------------------------------------------------------------------------------------------------------------
def test_a_notice_gives_the_weights_of_its_lots():
    lu = read_notice(notice(criterion("", 40, genre="price"), TOLD, criterion("Insertion", 60, tag="Description")))
    assert len(lu.lots) > 1
    for lot in lu.lots:
        assert grille_of(lot.grille).lignes == ["Prix\u00a0: 40\u00a0%", "Insertion\u00a0: 60\u00a0%"]
    assert "Voir le règlement" in lu.lots[0].criteres


def test_a_lot_shows_the_weights_of_its_notice_until_somebody_corrects_them(client, tmp_path, client_administration):
    path = tmp_path / "avis.xml"
    path.write_bytes(notice(criterion("", 60, genre="price"), criterion("Qualité", 60)))
    import_avis(path)
    lot = Lot.objects.order_by("pk").first()
    assert (lot.criteres["unite"], lot.grille_publiee) == ("pourcentage", True)
    page = text(client.get(lot.get_absolute_url()))
    assert "Total des poids : 120 %. D'après l'avis publié." in page
    assert "Les poids publiés font 120 %" in page
    save(client_administration, lot, criteres="Prix : 50 %\nQualité : 50 %")
    import_avis(path)
    import_avis(CHAIN[-1])
    lot.refresh_from_db()
    assert lot.grille.lignes == ["Prix\u00a0: 50\u00a0%", "Qualité\u00a0: 50\u00a0%"]
    assert (lot.champs_saisis, lot.grille_publiee) == (["criteres"], False)


def test_what_is_left_as_it_was_keeps_what_the_notice_said(client_administration, tmp_path):
    """A price that its name does not tell stays one; an untouched form types nothing."""
    path = tmp_path / "avis.xml"
    path.write_bytes(notice(criterion("Coefficient de facturation", 60, genre="price"), criterion("Délai", 40)))
    import_avis(path)
    lot = Lot.objects.order_by("pk").first()
    save(client_administration, lot)
    lot.refresh_from_db()
    assert lot.champs_saisis == []
    save(client_administration, lot, criteres="Coefficient de facturation : 70 %\nDélai : 30 %")
    lot.refresh_from_db()
    assert [critere.genre for critere in lot.grille.criteres] == ["prix", "qualite"]


# Typed ----------------------------------------------------------------------------------------------------------------
def test_a_buyer_types_criteria_that_everybody_reads(client, client_acheteur, mine):
    assert "Comment les offres sont choisies" not in text(client.get(mine.get_absolute_url()))
    response = save(client_acheteur, mine, criteres=DEUX)
    assert response.url == mine.get_absolute_url()
    page = text(client.get(mine.get_absolute_url()))
    assert "Comment les offres sont choisies" in page
    assert 'Insertion professionnelle <span class="tag tag-insertion">Critère social</span>' in page
    assert "Total des poids : 100 %." in page
    assert "avis publié" not in page
    story = text(client_acheteur.get(reverse("marches:lot_historique", args=[mine.pk])))
    assert "ritères d'attribution" in story
    assert "Prix : 40 %, Insertion professionnelle : 60 %" in story
    url, _, data = page_of(client_acheteur, "lot_edit", mine)
    assert data["criteres"].replace("\u00a0", " ") == DEUX
    client_acheteur.post(url, data | {"criteres": ""})
    mine.refresh_from_db()
    assert mine.criteres is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Prix : 40\nQualité : 60", "écrivez l'unité du poids"),
        ("Prix : 40 %\nQualité : 60 points", "choisissez l'un ou l'autre"),
        ("Prix : 400 %", "ne dépasse pas 100 %"),
        ("x" * 16_000, "15000"),
        ("Prix\x00 : 40 %", "caractère nul"),
    ],
)
def test_bad_criteria_are_answered_and_stay_typed(client_acheteur, mine, typed, said):
    response = save(client_acheteur, mine, criteres=typed)
    assert said in text(response)
    mine.refresh_from_db()
    assert mine.criteres is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Prix\nQualité", "classés sans être pondérés"),
        ("Prix : 40 %\nQualité : 55 %", "il manque 5 points pour faire 100 %"),
        ("Prix : 40 %\nQualité", "Un critère n'a pas de poids"),
        ("Prix : 100 %", "ce lot a un seul critère"),
    ],
)
def test_the_page_of_a_lot_judges_its_criteria(client_acheteur, mine, typed, said):
    mine.criteres = lire_grille(typed)[0].en_json
    mine.save()
    mine.marche.criteres = CriteresAttribution.PLUSIEURS
    mine.marche.save()
    assert said in text(client_acheteur.get(mine.get_absolute_url()))


def test_criteria_that_the_law_warns_of_are_answered_in_writing(client_acheteur, mine):
    """On a published lot a warning asks for a reason: the one that R. 2152-12 wants kept."""
    response = save(client_acheteur, mine, criteres="Prix\nQualité")
    assert "classés sans être pondérés" in text(response)
    mine.refresh_from_db()
    assert mine.criteres is None
    save(client_acheteur, mine, criteres="Prix\nQualité", justification="Concours d'idées : pondérer est impossible.")
    mine.refresh_from_db()
    assert mine.grille.unite == "ordre"


def test_a_social_criterion_makes_a_social_lot(client_acheteur, mine):
    url, _, data = page_of(client_acheteur, "lot_edit", mine)
    page = text(client_acheteur.post(url, data | {"criteres": DEUX}))
    assert "« Insertion professionnelle » est un critère social : cochez cette case" in page
    assert client_acheteur.post(url, data | {"criteres": "Prix : 40 %\nDélai : 60 %"}).status_code == 302
    save(client_acheteur, mine, criteres=DEUX)
    mine.refresh_from_db()
    assert (mine.critere_social, mine.grille.lignes[1]) == (True, "Insertion professionnelle\u00a0: 60\u00a0%")


def test_two_people_who_type_criteria_do_not_erase_each_other(client_acheteur, mine):
    url, _, data = page_of(client_acheteur, "lot_edit", mine)
    client_acheteur.post(url, data | {"criteres": DEUX, "critere_social": "on"})
    page = text(client_acheteur.post(url, data | {"criteres": "Prix : 30 %\nDélai : 70 %"}))
    assert "Prix : 40 %, Insertion professionnelle : 60 %" in page
    mine.refresh_from_db()
    assert mine.grille == lire_grille(DEUX)[0]


def test_criteria_cost_no_query(client, mine):
    def cost():
        with CaptureQueriesContext(connection) as seen:
            client.get(mine.get_absolute_url())
        return len(seen)

    cost()
    before = cost()
    mine.criteres = lire_grille("\n".join(f"Critère {rang} : {rang} points" for rang in range(1, 30)))[0].en_json
    mine.save()
    assert cost() == before


# Exported -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        (DEUX, [{"number": 40, "weight": "percentageExact"}, {"number": 60, "weight": "percentageExact"}]),
        ("Prix : 30 à 45 %", [{"number": 37.5, "weight": "percentageRangeMiddle"}]),
        ("Prix : 12,5 points", [{"number": 12.5, "weight": "pointsExact"}]),
        ("Prix\nDélai", [{"number": 1, "weight": "order"}, {"number": 2, "weight": "order"}]),
    ],
)
def test_ocds_carries_the_weights(mine, typed, numbers):
    mine.criteres = lire_grille(typed)[0].en_json
    mine.save()
    package = as_ocds()
    (lot,) = package["releases"][0]["tender"]["lots"]
    assert [number for row in lot["awardCriteria"]["criteria"] for number in row["numbers"]] == numbers
    assert lot["awardCriteria"]["criteria"][0]["type"] == "price"
    assert any("awardCriteria" in address for address in package["extensions"])


def test_tables_carry_the_weights(client, mine):
    mine.criteres = lire_grille(DEUX)[0].en_json
    mine.save()
    make.make_lot(marche=mine.marche, numero="2")
    response = client.get(reverse("marches:export"), {"format": "csv"})
    rows = list(csv.DictReader(b"".join(response).decode("utf-8-sig").splitlines(), delimiter=";"))
    told = {row["Lot"]: row["Critères d'attribution"] for row in rows}
    assert told == {"1": "Prix\u00a0: 40\u00a0% | Insertion professionnelle\u00a0: 60\u00a0%", "2": ""}
    assert all(None not in row and None not in row.values() for row in rows)  # as many cells as headers

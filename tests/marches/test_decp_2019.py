"""DECP in the format of 2019, with the dirt of its real files: kept, told, never corrected."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from marches.enums import NatureContrat, TypeMarche
from marches.importers.contrats import import_file
from marches.importers.formats import reconnaitre
from marches.models import Acheteur, Lot, Marche, SourceLot, Titulaire
from marches.rules import decp
from structures.models import Organisation
from tests import factories as make

OLD = Path(__file__).parent.parent / "data" / "decp_2019.json"
RAWS = json.loads(OLD.read_text(encoding="utf-8"))["marches"]
BUYER, FIRM, HOLDER = "80000001000010", "80000002800012", "80000003600015"


def test_the_format_is_known_by_its_content():
    assert reconnaitre(OLD).cle == "decp-2019"


def test_a_contract_reads_with_its_holders_names_and_modifications():
    lu = decp.read_record_2019(RAWS[0])
    assert lu.problemes == []
    assert (lu.acheteur, lu.identifiant, lu.nature) == (BUYER, "20190001", NatureContrat.MARCHE)
    assert (lu.date_notification, lu.date_publication) == (date(2019, 1, 15), date(2019, 2, 1))
    assert (lu.forme_prix, lu.duree_mois, lu.considerations) == ("Ferme et actualisable", 6, None)
    assert lu.titulaires == (("SIRET", FIRM), ("TVA", "BE0123456789"))
    assert lu.denominations == {
        ("SIRET", BUYER): "Ville de Brionne",
        ("SIRET", FIRM): "Bâtir SARL",
        ("TVA", "BE0123456789"): "Houtbouw",
        ("SIRET", HOLDER): "Chantier vert",
    }
    assert [(part.numero, part.objet, part.montant, part.duree_mois, part.titulaires) for part in lu.modifications] == [
        ("", "Poutre de rive", Decimal(52000), None, ()),
        ("2", "Délai", None, 8, ()),  # no number nor day: the rank tells two modifications apart
        ("3", "Cotraitant", None, None, (("SIRET", HOLDER),)),
    ]
    assert lu.publie_le == date(2019, 7, 20)


def test_dirt_is_told():
    lu = decp.read_record_2019(RAWS[1])
    assert set(lu.problemes) == {
        ("caractères perdus dans l'objet", RAWS[1]["objet"]),
        ("caractères mal codés dans l'objet", RAWS[1]["objet"]),
        ("caractères perdus dans un nom", "Jardins \ufffd l'anglaise"),
        ("code CPV invalide", "773"),
        ("date illisible ou impossible (dateNotification)", "0219-01-15"),
        ("durée invraisemblable (dureeMois)", "1.5"),
        ("montant invraisemblable (montant)", "0"),
        ("SIRET invalide (titulaire)", "80000002800013"),
    }
    assert lu.objet == RAWS[1]["objet"]  # what was lost is never guessed
    assert (lu.montant, lu.duree_mois, lu.date_notification, lu.cpv) == (0, 2, None, "773")
    assert lu.titulaires == (("HORS-UE", "CH-1"), ("FRWF", "587857001"), ("SIRET", "80000002800013"))
    assert (lu.lieu_code, lu.lieu_type) == ("INO", "Code commune")
    assert lu.techniques == "Accord-cadre"
    assert ("SIRET", BUYER) not in lu.denominations  # the title of a budget is no name


def test_without_objet_a_contract_is_known_by_its_number():
    lu = decp.read_record_2019(RAWS[2])
    assert (lu.refus, lu.objet, lu.identifiant) == ("", "", "20190003")
    assert ("objet absent", "") in lu.problemes
    assert decp.read_record_2019(RAWS[3]).refus.startswith("ni objet ni identifiant")
    assert decp.read_record_2019(RAWS[5]).refus == "acheteur sans identifiant"
    assert decp.read_record(RAWS[2]).refus == "objet absent"  # in 2022 the objet alone tells lots apart


def test_a_concession_reads_its_own_words():
    lu = decp.read_record_2019(RAWS[4])
    assert lu.problemes == []
    assert (lu.nature, lu.montant) == (NatureContrat.CONCESSION, Decimal(70000))
    assert (lu.date_notification, lu.date_debut) == (date(2019, 1, 9), date(2019, 2, 1))
    assert lu.titulaires == (("SIRET", FIRM),)
    (part,) = lu.modifications
    assert (part.date_notification, part.montant, part.duree_mois) == (date(2020, 1, 9), Decimal("80000.50"), 48)


@pytest.mark.parametrize(
    "name",
    ["BUDGET PRINCIPAL", "Budget principal", "2019-BUDGET PRINCIPAL", "EXERCICE BUDGETAIRE EAU", "NC", "test", " "],
)
def test_what_is_no_name_names_nobody(name):
    raw = RAWS[0] | {"acheteur": {"id": BUYER, "nom": name}, "titulaires": [], "modifications": []}
    assert decp.read_record_2019(raw).denominations == {}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("Société Générale", "Soci\ufffdt\ufffd G\ufffdn\ufffdrale et autres"),
        ("Ville de Dunkerque", "VILLE DE DUNKERQUE - PRINCIPAL"),
        ("GTOI", "GTOI MANDATAIRE DU GROUPEMENT GTOI/SBTPC"),
        ("SMACL Assurances", "SMACL"),
        ("COMMUNE DE SENS", ""),
    ],
)
def test_the_better_name_does_not_depend_on_the_order(better, worse):
    assert decp.nom_prefere(better, worse) == decp.nom_prefere(worse, better) == better


@pytest.mark.parametrize("value", [None, 3, "x", [], [1], {"id": "1"}, {"acheteur": [], "objet": {}}])
def test_nothing_breaks_the_reading(value):
    assert decp.read_record_2019(value).refus
    for key in RAWS[0]:
        decp.read_record_2019(RAWS[0] | {key: value})


@pytest.mark.django_db
def test_import_twice_changes_nothing_and_every_record_is_counted():
    report = import_file(OLD)
    assert (report.lus, report.crees, len(report.ecartes)) == (7, 5, 2)
    again = import_file(OLD)
    assert (again.lus, again.inchanges, len(again.ecartes)) == (7, 5, 2)
    assert Lot.objects.count() == 5

    halle = Marche.objects.get(objet="Réfection de la halle")
    assert halle.type == TypeMarche.TRAVAUX
    charpente = halle.lots.get(numero="2")
    assert (charpente.objet, charpente.montant, charpente.montant_initial) == ("Charpente", 52000, 50000)
    assert charpente.modifications.count() == 3
    assert [holder.organisation.identifiant for holder in charpente.titulaires.all()] == [HOLDER]
    assert halle.lots.count() == 2

    unnamed = Lot.objects.get(identifiant="20190003")
    assert (unnamed.objet, unnamed.objet_publie, unnamed.marche.objet) == ("Objet non publié", "", "Objet non publié")
    assert Marche.objects.get(reference="20190002").techniques == "Accord-cadre"
    assert Marche.objects.get(reference="2019DSP").nature == NatureContrat.CONCESSION
    wrong = Organisation.objects.get(identifiant="80000002800013")
    assert not wrong.identifiant_valide
    assert Titulaire.objects.filter(lot__identifiant="20190002").count() == 3
    assert charpente.modifications.get(numero="").objet == "Poutre de rive"


def names() -> dict[str, str]:
    return dict(Organisation.objects.exclude(denomination="").values_list("identifiant", "denomination"))


@pytest.mark.django_db
def test_names_of_files_fill_the_empty_ones_and_give_way_to_better_ones_in_any_order(tmp_path):
    typed = make.make_organisation(identifiant=HOLDER, denomination="Nom saisi")
    other = tmp_path / "autre.json"
    content = [RAWS[0] | {"id": "2019B", "acheteur": {"id": BUYER, "nom": "VILLE DE BRIONNE - BUDGET PRINCIPAL"},
                          "titulaires": [{"id": FIRM, "denominationSociale": "B\ufffdtir SARL et fils"}],
                          "modifications": []}]  # fmt: skip
    other.write_text(json.dumps({"marches": content}))
    for files in ((OLD, other), (other, OLD)):
        for path in files:
            import_file(path)
        assert names() == {
            BUYER: "Ville de Brionne", FIRM: "Bâtir SARL", HOLDER: "Nom saisi", "BE0123456789": "Houtbouw",
            "CH-1": "Jardins \ufffd l'anglaise",
        }  # fmt: skip
        marche = Marche.objects.get(lots__identifiant="2019B")
        assert " brion " in marche.racines
        for model in (SourceLot, Lot, Marche, Acheteur):
            model.objects.all().delete()
        Organisation.objects.exclude(pk=typed.pk).delete()


@pytest.mark.django_db
def test_a_contract_published_again_in_2022_is_the_same_lot(tmp_path):
    import_file(OLD)
    later = tmp_path / "2022.json"
    later.write_text(
        json.dumps(
            {"marches": {"marche": [
                {"id": "20190001", "acheteur": {"id": BUYER}, "nature": "Marché", "ccag": "Travaux", "montant": 50000,
                 "objet": "REFECTION DE LA HALLE - LOT N°2 : CHARPENTE", "datePublicationDonnees": "2019-02-01",
                 "modifications": [{"modification": {"id": 1, "dateNotificationModification": "2024-02-01",
                                                     "montant": 60000}}]}]}}
        )
    )  # fmt: skip
    assert import_file(later).mis_a_jour == 1
    lot = Lot.objects.get(numero="2", identifiant="20190001")
    assert (lot.montant, lot.modifications.count(), lot.sources.count()) == (60000, 4, 2)

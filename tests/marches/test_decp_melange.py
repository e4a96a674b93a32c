"""Files of several formats about the same contracts: any order of files gives the same register."""

import json
from itertools import permutations
from pathlib import Path

import pytest

from marches.importers.contrats import import_file
from tests.marches.decp import BUYER, FIRM, HOLDER, empty_register, state

DATA = Path(__file__).parent.parent / "data"
OBJET = "Réfection de la halle - Lot n°2 : Charpente"


@pytest.mark.django_db
def test_any_order_of_formats_gives_the_same_register(tmp_path):
    """The contract 20190001 of the file of 2019, once more in a flat table and in XML."""
    table = tmp_path / "table.csv"
    table.write_text(
        "id;acheteur_id;acheteur_nom;objet;montant;dateNotification;titulaire_id;titulaire_nom;codeCPV\n"
        f"20190001;{BUYER};VILLE DE BRIONNE;{OBJET};50000;2019-01-15;{FIRM};BATIR SARL;45261100\n"
        f"20190001;{BUYER};VILLE DE BRIONNE;{OBJET};53000;2019-09-01;{HOLDER};CHANTIER VERT;45261100\n"
    )
    xml = tmp_path / "decp.xml"
    xml.write_text(
        f"<marches><marche><id>20190001</id><acheteur><id>{BUYER}</id></acheteur><nature>Marché</nature>"
        f"<objet>{OBJET.upper()}</objet><montant>50000</montant><ccag>Travaux</ccag>"
        "<datePublicationDonnees>2019-02-02</datePublicationDonnees></marche></marches>"
    )
    files = (DATA / "decp_2019.json", table, xml, DATA / "decp_tableau.csv")
    states = []
    for order in permutations(files):
        for path in order:
            import_file(path)
        states.append(state())
        empty_register()
    assert all(found == states[0] for found in states)
    (lot,) = [lot for lot in states[0][0].values() if lot["identifiant"] == "20190001" and lot["numero"] == "2"]
    assert len(lot["sources"]) == 4
    assert (lot["montant"], lot["titulaires"], len(lot["modifications"])) == (52000, [(HOLDER, 0)], 3)
    assert json.dumps(sorted(states[0][1]), ensure_ascii=False).count("Ville de Brionne") == 1

"""Records of DECP kept and read again, and the command that imports them."""

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from marches.importers.contrats import import_file
from marches.models import Lot, SourceLot
from structures.models import Commune, Departement, Organisation, Secteur, Structure
from tests import factories as make
from tests.marches.decp import BUYER, FIRST, HOLDER, NEXT, empty_register, state

pytestmark = pytest.mark.django_db


def reference_tables():
    eure = make.make_departement(code="27", nom="Eure")
    make.make_commune(code="27229", nom="Évreux", departement=eure, siren=BUYER[:9])
    make.make_secteur(code="nettoyage", nom="Nettoyage", cpv="909 90911", synonymes="ménage")


def known_structure():
    organisation = Organisation.objects.filter(identifiant=HOLDER).first()
    organisation = organisation or make.make_organisation(identifiant=HOLDER, denomination="")
    return make.make_structure(nom="Chantier vert", organisation=organisation)


def test_refolding_gives_what_the_other_order_of_commands_gives(capsys):
    reference_tables()
    first = known_structure()
    import_file(FIRST)
    import_file(NEXT)
    expected = state()
    first.delete()
    empty_register()
    for model in (Secteur, Commune, Departement):
        model.objects.all().delete()

    import_file(FIRST)
    import_file(NEXT)
    assert Lot.objects.get(identifiant="2026-001-01").departement is None
    reference_tables()
    structure = known_structure()
    call_command("recalculer_marches")
    assert "4 lots relus" in capsys.readouterr().out
    found = state()
    for lots in (found[0], expected[0]):
        for lot in lots.values():
            lot.pop("secteur")  # another row, for the same code
    assert found == expected
    assert Lot.objects.get(identifiant="2026-001-02").secteur.code == "nettoyage"
    structure.refresh_from_db()
    assert structure.titulaire_depuis == date(2026, 1, 31)

    written = list(Lot.objects.order_by("pk").values_list("modifie_le", "marche__modifie_le"))
    call_command("recalculer_marches")
    assert list(Lot.objects.order_by("pk").values_list("modifie_le", "marche__modifie_le")) == written
    assert SourceLot.objects.count() == 6


def test_refolding_keeps_what_people_typed():
    import_file(FIRST)
    lot = Lot.objects.get(identifiant="2026-001-01")
    alone = make.make_marche(acheteur=lot.marche.acheteur)
    champs = ["marche", "montant"]
    Lot.objects.filter(pk=lot.pk).update(marche=alone, montant=12, cpv="", champs_saisis=champs)
    call_command("recalculer_marches")
    lot.refresh_from_db()
    assert (lot.marche, lot.montant, lot.cpv) == (alone, 12, "45223220-4")


def test_refolding_an_empty_register(capsys):
    call_command("recalculer_marches")
    assert "0 lot relu" in capsys.readouterr().out


# Command ------------------------------------------------------------------------------------------------------------
def test_command_reports_every_file(tmp_path, capsys):
    rapport = tmp_path / "sortie" / "rapport.json"
    call_command("import_marches", str(FIRST), str(NEXT), rapport=str(rapport))
    saved = json.loads(rapport.read_text(encoding="utf-8"))
    assert (saved["lus"], saved["crees"], saved["mis_a_jour"], saved["inchanges"], saved["ecartes"]) == (6, 4, 2, 0, [])
    assert len(saved["fichiers"]) == 2
    assert "4 créés" in capsys.readouterr().out


def test_command_goes_on_after_a_refused_file(tmp_path, capsys):
    bad = tmp_path / "mauvais.json"
    bad.write_text("nom;valeur")
    with pytest.raises(CommandError, match="Rien n'a été écrit pour\u00a0: .*mauvais.json"):
        call_command("import_marches", str(bad), str(FIRST))
    assert Lot.objects.count() == 4
    assert "mauvais.json" in capsys.readouterr().err


def test_command_refuses_an_unreadable_table_of_names(tmp_path):
    with pytest.raises(CommandError, match="noms.csv"):
        call_command("import_marches", str(FIRST), noms=str(tmp_path / "noms.csv"))
    assert not Structure.objects.exists()
    assert not Lot.objects.exists()

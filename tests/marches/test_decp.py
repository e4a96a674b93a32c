"""The DECP importer: what it refuses, sets aside, flags, folds; the same state for any order of files."""

import gzip
import json
from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest

from marches.enums import NatureContrat, Reservation, TypeMarche
from marches.importers.contrats import import_file
from marches.models import Acheteur, ActeSousTraitance, Lot, Marche, Modification, SourceLot, Titulaire
from marches.models.lots import SOCIAL
from marches.upsert import read_noms
from portal.imports import FichierRefuse
from portal.models import Importation
from structures.models import Organisation
from tests import factories as make
from tests.marches.decp import BUYER, DIRTY, FIRM, FIRST, HOLDER, NEXT, empty_register, notified, record, state

pytestmark = pytest.mark.django_db


def test_import_reads_lots_contracts_and_bodies():
    eure = make.make_departement(code="27", nom="Eure")
    make.make_commune(code="27229", nom="Évreux", departement=eure)
    secteur = make.make_secteur(code="nettoyage", nom="Nettoyage", cpv="909 90911", synonymes="ménage")
    make.make_secteur(code="proprete", nom="Propreté", cpv="90")
    report = import_file(FIRST)
    assert (report.lus, report.crees, report.mis_a_jour, report.inchanges, report.ecartes) == (4, 4, 0, 0, [])

    school = Marche.objects.get(objet="Construction du groupe scolaire Jean-Macé")
    assert school.lots.count() == 2
    assert Marche.objects.count() == 3
    gros_oeuvre = school.lots.get(numero="1")
    assert gros_oeuvre.objet == "Gros œuvre"
    assert gros_oeuvre.objet_publie.startswith("Construction du groupe")
    assert gros_oeuvre.montant == Decimal("250000.50")
    assert (gros_oeuvre.commune_id, gros_oeuvre.departement_id) == ("27229", "27")
    assert (gros_oeuvre.date_notification, gros_oeuvre.date_fin) == (date(2026, 1, 31), date(2027, 1, 30))
    assert (gros_oeuvre.clause_sociale, gros_oeuvre.critere_social) == (True, True)
    assert gros_oeuvre.reservation == Reservation.AUCUNE
    holders = gros_oeuvre.titulaires.values_list("organisation__type_identifiant", "organisation__identifiant")
    assert list(holders) == [("SIRET", FIRM), ("TVA", "BE0123456789")]

    nettoyage = school.lots.get(numero="2")
    assert nettoyage.reservation == Reservation.NON_PRECISEE
    assert nettoyage.secteur == secteur
    assert nettoyage.departement_id == "27"
    assert nettoyage.actes_sous_traitance.get().sous_traitant.identifiant == FIRM

    concession = Lot.objects.get(identifiant="DSP-1")
    assert concession.marche.nature == NatureContrat.CONCESSION
    assert concession.reservation == Reservation.NON_PRECISEE
    assert (concession.date_debut, concession.date_fin) == (date(2026, 7, 1), date(2029, 6, 30))
    assert Marche.objects.get(objet="Entretien des espaces verts").type == TypeMarche.SERVICES
    assert school.recence == 20260201
    social = Marche.objects.filter(pk__in=Lot.objects.filter(SOCIAL).values("marche"))
    assert 0 < social.count() < 3
    assert set(Marche.objects.filter(social=True)) == set(social)
    assert " menag " in school.racines
    assert Acheteur.objects.get().organisation.identifiant == BUYER


def test_second_import_changes_nothing():
    import_file(FIRST)
    before = state()
    report = import_file(FIRST)
    assert (report.lus, report.inchanges, report.crees, report.mis_a_jour) == (4, 4, 0, 0)
    assert state() == before
    assert Importation.objects.count() == 2
    assert Importation.objects.first().rapport["inchanges"] == 4


def test_later_file_adds_its_modifications_once_and_keeps_the_lot():
    import_file(FIRST)
    report = import_file(NEXT)
    assert (report.crees, report.mis_a_jour) == (0, 2)
    import_file(NEXT)
    assert Lot.objects.count() == 4
    assert Modification.objects.count() == 2
    lot = Lot.objects.get(identifiant="2026-001-01")
    assert (lot.montant, lot.montant_initial) == (Decimal("260000.00"), Decimal("250000.50"))
    assert (lot.duree_mois, lot.duree_mois_initiale, lot.date_fin) == (13, 12, date(2027, 2, 27))
    assert list(lot.titulaires.values_list("organisation__identifiant", flat=True)) == [HOLDER]
    assert ActeSousTraitance.objects.get().montant == Decimal(4500)
    assert SourceLot.objects.count() == 6


def test_any_order_of_files_gives_the_same_state(write):
    again = write(record(objet="Groupe scolaire Jean-Macé : Lot 3 : Peinture"), record(id="X-2"))
    other = write(
        record(objet="Groupe scolaire Jean-Macé - LOT 4 - Sols", datePublicationDonnees="2026-01-20", montant=1)
    )
    correction = write(record(id="X-2", montant=60000, datePublicationDonnees="2026-03-01"))
    states = []
    for order in permutations((FIRST, NEXT, again, other, correction), 5):
        if order[0] not in (FIRST, correction) and order[-1] not in (FIRST, correction):
            continue  # a third of the 120 orders is enough
        for path in order:
            import_file(path)
        states.append(state())
        empty_register()
        if len(states) >= 24:
            break
    assert all(found == states[0] for found in states)
    assert next(lot for lot in states[0][0].values() if lot["identifiant"] == "X-2")["montant"] == 60000


def test_lots_that_share_buyer_and_id_stay_apart(write):
    lots = [record(id="2024-OCC010", objet=f"Formations en Occitanie: Lot {n}: module {n}") for n in range(1, 48)]
    import_file(write(*lots))
    assert Lot.objects.count() == 47
    assert Marche.objects.get().lots.count() == 47


def test_same_title_of_another_buyer_is_another_contract(write):
    text = "Entretien des bâtiments communaux : Lot {} : Vitrerie"
    other = make.make_siret()
    import_file(write(record(objet=text.format(1)), record(objet=text.format(2), acheteur={"id": other})))
    assert Marche.objects.count() == 2


def test_establishments_of_one_buyer_share_a_contract(write):
    text = "Entretien des bâtiments communaux : Lot {} : Vitrerie"
    other = make.make_siret(BUYER[:9], nic=2)
    import_file(write(record(objet=text.format(1)), record(objet=text.format(2), acheteur={"id": other})))
    assert Marche.objects.count() == 1
    assert Acheteur.objects.count() == 2


def test_typed_fields_win():
    import_file(FIRST)
    lot = Lot.objects.get(identifiant="2026-001-01")
    lot.reservation, lot.montant, lot.champs_saisis = Reservation.INSERTION, Decimal(1000), ["reservation", "montant"]
    lot.save()
    import_file(NEXT)
    lot.refresh_from_db()
    assert (lot.reservation, lot.montant, lot.duree_mois) == (Reservation.INSERTION, Decimal(1000), 13)


def test_typed_contract_fields_win(write):
    import_file(FIRST)
    Marche.objects.filter(reference="2026-007").update(objet="Parcs et jardins", champs_saisis=["objet"])
    later = {"procedure": "Procédure adaptée", "datePublicationDonnees": "2026-04-01"}
    import_file(write(record(id="2026-007", objet="Entretien des espaces verts", **later)))
    marche = Marche.objects.get(reference="2026-007")
    assert (marche.objet, marche.procedure) == ("Parcs et jardins", "Procédure adaptée")


def test_dirt_is_set_aside_or_flagged_never_corrected():
    make.make_departement(code="27")
    report = import_file(DIRTY)
    assert report.lus == 7
    assert [(ecart.ligne, ecart.raison) for ecart in report.ecartes] == [
        (1, "acheteur sans identifiant"),
        (2, "objet absent"),
        (3, "l'enregistrement n'est pas un objet JSON"),
    ]
    assert report.crees == 4
    flagged = {(ecart.ligne, ecart.raison) for ecart in report.signalements}
    assert {
        (4, "SIRET de l'acheteur invalide"),
        (4, "code CPV invalide"),
        (4, "code de commune inconnu"),
        (4, "durée illisible (dureeMois)"),
        (4, "date illisible ou impossible (datePublicationDonnees)"),
        (4, "montant invraisemblable (montant)"),
        (4, "type d'identifiant hors liste"),
        (4, "SIRET invalide (titulaire)"),
        (4, "titulaire sans identifiant"),
        (5, "montant invraisemblable (montant)"),
        (5, "date illisible ou impossible (dateNotification)"),
        (5, "durée invraisemblable (dureeMois)"),
        (5, "nombre d'offres illisible (offresRecues)"),
        (5, "aucun titulaire"),
        (6, "montant invraisemblable (montant)"),
        (6, "caractères de contrôle retirés du texte"),
        (7, "montant illisible (montant)"),
    } <= flagged
    lot = Lot.objects.get(identifiant="S3")
    assert lot.montant == Decimal(10) ** 17
    assert lot.date_notification == date(2018, 12, 17)
    assert (lot.date_publication, lot.duree_mois, lot.date_fin) == (None, None, None)
    assert (lot.cpv, lot.lieu_code, lot.commune) == ("9091", "INO", None)
    holders = Titulaire.objects.filter(lot=lot).values_list(
        "organisation__type_identifiant", "organisation__identifiant"
    )
    assert list(holders) == [("HORS-UE", "X1"), ("AUTRE", "Y"), ("SIRET", "OTIS")]
    assert not Organisation.objects.get(identifiant="OTIS").identifiant_valide
    assert Lot.objects.get(identifiant="S4").clause_sociale
    assert Lot.objects.get(identifiant="S5").objet == "Nul dans le texte"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"\xef\xbb\xbf  \n", "vide"),
        (FIRST.read_bytes()[:900], "incomplet"),
        (FIRST.read_bytes()[:-4], "incomplet"),
        (FIRST.read_bytes().replace(b"Travaux", b"Tra\0aux"), "NUL"),
        (b'{"marches": {"marche": [{"id": "1"}, }]}}', "JSON valide"),
        (b"id;acheteur;objet\n1;2;3\n", "CSV"),
        ("id;acheteur;dénomination\n1;2;é\n".encode("latin-1"), "CSV"),
        (b"<?xml version='1.0'?><page/>", "XML"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04rest", "ZIP"),
        (b'{"autre": 1}', "marches"),
        (b'[{"id": 1}]', "marches"),
        (b'{"marches": 3}', "marches"),
        (b'{"marches": null}', "marches"),
        (b'{"marches": {"marche": [' + b"[" * 200 + b"]" * 200 + b"]}}", "imbrique plus de 100 niveaux"),
        (b'{"x": ' + b'{"a":' * 20_000, "imbrique plus de 100 niveaux"),
        (b'{"marches": {"marche": [{"id": ' + b"9" * 5_000 + b"}]}}", "plus de 1\u00a0000 chiffres"),
        (b'{"marches": {"marche": [{"id": "' + b"a" * 3_000_000 + b'"}]}}', "million de caractères"),
        (b'{"marches": {"marche": []}} suite', "JSON valide"),
        ('{"marches": {"marche": []}}'.encode("utf-16"), "UTF-16"),
        (json.dumps({"marches": {"marche": [record(objet="Été")]}}, ensure_ascii=False).encode("latin-1"), "UTF-8"),
        (gzip.compress(FIRST.read_bytes())[:-200], "incomplet"),
        (gzip.compress(FIRST.read_bytes())[:60] + b"x" * 300, "abîmée"),
    ],
)  # fmt: skip
def test_unfit_files_are_refused_whole(tmp_path, content, words):
    path = tmp_path / "fichier.json"
    path.write_bytes(content)
    with pytest.raises(FichierRefuse, match=words):
        import_file(path)
    assert not Importation.objects.exists()
    assert not Organisation.objects.exists()
    assert not Lot.objects.exists()


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(FichierRefuse, match="ne peut pas être lu"):
        import_file(tmp_path / "rien.json")


def test_gzip_and_byte_order_mark_are_read(tmp_path):
    path = tmp_path / "decp.json.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + FIRST.read_bytes()))
    assert import_file(path).crees == 4


def test_values_of_the_wrong_kind_are_set_aside_or_flagged(write):
    report = import_file(write(
        1, None, "a", [], {},
        record(id={"a": 1}, titulaires={"titulaire": 5}, modifications="x", considerationsSociales=3),
        record(id=5, objet=12, lieuExecution=[1], codeCPV={"a": 2}, dateNotification=20240101, dureeMois=[1]),
        record(id="Z", acheteur=[BUYER]), record(id="T", objet={"a": 1}), record(id="D", montant=10**40),
    ))  # fmt: skip
    assert (report.lus, report.crees, len(report.ecartes)) == (10, 3, 7)
    assert Lot.objects.get(identifiant="D").montant is None


def test_a_key_given_twice_counts_once(tmp_path):
    path = tmp_path / "decp.json"
    text = json.dumps(record(objet="Premier"))[:-1]
    path.write_text('{"marches": {"marche": [' + text + ', "objet": "Second"}]}}')
    assert import_file(path).crees == 1
    assert Lot.objects.get().objet == "Second"


def test_empty_list_is_an_import_of_nothing(write):
    assert import_file(write()).lus == 0


def test_failure_in_a_batch_writes_nothing_of_it(monkeypatch):
    from marches.upsert import lots

    def fail(*args):
        raise RuntimeError

    monkeypatch.setattr(lots, "refresh_holders", fail)
    with pytest.raises(RuntimeError):
        import_file(FIRST)
    assert not Lot.objects.exists()
    assert not Organisation.objects.exists()
    assert Importation.objects.get().position == 0


# Names --------------------------------------------------------------------------------------------------------------
def test_names_come_from_the_directory_then_territories_then_the_table(tmp_path):
    make.make_commune(nom="Les Andelys", siren=BUYER[:9])
    structure = make.make_structure(
        nom="Chantier vert", organisation=make.make_organisation(identifiant=HOLDER, denomination="")
    )
    table = tmp_path / "noms.csv"
    table.write_text(f"siret,denomination,source\n{FIRM},Bâtir SARL,liste\n{BUYER},Autre nom,liste\n", encoding="utf-8")
    import_file(FIRST, noms=read_noms(table))
    names = dict(Organisation.objects.values_list("identifiant", "denomination"))
    assert names[BUYER] == "Commune des Andelys"
    assert names[HOLDER] == structure.nom
    assert names[FIRM] == "Bâtir SARL"
    assert names["BE0123456789"] == ""


def test_later_names_fill_the_empty_ones_only(tmp_path):
    make.make_organisation(identifiant=FIRM, denomination="Nom saisi")
    import_file(FIRST)
    assert Organisation.objects.get(identifiant=BUYER).denomination == ""
    table = tmp_path / "noms.csv"
    table.write_text(f"siret;denomination\n{FIRM};Bâtir SARL\n{BUYER};Ville de Brionne\n", encoding="utf-8")
    import_file(FIRST, noms=read_noms(table))
    assert Organisation.objects.get(identifiant=FIRM).denomination == "Nom saisi"
    assert Organisation.objects.get(identifiant=BUYER).denomination == "Ville de Brionne"
    assert " brion " in Marche.objects.first().racines


def test_holder_known_in_the_directory_is_marked():
    structure = make.make_structure(organisation=make.make_organisation(identifiant=HOLDER))
    import_file(FIRST)
    structure.refresh_from_db()
    assert structure.titulaire_depuis == date(2026, 2, 1)


# Contracts years apart ----------------------------------------------------------------------------------------------
def contracts():
    """Lots of each contract, by the year in their identifier."""
    rows = Lot.objects.order_by("identifiant").values_list("marche", "identifiant")
    groups = {}
    for marche, identifiant in rows:
        groups.setdefault(marche, []).append(identifiant)
    return sorted(groups.values())


def test_a_renewal_years_later_is_another_contract_for_any_order_of_files(write):
    files = [
        write(notified("2016-03-01", 1)),
        write(notified("2016-05-01", 2, procedure="Procédure adaptée")),
        write(notified("2020-03-01", 1), notified("2020-04-01", 2)),
        write(notified("2024-03-01", 1, montant=7), notified("2024-03-01", 3, dateNotification=None)),
    ]
    states = []
    for order in permutations(files):
        for path in order:
            import_file(path)
        assert contracts() == [["2016-1", "2016-2"], ["2020-1", "2020-2"], ["2024-1", "2024-3"]]
        states.append(state())
        empty_register()
    assert all(found == states[0] for found in states)


def test_lots_between_two_contracts_join_them_and_the_address_stays(write):
    import_file(write(notified("2018-01-01", 1), notified("2018-02-01", 2)))
    kept = Marche.objects.get().pk
    import_file(write(notified("2020-06-01", 3)))
    assert contracts() == [["2018-1", "2018-2"], ["2020-3"]]
    import_file(write(notified("2019-06-01", 4)))
    assert contracts() == [["2018-1", "2018-2", "2019-4", "2020-3"]]
    assert Marche.objects.get().pk == kept


def test_a_lot_placed_by_hand_does_not_join_contracts_years_apart(write):
    import_file(write(notified("2018-01-01", 1), notified("2020-06-01", 3)))
    alone = make.make_marche()
    Lot.objects.filter(identifiant="2018-1").update(marche=alone, champs_saisis=["marche"])
    import_file(write(notified("2019-06-01", 4), notified("2018-01-01", 1, montant=3, procedure="x")))
    assert contracts() == [["2018-1"], ["2019-4", "2020-3"]]
    assert Lot.objects.get(identifiant="2018-1").marche == alone

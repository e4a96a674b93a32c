"""Cross-checks: each tells the lots it is about and no other; exemptions: each buyer reads its own."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.croisements import CROISEMENTS, PAR_CLE
from marches.enums import FormeGroupement, MotifDispense, NatureContrat, Reservation
from marches.models import Lot
from marches.rules import add_months, publication_des_donnees
from portal.tables import read_table
from structures.enums import Kind
from tests import factories as make

pytestmark = pytest.mark.django_db
PAGE, DISPENSES = reverse("marches:croisements"), reverse("marches:dispenses")
HANDICAP, INSERTION, AUCUNE = Reservation.HANDICAP, Reservation.INSERTION, Reservation.AUCUNE


@pytest.fixture(autouse=True)
def forget():
    cache.clear()


def found(cle: str) -> set[str]:
    return set(Lot.objects.filter(PAR_CLE[cle].condition()).values_list("objet", flat=True))


def held(objet, *organisations, **given) -> Lot:
    lot = make.make_lot(objet=objet, **given)
    for rank, organisation in enumerate(organisations):
        make.make_titulaire(lot=lot, organisation=organisation, rang=rank)
    return lot


def known(**given):
    """An organisation of the directory."""
    return make.make_structure(**given).organisation


# Each check ---------------------------------------------------------------------------------------------------------
def test_holders_of_reserved_lots():
    structure, firm = known(), make.make_organisation()
    seat = make.make_organisation(identifiant=make.make_siret(structure.siren, nic=2))
    hidden = known(publiee=False)
    held("réservé, connue", structure, reservation=INSERTION)
    held("réservé, autre établissement", seat, reservation=HANDICAP)
    held("réservé, inconnue", firm, reservation=Reservation.NON_PRECISEE)
    held("réservé, fiche cachée", hidden, reservation=INSERTION)
    held("réservé, sans titulaire", reservation=INSERTION)
    held("réservé, mêlés", structure, firm, reservation=Reservation.LES_DEUX)
    held("ESS", firm, reservation=Reservation.ESS)
    held("ouvert, inconnue", firm)
    held("ouvert, mêlés", structure, firm, clause_sociale=True)
    member = make.make_lot(objet="réservé, groupement connu", reservation=INSERTION)
    group = make.make_groupement(lot=member, forme=FormeGroupement.SOLIDAIRE, retenu=True)
    make.make_membre_groupement(groupement=group, organisation=structure)
    candidate = make.make_lot(objet="réservé, candidat", reservation=INSERTION)
    make.make_membre_groupement(groupement=make.make_groupement(lot=candidate, retenu=False), organisation=firm)
    assert found("reserve-inconnu") == {"réservé, inconnue", "réservé, fiche cachée"}
    assert found("reserve-mele") == {"réservé, mêlés"}


def test_known_structures_without_any_social_mark():
    structure = known()
    held("nu", structure)
    held("clause", structure, clause_sociale=True)
    held("critère", structure, critere_social=True)
    held("réservé", structure, reservation=Reservation.ESS)
    held("entreprise", make.make_organisation())
    lot = make.make_lot(objet="groupement")
    make.make_membre_groupement(groupement=make.make_groupement(lot=lot, retenu=True), organisation=structure)
    assert found("connu-sans-marque") == {"nu", "groupement"}


def test_conventions_that_had_expired():
    ended = known(convention_fin=date(2026, 1, 31))
    both = known(kind=Kind.EI, convention_fin=date(2025, 1, 1))
    make.make_structure(organisation=both, kind=Kind.ACI, convention_fin=None)
    day = {"date_notification": date(2026, 3, 1), "reservation": INSERTION}
    held("après", ended, **day)
    held("le jour même", ended, **day | {"date_notification": date(2026, 1, 31)})
    held("lancé avant", ended, **day, marche=make.make_marche(date_lancement=date(2026, 1, 15)))
    held("lancé après", ended, reservation=INSERTION, marche=make.make_marche(date_lancement=date(2026, 2, 1)))
    held("une autre en cours", both, **day)
    held("sans jour", ended, reservation=INSERTION)
    held("ouvert", ended, date_notification=date(2026, 3, 1))
    assert found("convention-expiree") == {"après", "lancé après"}


def test_late_publication_agrees_with_the_rule():
    days = [date(2024, 1, 31), date(2024, 12, 31), date(2025, 12, 15), date(2026, 2, 28), date(2023, 12, 31)]
    for notified in days:
        limit = add_months(notified, 2)
        for published in (limit - timedelta(1), limit, limit + timedelta(1), limit + timedelta(400), notified, None):
            make.make_lot(
                objet=f"{notified} {published}", date_notification=notified, date_publication=published,
                montant=Decimal(50_000),
            )  # fmt: skip
    usual = {"date_notification": date(2025, 1, 1), "date_publication": date(2025, 6, 1)}
    make.make_lot(objet="petit", montant=Decimal("39999.99"), **usual)
    make.make_lot(objet="seuil", montant=Decimal(40_000), **usual)
    make.make_lot(objet="inconnu", **usual)
    for nature in NatureContrat:
        make.make_lot(objet=nature, montant=Decimal(50_000), marche=make.make_marche(nature=nature), **usual)
    expected = {
        lot.objet
        for lot in Lot.objects.select_related("marche")
        if lot.date_publication
        and publication_des_donnees(
            lot.date_notification, lot.date_publication, lot.montant, NatureContrat(lot.marche.nature),
            date(2026, 11, 26),
        ).reason.startswith("Données essentielles publiées le")
    }  # fmt: skip
    assert found("publication-tardive") == expected
    assert len(expected) == 11


def test_wild_amounts_and_numbers():
    for amount in ("0", "1", "1.01", "-5", "1000000000", "1000000000.01", "100000000000000000"):
        make.make_lot(objet=amount, montant=Decimal(amount))
    make.make_lot(objet="inconnu")
    assert found("montant") == {"0", "1", "-5", "1000000000.01", "100000000000000000"}
    wrong = make.make_organisation(identifiant="12345678901234", identifiant_valide=False)
    unnumbered = make.make_organisation(  # a buyer that a notice names without any number
        identifiant="SANS-1", type_identifiant="AUTRE", identifiant_valide=False
    )
    make.make_lot(marche=make.make_marche(acheteur=make.make_acheteur(organisation=unnumbered)))
    held("titulaire", wrong)
    make.make_acte_sous_traitance(lot=make.make_lot(objet="sous-traitant"), sous_traitant=wrong)
    make.make_lot(objet="acheteur", marche=make.make_marche(acheteur=make.make_acheteur(organisation=wrong)))
    assert found("identifiant") == {"titulaire", "sous-traitant", "acheteur"}


# The page -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def two_buyers(client_acheteur):
    mine = client_acheteur.acteur_organisation.acheteur
    held("Le mien", make.make_organisation(), reservation=INSERTION, montant=Decimal(1),
         marche=make.make_marche(acheteur=mine), date_notification=date(2025, 5, 5))  # fmt: skip
    held("Brouillon", make.make_organisation(), reservation=INSERTION,
         marche=make.make_marche(acheteur=mine, publie=False))  # fmt: skip
    eure = make.make_departement(code="27", nom="Eure")
    autre = make.make_acheteur(organisation=make.make_organisation(denomination="Ville d'Évreux"))
    held("Un autre", make.make_organisation(denomination="Entreprise ordinaire"), reservation=INSERTION,
         marche=make.make_marche(acheteur=autre), departement=eure, date_notification=date(2026, 5, 5))  # fmt: skip
    return autre


def shown(client, **asked) -> set[str]:
    return {lot.objet for lot in client.get(PAGE, {"controle": "reserve-inconnu"} | asked).context["page"]}


def test_each_sees_its_own(client_acheteur, client_administration, two_buyers):
    assert shown(client_acheteur) == {"Le mien", "Brouillon"}
    assert shown(client_administration) == {"Le mien", "Un autre"}
    counts = dict(client_acheteur.get(PAGE).context["groupes"])
    assert counts[PAR_CLE["montant"]] == 1
    assert sum(counts.values()) == 3


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ({"annee": "2026"}, {"Un autre"}),
        ({"departement": "27"}, {"Un autre"}),
        ({"acheteur": "evreux"}, {"Un autre"}),
        ({"annee": "2024"}, set()),
        ({"annee": "9" * 30}, {"Le mien", "Un autre"}),
        ({"departement": "\0"}, {"Le mien", "Un autre"}),
        ({"acheteur": "a\0b"}, {"Le mien", "Un autre"}),
    ],
    ids=lambda value: "-".join(sorted(map(str, value))),
)
def test_criteria(client_administration, two_buyers, asked, titles):
    assert shown(client_administration, **asked) == titles


def test_a_buyer_is_asked_for_no_buyer(client_acheteur, two_buyers):
    page = client_acheteur.get(PAGE, {"acheteur": "evreux", "controle": "inconnu\0", "page": "x"})
    assert page.status_code == 200
    assert "acheteur" not in page.context["form"].fields


def test_every_check_has_its_page_and_says_what_to_do(client_administration, two_buyers):
    for croisement in CROISEMENTS:
        page = client_administration.get(PAGE, {"controle": croisement.cle})
        content = page.content.decode()
        assert croisement.source.split("\u00a0")[0] in content
        assert "Que faire" in content
        assert len(page.content) < 60_000


def test_csv_has_every_check_or_the_one_chosen(client_administration, two_buyers):
    one = b"".join(client_administration.get(PAGE, {"controle": "montant", "format": "csv"}).streaming_content)
    assert one.decode().count("\r\n") == 2
    every = b"".join(client_administration.get(PAGE, {"format": "csv"}).streaming_content).decode()
    assert "Entreprise ordinaire" in every
    assert every.count("\r\n") == 4


def test_the_page_costs_the_same_for_one_lot_as_for_twenty(client_administration):
    def lots(number):
        for _ in range(number):
            held("Lot", make.make_organisation(), make.make_organisation(), reservation=INSERTION)

    lots(1)
    with CaptureQueriesContext(connection) as one:
        client_administration.get(PAGE, {"controle": "reserve-inconnu"})
    lots(19)
    cache.clear()
    with CaptureQueriesContext(connection) as many:
        client_administration.get(PAGE, {"controle": "reserve-inconnu"})
    assert len(many) == len(one)


# Exemptions ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def register(client_acheteur):
    mine = client_acheteur.acteur_organisation.acheteur
    make.make_dispense_sociale(
        marche=make.make_marche(acheteur=mine, objet="Logiciel", reference="26-1"), motif=MotifDispense.LIEN,
        texte="Aucun lien\navec l'objet.", constatee_le=date(2026, 9, 1),
    )  # fmt: skip
    make.make_dispense_sociale(
        marche=make.make_marche(acheteur=mine, objet="Chantier"), motif=MotifDispense.TRAVAUX_COURTS,
        texte="=2+2", constatee_le=date(2027, 1, 5),
    )  # fmt: skip
    make.make_dispense_sociale(marche=make.make_marche(objet="Ailleurs"))


def contracts(client, **asked) -> list[str]:
    return [row.marche.objet for row in client.get(DISPENSES, asked).context["page"]]


def test_a_buyer_reads_its_own_register(client_acheteur, client_administration, register):
    assert contracts(client_acheteur) == ["Chantier", "Logiciel"]
    assert set(contracts(client_administration)) == {"Chantier", "Logiciel", "Ailleurs"}
    assert contracts(client_acheteur, annee="2026") == ["Logiciel"]
    assert contracts(client_acheteur, motif=MotifDispense.TRAVAUX_COURTS) == ["Chantier"]
    assert contracts(client_acheteur, motif="\0", annee="x") == ["Chantier", "Logiciel"]
    assert "Aucune dispense ne répond" in client_acheteur.get(DISPENSES, {"annee": "2020"}).content.decode()


def test_the_register_leaves_as_a_table(client_acheteur, register, tmp_path):
    text = b"".join(client_acheteur.get(DISPENSES, {"format": "csv"}).streaming_content).decode("utf-8-sig")
    assert "26-1;Logiciel" in text
    assert "'=2+2" in text
    assert "Ailleurs" not in text
    path = tmp_path / "registre.xlsx"
    path.write_bytes(b"".join(client_acheteur.get(DISPENSES, {"format": "xlsx", "annee": "2027"}).streaming_content))
    assert [row.values["Marché"] for row in read_table(path)] == ["Chantier"]


def test_an_empty_register_says_how_to_fill_it(client_acheteur):
    assert "page de modification d’un marché" in client_acheteur.get(DISPENSES).content.decode()


def test_the_register_costs_the_same_for_one_as_for_ten(client_administration):
    make.make_dispense_sociale()
    with CaptureQueriesContext(connection) as one:
        client_administration.get(DISPENSES)
    for _ in range(9):
        make.make_dispense_sociale()
    with CaptureQueriesContext(connection) as many:
        client_administration.get(DISPENSES)
    assert len(many) == len(one)

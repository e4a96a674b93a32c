"""Cross-checks: each tells the lots it is about and no other; exemptions: each buyer reads its own."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses.models import Facilitateur
from marches.croisements import CROISEMENTS, PAR_CLE, rows
from marches.enums import FormeGroupement, GenreAcheteur, MotifDispense, NatureContrat, Reservation
from marches.models import Lot
from marches.rules import add_months, duree_totale, publication_des_donnees
from marches.rules.execution import duree_accord_cadre
from portal.tables import read_table
from portal.verdict import Niveau
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
    for amount in ("0", "1", "1.01", "-5", "999999998.99", "999999999", "100000000000000000"):
        make.make_lot(objet=amount, montant=Decimal(amount))
    make.make_lot(objet="inconnu")
    assert found("montant") == {"0", "1", "-5", "999999999", "100000000000000000"}
    wrong = make.make_organisation(identifiant="12345678901234", identifiant_valide=False)
    unnumbered = make.make_organisation(  # a buyer that a notice names without any number
        identifiant="SANS-1", type_identifiant="AUTRE", identifiant_valide=False
    )
    make.make_lot(marche=make.make_marche(acheteur=make.make_acheteur(organisation=unnumbered)))
    held("titulaire", wrong)
    make.make_acte_sous_traitance(lot=make.make_lot(objet="sous-traitant"), sous_traitant=wrong)
    make.make_lot(objet="acheteur", marche=make.make_marche(acheteur=make.make_acheteur(organisation=wrong)))
    assert found("identifiant") == {"titulaire", "sous-traitant", "acheteur"}


def test_frameworks_that_last_too_long_agree_with_the_rule():
    networks = make.make_acheteur(genre=GenreAcheteur.RESEAUX)
    for nature in NatureContrat:
        for buyer in (make.make_acheteur(genre=GenreAcheteur.LOCAL), networks):
            for months, renewals, each in [
                (48, 0, None), (49, 0, None), (12, 3, None), (12, 4, None), (12, 2, 18), (12, 2, 19), (12, 4, 0),
                (84, 0, None), (85, 0, None), (96, 0, None), (97, 0, None), (None, 3, 12), (2_000_000_000, 300, None),
            ]:  # fmt: skip
                for why in ("", "Amortissement"):
                    marche = make.make_marche(
                        acheteur=buyer, nature=nature, est_accord_cadre=True, justification_duree=why
                    )
                    make.make_lot(
                        marche=marche, objet=f"{nature} {buyer.genre} {months} {renewals} {each} {why}",
                        duree_mois=months, reconductions=renewals, reconduction_mois=each,
                    )  # fmt: skip
    make.make_lot(objet="hors accord-cadre", duree_mois=90)
    expected = {
        lot.objet
        for lot in Lot.objects.select_related("marche__acheteur")
        if duree_accord_cadre(
            lot.marche.est_accord_cadre,
            duree_totale(lot.duree_mois, lot.reconductions, lot.reconduction_mois),
            lot.marche.justification_duree, GenreAcheteur(lot.marche.acheteur.genre), NatureContrat(lot.marche.nature),
            date(2026, 11, 26),
        ).level == Niveau.AVERTISSEMENT
    }  # fmt: skip
    assert found("accord-long") == expected
    assert len(expected) == 19


def test_each_check_says_what_it_found_of_each_lot():
    ended = known(convention_fin=date(2026, 1, 31), nom="Atelier")
    firm = make.make_organisation(denomination="Durand")
    wrong = make.make_organisation(identifiant="12345678901234", identifiant_valide=False)
    framework = make.make_marche(est_accord_cadre=True, acheteur=make.make_acheteur(genre=GenreAcheteur.LOCAL))
    day = {"date_notification": date(2026, 3, 1)}
    held("inconnu", firm, reservation=INSERTION)
    held("mêlé", known(), firm, reservation=INSERTION)
    held("expirée", ended, reservation=INSERTION, **day)
    held("nu", ended)
    make.make_lot(objet="tard", montant=Decimal(50_000), date_publication=date(2026, 6, 1), **day)
    make.make_lot(objet="un euro", montant=Decimal(1))
    held("clé", wrong)
    make.make_lot(objet="long", marche=framework, duree_mois=60)
    expected = {
        "reserve-inconnu": "Durand", "reserve-mele": "Durand", "convention-expiree": "31/01/2026, notification le",
        "connu-sans-marque": "Atelier", "publication-tardive": "01/05/2026 au plus tard", "montant": "1",
        "identifiant": "titulaire 12345678901234", "accord-long": "60 mois",
    }  # fmt: skip
    assert set(expected) == {croisement.cle for croisement in CROISEMENTS}
    for croisement in CROISEMENTS:
        said = [croisement.dire(lot) for lot in rows(Lot.objects.all(), croisement)]
        assert said, croisement.cle
        assert any(expected[croisement.cle] in each for each in said), said


# The page -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def two_buyers(client_acheteur):
    mine = client_acheteur.acteur_organisation.acheteur
    held("Le mien", make.make_organisation(), reservation=INSERTION, montant=Decimal(1),
         marche=make.make_marche(acheteur=mine), date_notification=date(2025, 5, 5))  # fmt: skip
    held("Brouillon", make.make_organisation(), reservation=INSERTION,
         marche=make.make_marche(acheteur=mine, publie=False))  # fmt: skip
    eure = make.make_departement(code="27", nom="Eure", region=make.make_region(code="28", nom="Normandie"))
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
        ({"territoire": "27"}, {"Un autre"}),
        ({"territoire": "r-28"}, {"Un autre"}),
        ({"territoire": "r-99"}, {"Le mien", "Un autre"}),
        ({"acheteur": "evreux"}, {"Un autre"}),
        ({"annee": "2024"}, set()),
        ({"annee": "9" * 30}, {"Le mien", "Un autre"}),
        ({"territoire": "\0"}, {"Le mien", "Un autre"}),
        ({"acheteur": "a\0b"}, {"Le mien", "Un autre"}),
    ],
    ids=lambda value: "-".join(sorted(map(str, value))),
)
def test_criteria(client_administration, two_buyers, asked, titles):
    assert shown(client_administration, **asked) == titles


@pytest.fixture
def normandie():
    eure, gers = make.make_departement(code="27", nom="Eure"), make.make_departement(code="32", nom="Gers")
    firm = make.make_organisation(denomination="Durand")
    for title, place in (("Eure", eure), ("Gers", gers), ("Sans lieu", None)):
        held(title, firm, reservation=INSERTION, departement=place, montant=Decimal(1))
    held("Brouillon", firm, reservation=INSERTION, departement=eure, marche=make.make_marche(publie=False))
    return eure


def test_a_network_sees_where_its_members_are_then_everywhere(client_reseau, normandie):
    network = client_reseau.acteur_organisation.reseau
    make.make_structure(departement=normandie).reseaux.add(network)
    make.make_structure(departement=make.make_departement(code="50", nom="Manche"), publiee=False).reseaux.add(network)
    assert shown(client_reseau) == {"Eure"}
    assert "Mon territoire (27)" in client_reseau.get(PAGE).content.decode()
    assert shown(client_reseau, territoire="france") == {"Eure", "Gers", "Sans lieu"}
    assert shown(client_reseau, territoire="32") == {"Gers"}


def test_a_network_without_members_sees_the_whole_country(client_reseau, normandie):
    assert shown(client_reseau) == {"Eure", "Gers", "Sans lieu"}


def test_a_facilitator_sees_its_own_territory_first(client_facilitateur, normandie):
    body = client_facilitateur.acteur_organisation
    zone = make.make_zone_lieu(code=normandie.code).zone
    Facilitateur.objects.update_or_create(organisation=body, defaults={"zone": zone})
    assert shown(client_facilitateur) == {"Eure"}
    assert shown(client_facilitateur, territoire="france") == {"Eure", "Gers", "Sans lieu"}
    page = client_facilitateur.get(PAGE)
    assert [croisement.cle for croisement, _ in page.context["groupes"]] == [
        "reserve-inconnu", "reserve-mele", "convention-expiree", "connu-sans-marque",
    ]  # fmt: skip
    assert client_facilitateur.get(PAGE, {"controle": "montant"}).context["choisi"] is None


def test_each_row_says_what_each_role_may_do(client_administration, client_reseau, normandie):
    asked = {"controle": "reserve-inconnu", "territoire": "27"}
    mine, theirs = client_administration.get(PAGE, asked).content.decode(), client_reseau.get(PAGE, asked)
    lot = Lot.objects.get(objet="Eure")
    assert reverse("marches:lot_edit", args=[lot.pk]) in mine
    assert reverse("marches:lot_edit", args=[lot.pk]) not in theirs.content.decode()
    assert "Chercher Durand dans l" in theirs.content.decode()
    assert PAR_CLE["reserve-inconnu"].tiers[:40] in theirs.content.decode()
    text = b"".join(client_reseau.get(PAGE, asked | {"format": "csv"}).streaming_content).decode()
    assert PAR_CLE["reserve-inconnu"].tiers[:40] in text
    assert "Brouillon" not in text


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


def test_the_page_costs_the_same_for_one_lot_as_for_fifty(client_administration):
    def lots(number):
        for _ in range(number):
            held("Lot", make.make_organisation(), make.make_organisation(), reservation=INSERTION)

    lots(1)
    with CaptureQueriesContext(connection) as one:
        client_administration.get(PAGE, {"controle": "reserve-inconnu"})
    lots(49)
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

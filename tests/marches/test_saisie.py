"""Contracts and lots typed by hand: drafts, publication, what imports never erase, two people at once, deletion."""

import html
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.enums import MotifDispense, Reservation, TypeMarche
from marches.importers.contrats import import_file
from marches.models import DispenseSociale, Lot, Marche
from portal.permissions import Role
from structures.models import Organisation
from tests import factories as make
from tests.conftest import sign_in
from tests.marches.decp import FIRM, record

pytestmark = pytest.mark.django_db
HUGE = "9" * 40
PARIS = ZoneInfo("Europe/Paris")


def text(response, code=200) -> str:
    assert response.status_code == code
    return html.unescape(response.content.decode()).replace("\xa0", " ").replace("\u202f", " ")


def typed(form) -> dict:
    """What a browser would send back of an untouched form."""
    data = {}
    for bound in form:
        value = bound.value()
        if value is True:
            data[bound.html_name] = "on"
        elif value is not None and value is not False and value != "":
            shown = bound.field.widget.format_value(value) if hasattr(bound.field.widget, "format_value") else value
            shown = shown[0] if isinstance(shown, list) else shown
            data[bound.html_name] = shown if shown is not None else ""
    return data


def page_of(client, name, row):
    """(address, context, data to send back) of the page that edits a row."""
    url = reverse(f"marches:{name}", args=[row.pk])
    context = client.get(url).context
    return url, context, typed(context["form"]) | {"etat": context["etat"]}


@pytest.fixture
def mine(client_acheteur):
    marche = make.make_marche(acheteur=client_acheteur.acteur_organisation.acheteur, objet="Écoles", reference="E-1")
    return make.make_lot(marche=marche, objet="Nettoyage", numero="1")


def new_contract(**given) -> dict:
    return {
        "objet": "Entretien des parcs", "nature": "marche", "type": "services", "reference": "P-1",
        "lot-numero": "1", "lot-reservation": "insertion", "lot-duree_mois": "12",
    } | given  # fmt: skip


# A draft, then its publication ----------------------------------------------------------------------------------------
def test_a_buyer_types_a_contract_with_its_first_lot(client_acheteur, client):
    make.make_secteur(code="jardins", nom="Jardins")
    page = text(client_acheteur.get(reverse("marches:create")))
    assert "Premier lot" in page
    response = client_acheteur.post(reverse("marches:create"), new_contract())
    marche = Marche.objects.get()
    assert response.url == marche.get_absolute_url()
    lot = marche.lots.get()
    assert (marche.publie, marche.acheteur.organisation) == (False, client_acheteur.acteur_organisation)
    assert (lot.objet, lot.reservation, lot.duree_mois) == ("Entretien des parcs", Reservation.INSERTION, 12)
    assert marche.history.get().history_change_reason == "creation"
    assert "Brouillon" in text(client_acheteur.get(marche.get_absolute_url()))
    client_acheteur.post(reverse("marches:publier", args=[marche.pk]), {"justification": "Décidé en commission."})
    assert client.get(marche.get_absolute_url()).status_code == 200
    assert "Entretien des parcs" in text(client.get(reverse("marches:list"), {"q": "parcs"}))


def test_administration_says_for_whom(client_administration):
    url = reverse("marches:create")
    assert "Dites qui achète" in text(client_administration.post(url, new_contract()))
    assert "clé" in text(client_administration.post(url, new_contract(acheteur_siret="12345678900001")))
    siret = make.make_siret()
    client_administration.post(url, new_contract(acheteur_siret=siret))
    assert Marche.objects.get().acheteur.organisation.identifiant == siret


def test_nothing_typed_is_lost_and_every_fault_is_told(client_acheteur):
    data = new_contract(objet="", montant_estime="douze", date_limite="2020-01-01T10:00", date_lancement="2026-01-01")
    page = text(client_acheteur.post(reverse("marches:create"), data | {"lot-lieu": "Nulle-Part-sur-Rien"}))
    for words in ("Donnez un titre", "Écrivez un nombre", "avant le lancement", "Lieu inconnu", "P-1"):
        assert words in page, words
    assert not Marche.objects.exists()


@pytest.mark.parametrize("value", ["\x00", HUGE, "-1", "1e999", "é" * 3000, "<script>", "0001-01-01", "9999-12-31"])
def test_bad_values_are_answered(client_acheteur, mine, value):
    data = dict.fromkeys(
        ("objet", "reference", "nature", "type", "montant_estime", "date_lancement", "date_limite", "acheteur_siret",
         "lot-numero", "lot-secteur", "lot-cpv", "lot-lieu", "lot-reservation", "lot-montant_estime",
         "lot-duree_mois"), value)  # fmt: skip
    assert client_acheteur.post(reverse("marches:create"), data).status_code == 200
    for name in ("edit", "liens"):
        fields = client_acheteur.get(reverse(f"marches:{name}", args=[mine.marche_id])).context["form"].fields
        url = reverse(f"marches:{name}", args=[mine.marche_id])
        assert client_acheteur.post(url, dict.fromkeys([*fields, "etat"], value)).status_code in {200, 302}
    url = reverse("marches:lot_edit", args=[mine.pk])
    fields = client_acheteur.get(url).context["form"].fields
    assert client_acheteur.post(url, dict.fromkeys([*fields, "etat"], value)).status_code == 200
    assert client_acheteur.post(
        reverse("marches:lot_create", args=[mine.marche_id]), dict.fromkeys(fields, value)
    ).status_code == 200  # fmt: skip
    for name, pk in (("revenir", mine.marche_id), ("lot_revenir", mine.pk)):
        assert client_acheteur.post(reverse(f"marches:{name}", args=[pk]), {"champ": value}).status_code == 302
    assert client_acheteur.get(reverse("marches:create"), {"lien": value, "marche": value}).status_code == 200


# Editing --------------------------------------------------------------------------------------------------------------
def test_a_whole_contract_is_edited(client_acheteur, mine):
    url, _, data = page_of(client_acheteur, "edit", mine.marche)
    data |= {
        "type": "travaux", "date_lancement": "2026-09-01", "date_limite": "2026-10-15T12:00",
        "montant_estime": "1 250 000,50", "est_accord_cadre": "on", "montant_maximum": "2000000",
        "prestations_distinctes": "true", "motif_non_allotissement": "concurrence",
        "justification_non_allotissement": "Un seul atelier possible.",
        "dispense_motif": "lien", "dispense_texte": "Fourniture d'un logiciel.",
    }  # fmt: skip
    assert client_acheteur.post(url, data).status_code == 302
    marche = Marche.objects.get(pk=mine.marche_id)
    assert (marche.type, marche.montant_estime) == (TypeMarche.TRAVAUX, Decimal("1250000.50"))
    assert marche.date_limite == datetime(2026, 10, 15, 12, tzinfo=PARIS)
    assert marche.champs_saisis == []  # nothing published to protect
    assert DispenseSociale.objects.get().motif == MotifDispense.LIEN
    _, _, data = page_of(client_acheteur, "edit", mine.marche)
    assert data["dispense_texte"] == "Fourniture d'un logiciel."
    client_acheteur.post(url, data | {"dispense_motif": "", "dispense_texte": ""})
    assert not DispenseSociale.objects.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"montant_maximum": "10"}, "suppose un accord-cadre"),
        ({"motif_non_allotissement": "concurrence"}, "Écrivez pourquoi"),
        ({"dispense_motif": "lien"}, "Écrivez la justification"),
        ({"dispense_texte": "Parce que"}, "Choisissez le motif"),
        ({"nature": "concession", "dispense_motif": "solution", "dispense_texte": "x"}, "pour une concession"),
    ],
)
def test_what_goes_together_is_asked_together(client_acheteur, mine, given, said):
    url, _, data = page_of(client_acheteur, "edit", mine.marche)
    assert said in text(client_acheteur.post(url, data | given))


def test_a_lot_is_edited_with_its_holders_and_place(client_acheteur, mine):
    departement = make.make_departement(code="27", nom="Eure")
    commune = make.make_commune(code="27229", nom="Évreux", nom_tri="evreux", departement=departement)
    known = make.make_structure(nom="Chantier propre")
    stranger = make.make_siret()
    spaced = f"{stranger[:3]} {stranger[3:6]} {stranger[6:]} Ateliers du Nord"
    url, _, data = page_of(client_acheteur, "lot_edit", mine)
    data |= {
        "lieu": "Évreux", "date_debut": "2026-01-31", "duree_mois": "1", "reconductions": "2", "preavis_jours": "60",
        "titulaires": f"{known.organisation.identifiant}\n{spaced}",
        "materiel_a_fournir": "on",
    }  # fmt: skip
    refused = text(client_acheteur.post(url, data))  # shown to everybody: what the law warns of is answered first
    assert "Écrivez votre justification" in refused
    assert Lot.objects.get(pk=mine.pk).titulaires.count() == 0
    assert client_acheteur.post(url, data | {"justification": "Données publiées ailleurs."}).status_code == 302
    assert Marche.objects.get(pk=mine.marche_id).justification == "Données publiées ailleurs."
    lot = Lot.objects.get(pk=mine.pk)
    assert (lot.commune, lot.departement, lot.lieu_type) == (commune, departement, "Code commune")
    assert lot.date_fin == date(2026, 2, 27)
    assert [row.organisation.identifiant for row in lot.titulaires.all()] == [known.organisation.identifiant, stranger]
    assert Organisation.objects.get(identifiant=stranger).denomination == "Ateliers du Nord"
    known.refresh_from_db()
    assert known.a_cotraite
    page = text(client_acheteur.get(lot.get_absolute_url()))
    assert "Chantier propre" in page
    assert "Ateliers du Nord" in page
    url, _, data = page_of(client_acheteur, "lot_edit", mine)
    assert data["lieu"] == "Évreux (27)"
    client_acheteur.post(url, data | {"titulaires": stranger})
    known.refresh_from_db()
    assert not known.a_cotraite


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"date_notification": "2026-02-01", "date_debut": "2026-01-01"}, "avant la notification"),
        ({"date_debut": "2026-02-01", "date_fin": "2026-01-01"}, "ne peut précéder le début"),
        ({"reconductions": "2"}, "Nécessaire pour dater"),
        ({"reconductions": "99"}, "Écrivez 20 au plus"),
        ({"cpv": "abc"}, "huit chiffres"),
        ({"titulaires": "12345678900001"}, "clé"),
        ({"titulaires": "Un nom sans numéro"}, "Un nom sans numéro"),
        ({"titulaires": "732829320"}, "quel établissement"),
        ({"date_debut": "1802-01-01"}, "comprise entre 1990 et 2100"),
    ],
)
def test_what_a_lot_cannot_be(client_acheteur, mine, given, said):
    url, _, data = page_of(client_acheteur, "lot_edit", mine)
    assert said in text(client_acheteur.post(url, data | given))


def test_renewals_are_typed_before_anybody_holds_the_lot(client_acheteur, mine):
    """While offers are awaited nobody knows the first day; once there is a holder, it is asked."""
    url, _, data = page_of(client_acheteur, "lot_edit", mine)
    told = data | {"reconductions": "3", "duree_mois": "12", "reconduction_mois": "12"}
    assert client_acheteur.post(url, told).status_code == 302
    mine.refresh_from_db()
    assert (mine.reconductions, mine.date_notification) == (3, None)
    assert text(client_acheteur.get(mine.get_absolute_url()))
    url, _, data = page_of(client_acheteur, "lot_edit", mine)
    holder = make.make_organisation().identifiant
    assert "Nécessaire pour dater" in text(client_acheteur.post(url, data | {"titulaires": holder}))


def test_lots_are_added_and_the_last_one_stays(client_acheteur, mine):
    url = reverse("marches:lot_delete", args=[mine.pk])
    assert "seul lot du marché" in text(client_acheteur.get(url))
    client_acheteur.post(url)
    assert Lot.objects.filter(pk=mine.pk).exists()
    add = reverse("marches:lot_create", args=[mine.marche_id])
    data = {"objet": "Vitrerie", "numero": "2", "reservation": "aucune", "reconductions": "0"}
    assert client_acheteur.post(add, data).status_code == 302
    clause = make.make_clause(lot=mine)
    page = text(client_acheteur.post(url, follow=True))
    assert "D'autres données en dépendent (clauses sociales)" in page.replace("&#x27;", "'")
    clause.heures_dues.all().delete()
    clause.delete()
    client_acheteur.post(url)
    assert [lot.objet for lot in mine.marche.lots.all()] == ["Vitrerie"]
    assert Lot.history.filter(id=mine.pk, history_type="-").get().history_user == client_acheteur.user


def test_a_draft_is_deleted_a_published_contract_is_not(client_acheteur, mine):
    url = reverse("marches:delete", args=[mine.marche_id])
    client_acheteur.post(url)
    assert Marche.objects.filter(pk=mine.marche_id).exists()
    Marche.objects.update(publie=False)
    assert client_acheteur.post(url).url == reverse("marches:list")
    assert not Marche.objects.exists()


# Imports --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def imported(write):
    import_file(write(record()))
    return Lot.objects.get()


@pytest.fixture
def buyer(imported):
    return sign_in(Role.ACHETEUR, organisation=imported.marche.acheteur.organisation)


def test_imports_never_erase_what_was_typed_until_it_is_given_back(buyer, imported, write):
    url, _, data = page_of(buyer, "lot_edit", imported)
    other = make.make_siret()
    buyer.post(url, data | {"montant": "61000", "reservation": "insertion", "titulaires": other})
    lot = Lot.objects.get()
    assert lot.champs_saisis == ["montant", "reservation", "titulaires"]
    import_file(write(record(montant=70000, offresRecues=4, datePublicationDonnees="2026-03-01")))
    lot.refresh_from_db()
    assert (lot.montant, lot.reservation, lot.offres_recues) == (Decimal(61000), Reservation.INSERTION, 4)
    assert lot.titulaires.get().organisation.identifiant == other
    assert " : montant (€ HT)</span>" in text(buyer.get(url))
    for field in ("montant", "titulaires"):
        buyer.post(reverse("marches:lot_revenir", args=[lot.pk]), {"champ": field})
    lot.refresh_from_db()
    assert (lot.montant, lot.champs_saisis) == (Decimal(70000), ["reservation"])
    assert lot.titulaires.get().organisation.identifiant == FIRM
    page = text(buyer.get(reverse("marches:lot_historique", args=[lot.pk])))
    for words in ("Retour à la valeur publiée", "Reprise des données publiées", "61 000 €", "Réservé insertion"):
        assert words in page, words


def test_a_contract_takes_its_published_title_back(buyer, imported, write):
    marche = imported.marche
    url, _, data = page_of(buyer, "edit", marche)
    buyer.post(url, data | {"objet": "Un meilleur titre"})
    import_file(write(record(datePublicationDonnees="2026-04-01", offresRecues=2)))
    marche.refresh_from_db()
    assert (marche.objet, marche.champs_saisis) == ("Un meilleur titre", ["objet"])
    buyer.post(reverse("marches:revenir", args=[marche.pk]), {"champ": "objet"})
    marche.refresh_from_db()
    assert (marche.objet, marche.champs_saisis) == ("Entretien des locaux", [])
    assert "Ce champ montre déjà" in text(
        buyer.post(reverse("marches:revenir", args=[marche.pk]), {"champ": "objet"}, follow=True)
    )


def test_an_imported_lot_is_not_deleted(buyer, imported):
    make.make_lot(marche=imported.marche)
    assert "reviendrait au prochain fichier" in text(buyer.get(reverse("marches:lot_delete", args=[imported.pk])))


# Two people -----------------------------------------------------------------------------------------------------------
def test_two_people_who_edit_the_same_lot_do_not_erase_each_other(client_acheteur, mine):
    url, _, data = page_of(client_acheteur, "lot_edit", mine)
    colleague = sign_in(Role.ACHETEUR, organisation=client_acheteur.acteur_organisation)
    _, _, theirs = page_of(colleague, "lot_edit", mine)
    assert colleague.post(url, theirs | {"montant": "5000", "titulaires": make.make_siret()}).status_code == 302
    page = client_acheteur.post(url, data | {"objet": "Nettoyage du soir"})
    shown = text(page)
    assert "Une autre personne a modifié ce lot" in shown
    assert "5 000 € HT" in shown
    assert "Nettoyage du soir" in shown
    assert Lot.objects.get(pk=mine.pk).objet == "Nettoyage"
    again = typed(page.context["form"]) | {"etat": page.context["etat"]}
    assert client_acheteur.post(url, again).status_code == 302
    lot = Lot.objects.get(pk=mine.pk)
    assert (lot.objet, lot.montant, lot.titulaires.count()) == ("Nettoyage du soir", Decimal(5000), 1)


# Links ----------------------------------------------------------------------------------------------------------------
def test_a_contract_follows_another_of_the_same_buyer(client_acheteur, mine):
    acheteur = mine.marche.acheteur
    pilot = make.make_lot(marche=make.make_marche(acheteur=acheteur, objet="Expérience", reference="EXP")).marche
    make.make_marche(objet="Ailleurs", reference="AILLEURS")
    url, _, data = page_of(client_acheteur, "liens", mine.marche)
    for wrong, said in (("AILLEURS", "Aucun marché"), ("\x00", "nul"), (str(mine.marche_id), "Aucun marché")):
        assert said in text(client_acheteur.post(url, data | {"predecesseur": wrong}))
    for right in (
        "exp",
        pilot.get_absolute_url(),
        f"https://exemple.fr{pilot.get_absolute_url()}",
        f"{pilot.pk} – EXP",
    ):
        Marche.objects.update(predecesseur=None)
        _, _, data = page_of(client_acheteur, "liens", mine.marche)
        assert client_acheteur.post(url, data | {"predecesseur": right}).status_code == 302, right
        assert Marche.objects.get(pk=mine.marche_id).predecesseur == pilot
    url, _, data = page_of(client_acheteur, "liens", pilot)
    assert "en boucle" in text(client_acheteur.post(url, data | {"predecesseur": "E-1"}))
    assert "pas un accord-cadre" in text(client_acheteur.post(url, data | {"accord_cadre": "E-1"}))


def test_a_new_contract_is_made_from_another(client_acheteur, mine):
    url = f"{reverse('marches:create')}?lien=operation_mere&marche={mine.marche_id}"
    assert "extrait de cette opération" in text(client_acheteur.get(url))
    client_acheteur.post(url, new_contract(type="inconnu"))
    taken = Marche.objects.get(reference="P-1")
    assert taken.operation_mere == mine.marche
    stranger = make.make_marche()
    client_acheteur.post(
        f"{reverse('marches:create')}?lien=predecesseur&marche={stranger.pk}", new_contract(reference="Q")
    )
    assert Marche.objects.get(reference="Q").predecesseur is None


# The law --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def brouillon(client_acheteur):
    """A draft concession whose only lot is reserved both ways: the law does not allow it (L. 3113-3)."""
    marche = make.make_marche(
        acheteur=client_acheteur.acteur_organisation.acheteur, nature="concession", publie=False,
        date_lancement=date(2026, 1, 5), type=TypeMarche.SERVICES, reservation_mentionnee=True,
    )  # fmt: skip
    make.make_lot(marche=marche, reservation=Reservation.LES_DEUX, montant_estime=Decimal(50_000), duree_mois=12)
    return marche


def test_what_the_law_forbids_stays_a_draft_with_its_reasons(client, client_acheteur, brouillon):
    url = reverse("marches:publier", args=[brouillon.pk])
    page = text(client_acheteur.get(url))
    assert "Ce marché reste un brouillon" in page
    assert "Blocage" in page
    assert "L. 3113-3" in page
    response = client_acheteur.post(url, {"justification": "Nous y tenons."})
    assert "corrigez d'abord les points bloquants" in text(response)
    assert client.get(brouillon.get_absolute_url()).status_code == 404
    # The draft itself is saved all the same, then corrected.
    lot = brouillon.lots.get()
    edit, _, data = page_of(client_acheteur, "lot_edit", lot)
    assert client_acheteur.post(edit, data | {"objet": "Autre objet"}).status_code == 302
    _, _, data = page_of(client_acheteur, "lot_edit", lot)
    client_acheteur.post(edit, data | {"reservation": "insertion"})
    client_acheteur.post(url, {"justification": "Une seule prestation."})
    assert client.get(brouillon.get_absolute_url()).status_code == 200
    # Shown to everybody, it cannot break the law again.
    _, _, data = page_of(client_acheteur, "lot_edit", lot)
    refused = text(client_acheteur.post(edit, data | {"reservation": "les_deux"}))
    assert "L. 3113-3" in refused
    assert Lot.objects.get(pk=lot.pk).reservation == Reservation.INSERTION


def test_a_warning_is_answered_in_writing(client_acheteur, mine):
    marche = mine.marche
    Marche.objects.filter(pk=marche.pk).update(publie=False, date_lancement=date(2026, 1, 5))
    Lot.objects.filter(pk=mine.pk).update(reservation=Reservation.INSERTION)  # no notice says so: R. 2113-7 warns
    url = reverse("marches:publier", args=[marche.pk])
    assert "le dossier doit le garder" in text(client_acheteur.post(url, {"justification": " "}))
    assert not Marche.objects.get(pk=marche.pk).publie
    client_acheteur.post(url, {"justification": "L'avis part demain."})
    stored = Marche.objects.get(pk=marche.pk)
    assert (stored.publie, stored.justification) == (True, "L'avis part demain.")
    assert "L'avis part demain." not in text(sign_in(Role.STRUCTURE).get(marche.get_absolute_url()))


# Costs ----------------------------------------------------------------------------------------------------------------
def test_pages_cost_the_same_for_many(client_acheteur, mine):
    urls = [
        reverse("marches:edit", args=[mine.marche_id]),
        reverse("marches:liens", args=[mine.marche_id]),
        reverse("marches:lot_edit", args=[mine.pk]),
        reverse("marches:historique", args=[mine.marche_id]),
    ]

    def cost(url):
        with CaptureQueriesContext(connection) as found:
            response = client_acheteur.get(url)
        assert len(response.content) < 60_000
        return len(found)

    make.make_titulaire(lot=mine)
    one = [cost(url) for url in urls]
    for n in range(12):
        make.make_titulaire(lot=mine)
        make.make_lot(marche=make.make_marche(acheteur=mine.marche.acheteur, objet=f"Marché {n}"))
        mine.marche.objet = f"Titre {n}"
        mine.marche.save()
    assert [cost(url) for url in urls] == one

"""Cards written by their people: blocks, conflicts, lists, history."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.permissions import Acteur, Role
from structures.actions import edition as actions
from structures.enums import Bloc
from structures.models import Label, LabelObtenu, Offre, ReferenceClient, Structure
from structures.presentation import blocs
from structures.upsert import fold
from tests import factories as make
from tests.conftest import sign_in
from tests.structures.edition import IDENTITE, fresh, read, url
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db


# Who may write ------------------------------------------------------------------------------------------------------
def test_who_may_write_a_card(card, client_structure):
    network, stranger = sign_in(Role.RESEAU), sign_in(Role.RESEAU)
    card.reseaux.add(network.acteur_organisation.reseau, make.make_reseau())

    def writes(client):
        return Structure.objects.editable_by(client.acteur).filter(pk=card.pk).count()

    assert writes(client_structure) == writes(network) == writes(sign_in(Role.ADMINISTRATION)) == 1
    assert not any(writes(client) for client in (stranger, sign_in(Role.STRUCTURE), sign_in(Role.ACHETEUR)))
    same_house = sign_in(Role.ENTREPRISE, organisation=card.organisation)
    assert writes(same_house) == 0
    assert not Structure.objects.editable_by(Acteur()).exists()
    card.remplacee_par = make.make_structure()
    card.save()
    assert writes(client_structure) == 0


@pytest.mark.parametrize("bloc", [*Bloc.values, "inconnu"])
def test_blocks_of_others_do_not_exist(client_structure, bloc):
    assert client_structure.get(url(make.make_structure(), bloc)).status_code == 404


def test_an_unknown_block_does_not_exist(client_structure, card):
    assert client_structure.get(url(card, "inconnu")).status_code == 404
    assert client_structure.get(reverse("structures:edition", args=[10**30])).status_code == 404


def test_ma_fiche_goes_to_the_card_or_offers_a_choice(client_structure, card):
    mine = reverse("structures:ma_fiche")
    assert client_structure.get(mine).url == reverse("structures:edition", args=[card.pk])
    make.make_structure(organisation=card.organisation, kind="ACI")
    assert client_structure.get(mine).content.decode().count("result-title") == 2
    Structure.objects.all().update(remplacee_par=make.make_structure())
    assert "Aucune fiche" in client_structure.get(mine).content.decode()


# Fields -------------------------------------------------------------------------------------------------------------
def test_saving_a_block_writes_what_changed_and_what_follows(client_structure, card):
    response = client_structure.post(url(card, "identite"), IDENTITE | {"telephone": "02 31 99 99 99"})
    assert response.status_code == 302
    saved, today = fresh(card), timezone.localdate()
    assert saved.telephone == "02 31 99 99 99"
    assert saved.champs_saisis == ["telephone"]  # the name and the address did not change: imports still may
    assert saved.blocs_saisis == {"identite": today.isoformat()}
    assert saved.verifiee_le == today
    row = saved.history.first()
    assert (row.history_user, row.history_change_reason) == (client_structure.user, "identite")


def test_words_and_completeness_follow(client_structure, card):
    text = "Menuiserie, agencement de magasins et mobilier urbain, dans un atelier de deux mille mètres carrés à Caen."
    before = fresh(card).completude
    client_structure.post(url(card, "presentation"), {"description": text})
    assert " menuiser " in fresh(card).racines
    assert fresh(card).completude > before


def test_an_import_never_overwrites_what_was_typed(client_structure, card):
    source = make.make_source_structure(
        structure=card,
        donnees={"champs": {"nom": "ATELIER SARL", "telephone": "01 00 00 00 00"}, "activites": [], "brut": {}},
    )
    client_structure.post(url(card, "identite"), IDENTITE | {"telephone": "02 31 99 99 99"})
    fold([source.structure_id])
    saved = fresh(card)
    assert saved.telephone == "02 31 99 99 99"
    assert saved.nom == "ATELIER SARL"  # not typed: the file goes on deciding


def test_a_typed_town_is_found_and_blocks_the_whole_place(client_structure, card):
    country = make_country()
    client_structure.post(url(card, "identite"), IDENTITE | {"code_postal": "14052", "ville": "CAEN CEDEX 4"})
    saved = fresh(card)
    assert (saved.commune, saved.departement_id) == (country.caen, "14")
    assert (saved.latitude, saved.longitude) == (country.caen.latitude, country.caen.longitude)
    assert {"commune", "departement", "latitude", "longitude", "ville", "code_postal"} <= set(saved.champs_saisis)
    Structure.objects.filter(pk=card.pk).update(latitude=49.19, longitude=-0.36)  # a better position
    client_structure.post(url(card, "identite"), IDENTITE | {"code_postal": "14000", "ville": "Caen"})
    assert fresh(card).latitude == 49.19
    client_structure.post(url(card, "identite"), IDENTITE)
    assert (fresh(card).commune, fresh(card).departement, fresh(card).latitude) == (None, None, None)


@pytest.mark.parametrize(
    ("bloc", "given"),
    [
        ("identite", {"nom": ""}),
        ("identite", {"nom": "x" * 251}),
        ("identite", {"nom": "a\x00b"}),
        ("identite", {"courriel": "pas-une-adresse"}),
        ("identite", {"site": "javascript:alert(1)"}),
        ("identite", {"telephone": "appelez-moi"}),
        ("identite", {"ville": "Nulle-Part-sur-Rien"}),
        ("identite", {"annee_creation": "10" * 20}),
        ("identite", {"annee_creation": "2999"}),
        ("identite", {"convention_debut": "2026-13-45"}),
        ("identite", {"convention_debut": "2026-05-01", "convention_fin": "2026-04-01"}),
        ("identite", {"departements_convention": "14, ZZ"}),
        ("presentation", {"description": "x" * 5_001}),
        ("capacite", {"effectif": "-1"}),
        ("capacite", {"effectif": str(10**30)}),
        ("capacite", {"effectif": "5", "effectif_parcours": "6"}),
        ("capacite", {"chiffre_affaires": "1000"}),  # without its year
        ("capacite", {"chiffre_affaires": "-1", "annee_chiffre_affaires": "2025"}),
        ("capacite", {"chiffre_affaires": "1e30", "annee_chiffre_affaires": "2025"}),
        ("capacite", {"part_marches_publics": "101", "annee_part": "2025"}),
        ("capacite", {"mois": ["13"]}),
        ("capacite", {"role_prefere": "roi"}),
    ],
)
def test_a_wrong_value_writes_nothing_and_stays_on_the_page(client_structure, card, bloc, given):
    before = fresh(card).history.count()
    usual = IDENTITE if bloc == "identite" else {}
    response = client_structure.post(url(card, bloc), usual | given)
    assert response.status_code == 200
    assert "form-errors" in response.content.decode()
    assert fresh(card).history.count() == before
    assert fresh(card).champs_saisis == []


def test_means_and_capacity(client_structure, card):
    given = {
        "capacite": "12", "effectif": "30", "effectif_parcours": "22", "chiffre_affaires": "1250000,50",
        "annee_chiffre_affaires": "2025", "part_marches_publics": "40", "annee_part": "2025", "mois": ["1", "8"],
        "role_prefere": "cotraitant", "formes_commande_publique": "2", "delai_reponse_jours": "5", "siege_qpv": "true",
        "siege_zrr": "unknown",
    }  # fmt: skip
    client_structure.post(url(card, "capacite"), given)
    saved = fresh(card)
    assert (saved.capacite, saved.effectif, saved.effectif_parcours) == (12, 30, 22)
    assert (saved.mois_creux, saved.siege_qpv, saved.siege_zrr) == (0b10000001, True, None)
    assert saved.role_prefere == "cotraitant"
    assert {"mois_creux", "siege_qpv", "chiffre_affaires"} <= set(saved.champs_saisis)
    assert "siege_zrr" not in saved.champs_saisis
    page = client_structure.get(url(card, "capacite")).content.decode()
    assert page.count(" checked") == 2


@pytest.mark.parametrize("months", [[], [1], [12], [1, 2, 12], list(range(1, 13))])
def test_months_and_mask_agree(months):
    assert blocs.mois_of(blocs.masque_of(months)) == months
    assert 0 <= blocs.masque_of(months) <= 4095


def test_confirming_changes_nothing_else(client_structure, card):
    before = fresh(card)
    client_structure.post(reverse("structures:edition_confirmer", args=[card.pk]))
    after = fresh(card)
    assert after.verifiee_le == timezone.localdate()
    assert set(after.blocs_saisis) == set(Bloc.values)
    assert after.champs_saisis == before.champs_saisis
    assert blocs.etat(after, Bloc.IDENTITE) == blocs.etat(before, Bloc.IDENTITE)
    assert client_structure.get(reverse("structures:edition_confirmer", args=[card.pk])).status_code == 405


# Two people at once ---------------------------------------------------------------------------------------------------
def test_the_second_writer_is_told_and_loses_nothing(client_structure, card):
    etat = read(client_structure, card, "identite")
    colleague = sign_in(Role.STRUCTURE, organisation=card.organisation)
    colleague.post(url(card, "identite"), IDENTITE | {"telephone": "02 31 11 11 11", "etat": etat})
    mine = IDENTITE | {"enseigne": "Chez nous", "etat": etat}
    response = client_structure.post(url(card, "identite"), mine)
    page = response.content.decode()
    assert response.status_code == 200
    assert "02 31 00 00 00 → 02 31 11 11 11" in page
    assert 'value="Chez nous"' in page  # what was typed
    assert 'value="02 31 11 11 11"' in page  # what was not touched takes its new value
    assert fresh(card).enseigne == ""
    again = page.partition('name="etat" value="')[2].partition('"')[0]
    client_structure.post(
        url(card, "identite"), IDENTITE | {"enseigne": "Chez nous", "telephone": "02 31 11 11 11", "etat": again}
    )
    assert (fresh(card).enseigne, fresh(card).telephone) == ("Chez nous", "02 31 11 11 11")


def test_an_error_in_between_still_tells(client_structure, card):
    """The state that was read comes back with the errors: correcting them does not hide the other writer."""
    etat = read(client_structure, card, "identite")
    colleague = sign_in(Role.STRUCTURE, organisation=card.organisation)
    colleague.post(url(card, "identite"), IDENTITE | {"telephone": "02 31 11 11 11"})
    page = client_structure.post(url(card, "identite"), IDENTITE | {"nom": "", "etat": etat}).content.decode()
    again = page.partition('name="etat" value="')[2].partition('"')[0]
    response = client_structure.post(url(card, "identite"), IDENTITE | {"etat": again})
    assert "02 31 11 11 11" in response.content.decode()
    assert fresh(card).telephone == "02 31 11 11 11"


def test_another_block_is_no_conflict(client_structure, card):
    etat = read(client_structure, card, "identite")
    colleague = sign_in(Role.STRUCTURE, organisation=card.organisation)
    colleague.post(url(card, "presentation"), {"description": "Une menuiserie."})
    response = client_structure.post(url(card, "identite"), IDENTITE | {"enseigne": "Chez nous", "etat": etat})
    assert response.status_code == 302
    assert (fresh(card).enseigne, fresh(card).description) == ("Chez nous", "Une menuiserie.")


@pytest.mark.parametrize("etat", ["", "faux", "\x00", "x" * 5_000])
def test_a_broken_state_never_breaks(client_structure, card, etat):
    response = client_structure.post(url(card, "identite"), IDENTITE | {"enseigne": "Z", "etat": etat})
    assert response.status_code == 302


def test_lists_tell_about_another_writer(client_structure, card):
    etat = read(client_structure, card, "references")
    Offre.objects.create(structure=card, nom="Repassage")
    response = client_structure.post(url(card, "references"), lists(offres=[{"nom": "Couture"}]) | {"etat": etat})
    page = response.content.decode()
    assert "vide → Repassage" in page
    assert 'value="Couture"' in page
    assert list(card.offres.values_list("nom", flat=True)) == ["Repassage"]


# Lists ----------------------------------------------------------------------------------------------------------------
def lists(**given):
    data = {}
    for name in ("offres", "references", "labels"):
        rows = given.get(name, [])
        data |= {f"{name}-TOTAL_FORMS": str(len(rows)), f"{name}-INITIAL_FORMS": "0"}
        data |= {f"{name}-{index}-{key}": value for index, row in enumerate(rows) for key, value in row.items()}
    return data


@pytest.fixture
def label():
    return Label.objects.get_or_create(code="essai", defaults={"nom": "Label d'essai", "presentation": "Un essai"})[0]


def test_lists_are_replaced_in_their_order(client_structure, card, label):
    Offre.objects.create(structure=card, nom="Ancienne")
    data = lists(
        offres=[{"nom": "B"}, {"nom": ""}, {"nom": "A", "description": "Détail"}, {"nom": "Z", "DELETE": "on"}],
        references=[{"client": "Mairie", "annee_debut": "2020", "annee_fin": "2024"}],
        labels=[{"label": str(label.pk), "valable_jusqu_au": "2027-01-31"}],
    )
    assert client_structure.post(url(card, "references"), data).status_code == 302
    assert list(card.offres.values_list("nom", "description")) == [("B", ""), ("A", "Détail")]
    assert list(ReferenceClient.objects.values_list("client", "annee_fin")) == [("Mairie", 2024)]
    assert LabelObtenu.objects.get().valable_jusqu_au == date(2027, 1, 31)
    row = fresh(card).history.first()
    said = row.history_change_reason.replace("\u00a0", " ")
    assert said == "references;offres : 1 → 2, références : 0 → 1, labels : 0 → 1"
    page = client_structure.get(url(card, "references")).content.decode()
    assert 'value="Mairie"' in page
    assert 'value="2027-01-31"' in page


@pytest.mark.parametrize("which", ["offres", "references", "labels"])
def test_adding_a_row_keeps_what_is_typed_and_saves_nothing(client_structure, card, which):
    data = lists(offres=[{"nom": "", "description": "Sans nom encore"}]) | {f"ajouter_{which}": "1"}
    page = client_structure.post(url(card, "references"), data).content.decode()
    assert "Sans nom encore" in page
    assert "form-errors" not in page
    assert not Offre.objects.exists()
    expected = "2" if which == "offres" else "1"
    assert f'name="{which}-TOTAL_FORMS" value="{expected}"' in page


def test_a_wrong_row_is_named_by_its_list(client_structure, card):
    wrong = lists(references=[{"client": "M", "annee_debut": "1492"}])
    page = client_structure.post(url(card, "references"), wrong).content.decode()
    assert "Référence 1, de (année)</a>&nbsp;: Écrivez une année entre 1850 et 2100." in page


def test_numbers_are_typed_with_spaces(client_structure, card):
    client_structure.post(url(card, "capacite"), {"effectif": "1\u202f250"})
    assert fresh(card).effectif == 1250


@pytest.mark.parametrize(
    "given",
    [
        {"offres": [{"description": "Sans nom"}]},
        {"offres": [{"nom": "x" * 151}]},
        {"offres": [{"nom": "a\x00b"}]},
        {"references": [{"client": "M", "annee_debut": "2024", "annee_fin": "2020"}]},
        {"references": [{"client": "M", "annee_debut": str(10**30)}]},
        {"references": [{"client": "M", "annee_debut": "2999"}]},
        {"labels": [{"label": "999999999"}]},
        {"labels": [{"label": "abc"}]},
        {"labels": [{"valable_jusqu_au": "2027-01-31"}]},
    ],
)
def test_wrong_rows_write_nothing(client_structure, card, given):
    response = client_structure.post(url(card, "references"), lists(**given))
    assert response.status_code == 200
    assert "form-errors" in response.content.decode()
    assert not Offre.objects.exists()
    assert fresh(card).verifiee_le is None


def test_a_label_is_held_once(client_structure, card, label):
    data = lists(labels=[{"label": str(label.pk)}, {"label": str(label.pk)}])
    assert "déjà dans la liste" in client_structure.post(url(card, "references"), data).content.decode()


@pytest.mark.parametrize("total", ["", "abc", "99999999999", "-1", None])
def test_a_forged_number_of_rows_never_breaks(client_structure, card, total):
    data = lists() | {"offres-TOTAL_FORMS": total}
    if total is None:
        del data["offres-TOTAL_FORMS"]
    for more in ({}, {"ajouter_offres": "1"}):
        assert client_structure.post(url(card, "references"), data | more).status_code in (200, 302)


# History --------------------------------------------------------------------------------------------------------------
def test_the_history_says_who_what_and_when(client_structure, card):
    client_structure.post(url(card, "identite"), IDENTITE | {"telephone": "02 31 99 99 99"})
    client_structure.post(url(card, "capacite"), {"mois": ["7", "8"]})
    page = client_structure.get(reverse("structures:historique", args=[card.pk])).content.decode()
    assert "Identité et contact" in page
    assert "02 31 99 99 99" in page
    assert "juillet, août" in page
    assert client_structure.user.email in page


def test_a_card_that_nobody_wrote_has_no_history(client_administration):
    imported = Structure(nom="Venue d'un fichier", kind="EI", organisation=make.make_organisation()).derive()
    Structure.objects.bulk_create([imported])
    page = client_administration.get(reverse("structures:historique", args=[imported.pk]))
    assert "Personne n’a encore modifié" in page.content.decode()


def test_addresses_of_other_houses_stay_hidden(client_structure, card):
    network = sign_in(Role.RESEAU)
    card.reseaux.add(network.acteur_organisation.reseau)
    network.post(url(card, "identite"), IDENTITE | {"enseigne": "Relu"})
    page = client_structure.get(reverse("structures:historique", args=[card.pk])).content.decode()
    assert network.user.email not in page
    assert "Réseau, Organisme réseau" in page
    assert network.user.email in network.get(reverse("structures:historique", args=[card.pk])).content.decode()


def test_nobody_answers_for_what_files_changed(client_structure, card):
    client_structure.post(url(card, "capacite"), {"effectif": "10"})
    Structure.objects.filter(pk=card.pk).update(enseigne="Venue d'un fichier", modifiee_le=timezone.now())
    client_structure.post(url(card, "capacite"), {"effectif": "11"})
    rows = list(fresh(card).history.all()[:2])
    assert [row.history_change_reason for row in rows] == ["capacite", "reprise"]
    assert rows[1].history_user is None
    assert rows[0].history_date >= rows[1].history_date
    page = client_structure.get(reverse("structures:historique", args=[card.pk])).content.decode()
    assert "Reprise des fichiers publics" in page


def test_the_history_costs_the_same_for_two_and_ten(client_structure, card, django_assert_num_queries):
    where = reverse("structures:historique", args=[card.pk])

    def write(count):
        for n in range(count):
            actions.write(
                card.pk, Bloc.IDENTITE, by=client_structure.acteur, on=timezone.localdate() - timedelta(days=1),
                values={"enseigne": f"nom {timezone.now()} {n}"},
            )  # fmt: skip

    write(2)
    client_structure.get(where)
    with CaptureQueriesContext(connection) as one:
        client_structure.get(where)
    write(8)
    with django_assert_num_queries(len(one)):
        client_structure.get(where)
    write(15)
    for page in ("2", "99", str(10**30), "\x00"):
        assert client_structure.get(where, {"page": page}).status_code == 200


def test_the_overview_costs_the_same_when_the_card_is_full(client_structure, card, django_assert_num_queries):
    where = reverse("structures:edition", args=[card.pk])
    make.make_activite(structure=card)
    client_structure.get(where)
    with CaptureQueriesContext(connection) as one:
        client_structure.get(where)
    for n in range(9):
        make.make_activite(structure=card)
        Offre.objects.create(structure=card, nom=f"offre {n}")
        make.make_photo_structure(structure=card)
    with django_assert_num_queries(len(one)):
        client_structure.get(where)

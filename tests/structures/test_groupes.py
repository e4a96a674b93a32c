"""Groups, joint ventures and networks: what their pages say, who writes them, and the trace it leaves."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.permissions import Role
from structures.enums import Kind
from structures.forms.champs import StructureField, find_structure, written
from structures.models import CoEntreprise, GroupeEconomique, Structure
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
HUGE = "9" * 40


@pytest.fixture
def mine(client_structure) -> Structure:
    return client_structure.acteur_organisation.structures.get()


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


# One structure named --------------------------------------------------------------------------------------------------
def test_a_structure_is_named_by_siret_kind_or_address():
    one = make.make_structure(nom="Une")
    siret = one.organisation.identifiant
    for typed in (siret, f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}", one.get_absolute_url(),
                  f"https://exemple.fr{one.get_absolute_url()}?q=1", written(one), f"{siret} ei"):  # fmt: skip
        assert find_structure(typed) == one, typed
    twin = make.make_structure(organisation=one.organisation, kind=Kind.ACI)
    assert find_structure(f"{siret} ACI") == twin
    with pytest.raises(Exception, match="ajoutez le type"):
        find_structure(siret)
    finess = make.make_structure(identifiant_source="140000001", kind=Kind.ESAT)
    assert find_structure(written(finess)) == finess


@pytest.mark.parametrize("typed", ["\x00", "rien", "0" * 14, f"/structures/{HUGE}-x/", "/structures/0-x/", "🙂" * 50])
def test_what_names_no_structure_is_refused(typed):
    field = StructureField(required=True)
    with pytest.raises(Exception, match=r"SIRET|caractère"):
        field.clean(typed)


def test_hidden_or_foreign_structures_are_not_named():
    hidden = make.make_structure(publiee=False)
    with pytest.raises(Exception, match="Aucune structure"):
        find_structure(written(hidden))
    other = make.make_structure(nom="Autre")
    with pytest.raises(Exception, match="Autre"):
        find_structure(written(other), Structure.objects.none())


# GES ------------------------------------------------------------------------------------------------------------------
def test_a_group_page_says_members_means_and_contracts(client, django_assert_num_queries):
    groupe = make.make_groupe_economique(nom="GES du Bocage", moyens_partages="Une chargée d'insertion")
    structure = make.make_structure(nom="La Régie", groupe=groupe)
    make.make_structure(nom="Cachée", groupe=groupe, publiee=False)
    lot = make.make_lot(numero="2", marche=make.make_marche(objet="Voirie"))
    make.make_titulaire(lot=lot, organisation=structure.organisation)
    make.make_temoignage(titre="Ensemble").structures.add(structure)
    with CaptureQueriesContext(connection) as one:
        page = text(client.get(groupe.get_absolute_url()))
    for said in ("GES du Bocage", "La Régie", "chargée d&#x27;insertion", "sous son propre type", "Voirie", "Ensemble"):
        assert said in page, said
    assert "Cachée" not in page
    for _ in range(5):
        member = make.make_structure(groupe=groupe)
        make.make_titulaire(organisation=member.organisation)
    with django_assert_num_queries(len(one)):
        client.get(groupe.get_absolute_url())
    assert client.get(reverse("structures:groupe", args=[groupe.pk, "autre"])).url == groupe.get_absolute_url()


def test_a_member_creates_and_edits_its_group(client_structure, mine):
    data = {"nom": "GES neuf", "ajouter": written(mine)}
    response = client_structure.post(reverse("structures:groupe_create"), data)
    groupe = GroupeEconomique.objects.get()
    assert response.url == groupe.get_absolute_url()
    mine.refresh_from_db()
    assert mine.groupe == groupe
    assert mine.history.first().history_user == client_structure.user
    edit = reverse("structures:groupe_edit", args=[groupe.pk])
    client_structure.post(edit, {"nom": "GES renommé", "moyens_partages": "Un atelier"})
    groupe.refresh_from_db()
    assert (groupe.nom, groupe.moyens_partages) == ("GES renommé", "Un atelier")
    assert [row.history_user for row in groupe.history.all()] == [client_structure.user] * 2
    told = text(client_structure.get(reverse("structures:historique", args=[mine.pk])))
    assert "Groupe économique solidaire&nbsp;: «\u00a0GES neuf\u00a0» rejoint" in told
    client_structure.post(edit, {"nom": "GES renommé", "retirer": [mine.pk]})
    mine.refresh_from_db()
    assert mine.groupe is None
    assert client_structure.get(edit).status_code == 404


def test_a_group_is_deleted_by_those_it_speaks_of_alone(client_structure, client_administration, mine):
    groupe = make.make_groupe_economique(nom="GES d'un jour")
    Structure.objects.filter(pk=mine.pk).update(groupe=groupe)
    other = make.make_structure(groupe=groupe)
    url = reverse("structures:groupe_supprimer", args=[groupe.pk])
    assert client_structure.get(url).status_code == 404  # the other structure would lose its group
    assert url not in text(client_structure.get(groupe.get_absolute_url()))
    assert url in text(client_administration.get(groupe.get_absolute_url()))
    Structure.objects.filter(pk=other.pk).update(groupe=None)
    assert "ne nomment plus le groupe" in text(client_structure.get(url))
    assert GroupeEconomique.objects.filter(pk=groupe.pk).exists()
    response = client_structure.post(url, follow=True)
    assert "est supprimé" in response.content.decode()
    mine.refresh_from_db()
    assert (mine.groupe, GroupeEconomique.objects.count()) == (None, 0)
    assert mine.history.first().history_user == client_structure.user
    trace = GroupeEconomique.history.first()
    assert (trace.history_type, trace.history_user) == ("-", client_structure.user)


def test_nobody_commits_the_structure_of_another(client_structure, mine):
    other = make.make_structure(nom="Voisine")
    url = reverse("structures:groupe_create")
    page = text(client_structure.post(url, {"nom": "GES", "ajouter": f"{written(mine)}\n{written(other)}"}))
    assert "«\u00a0Voisine\u00a0» n&#x27;est pas une structure" in page
    assert not GroupeEconomique.objects.exists()
    other.refresh_from_db()
    assert other.groupe is None


BAD = (
    {"nom": ""},
    {"nom": "\x00", "ajouter": "\x00"},
    {"nom": "N", "ajouter": "x\n" * 200},
    {"nom": "N", "ajouter": HUGE},
    {"nom": "N" * 500},
    {"nom": "N", "site": "javascript:1"},
)


@pytest.mark.parametrize("data", BAD)
def test_bad_groups_are_refused(client_structure, data):
    page = text(client_structure.post(reverse("structures:groupe_create"), data))
    assert "Le formulaire n’est pas enregistré" in page
    assert not GroupeEconomique.objects.exists()


def test_a_network_writes_the_groups_of_its_members(client_reseau):
    reseau = client_reseau.acteur_organisation.reseau
    groupe = make.make_groupe_economique()
    structure = make.make_structure(groupe=groupe)
    url = reverse("structures:groupe_edit", args=[groupe.pk])
    assert client_reseau.get(url).status_code == 404
    structure.reseaux.add(reseau)
    assert client_reseau.get(url).status_code == 200


@pytest.mark.parametrize("name", ["groupes", "co_entreprises", "reseaux"])
def test_empty_lists_propose_the_directory(client, name):
    page = text(client.get(reverse(f"structures:{name}"), {"page": HUGE}))
    assert "Ouvrir l’annuaire" in page


# Joint ventures -------------------------------------------------------------------------------------------------------
def founders(*rows, initial=0) -> dict:
    data = {"fondateurs-TOTAL_FORMS": len(rows), "fondateurs-INITIAL_FORMS": initial}
    for rank, row in enumerate(rows):
        data |= {f"fondateurs-{rank}-{name}": value for name, value in row.items()}
    return data


def test_a_joint_venture_is_deleted_by_its_founder(client_structure, mine):
    mine_alone = make.make_fondateur(structure=mine).co_entreprise
    shared = make.make_fondateur(structure=mine).co_entreprise
    make.make_fondateur(co_entreprise=shared, structure=make.make_structure())
    for page, code in ((shared, 404), (mine_alone, 302)):
        url = reverse("structures:co_entreprise_supprimer", args=[page.pk])
        assert client_structure.post(url).status_code == code
    assert list(CoEntreprise.objects.all()) == [shared]
    CoEntreprise.objects.filter(pk=shared.pk).update(structure=None)
    shared.fondateurs.exclude(structure=mine).delete()
    CoEntreprise.objects.filter(pk=shared.pk).update(structure=make.make_structure())  # its own card is of others
    url = reverse("structures:co_entreprise_supprimer", args=[shared.pk])
    assert client_structure.get(url).status_code == 404


def test_a_joint_venture_is_written_with_its_founders(client_structure, mine, client):
    url = reverse("structures:co_entreprise_create")
    rows = [{"nom": "Nous", "structure": written(mine), "apport": "Le savoir-faire", "part": "50,5"},
            {"nom": "Une banque", "apport": "Des fonds", "part": "49,5"}]  # fmt: skip
    data = {"nom": "Ensemble SAS", "objet": "Réemploi", "plan_impact": "Postes créés, chaque année"}
    client_structure.post(url, data | founders(*rows))
    co_entreprise = CoEntreprise.objects.get()
    page = text(client.get(co_entreprise.get_absolute_url()))
    for said in ("Réemploi", "Le savoir-faire", "50,5", "Une banque", "Postes créés"):
        assert said in page, said
    edit = reverse("structures:co_entreprise_edit", args=[co_entreprise.pk])
    kept = {f"{key}": value for key, value in founders(*rows, initial=2).items()} | {"fondateurs-1-DELETE": "on"}
    client_structure.post(edit, data | {"objet": "Réparation"} | kept)
    co_entreprise.refresh_from_db()
    assert co_entreprise.objet == "Réparation"
    assert [row.nom for row in co_entreprise.fondateurs.all()] == ["Nous"]
    assert [row.history_user for row in co_entreprise.history.all()] == [client_structure.user] * 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "Nommez parmi les fondateurs"),
        ([{"nom": "X", "part": "60"}, {"nom": "Y", "part": "50"}], "ne peuvent dépasser 100"),
        ([{"nom": "X", "part": "101"}], "Des lignes sont à corriger"),
        ([{"nom": "X", "structure": "rien"}], "Aucune structure de l&#x27;annuaire"),
        ([{"nom": "X"}] * 25, "Des lignes sont à corriger"),
    ],
)
def test_bad_founders_are_refused(client_structure, rows, said):
    data = {"nom": "SAS", "objet": "Objet"} | founders(*rows)
    assert said in text(client_structure.post(reverse("structures:co_entreprise_create"), data))
    assert not CoEntreprise.objects.exists()


# Networks -------------------------------------------------------------------------------------------------------------
def test_a_network_page_counts_its_structures(client, django_assert_num_queries):
    reseau = make.make_reseau(nom="Coorace d'essai", presentation="# Qui ?\n\n<script>x</script> **Nous**")
    calvados = make.make_departement(code="14", nom="Calvados")
    for kind in (Kind.AI, Kind.AI, Kind.EI):
        make.make_structure(kind=kind, departement=calvados).reseaux.add(reseau)
    make.make_structure(publiee=False).reseaux.add(reseau)
    with CaptureQueriesContext(connection) as one:
        page = text(client.get(reseau.get_absolute_url()))
    assert "3 structures dans l’annuaire" in page
    assert f"?reseau={reseau.slug}&amp;kind=AI" in page
    assert "Calvados (14)" in page
    assert "<strong>Nous</strong>" in page
    assert "<script>x" not in page
    for _ in range(5):
        make.make_structure(departement=calvados).reseaux.add(reseau)
    with django_assert_num_queries(len(one)):
        client.get(reseau.get_absolute_url())


def test_a_network_shows_its_published_stories_alone(client, client_reseau):
    reseau = client_reseau.acteur_organisation.reseau
    make.make_temoignage(titre="Récit du réseau", auteur=reseau.organisation)
    make.make_temoignage(titre="Autre récit")
    page = text(client.get(reseau.get_absolute_url()))
    assert "Récit du réseau" in page
    assert "Autre récit" not in page


def test_its_staff_write_its_presentation_with_history(client_reseau):
    reseau = client_reseau.acteur_organisation.reseau
    url = reverse("structures:reseau_edit", args=[reseau.slug])
    client_reseau.post(url, {"presentation": "Nous réunissons.", "site": "exemple.fr", "nom": "Piraté"})
    reseau.refresh_from_db()
    assert (reseau.presentation, reseau.site) == ("Nous réunissons.", "https://exemple.fr")
    assert reseau.nom != "Piraté"
    assert reseau.history.first().history_user == client_reseau.user
    other = make.make_reseau()
    assert client_reseau.post(reverse("structures:reseau_edit", args=[other.slug]), {}).status_code == 404
    assert sign_in(Role.STRUCTURE).get(url).status_code == 403

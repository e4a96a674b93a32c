"""No query string shows what the role may not see: every open page, each role, every parameter one could think of."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.permissions import Role
from structures.models import Activite, Structure
from structures.search_index import reindex
from structures.zones import make_zone
from tests.conftest import sign_in
from tests.factories import (
    make_favori,
    make_liste_favoris,
    make_message_echange,
    make_recherche_enregistree,
    make_reseau,
    make_structure,
    make_user,
)
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
# Administration is left out: it sees unpublished cards, which is its work.
READERS = [None, "compte", Role.ACHETEUR, Role.STRUCTURE, Role.ENTREPRISE, Role.FACILITATEUR, Role.RESEAU]
OTHERS = {
    "note d'un autre organisme": "Note-Xylophone",
    "nom de sa liste": "Liste-Xylophone",
    "recherche enregistrée": "Recherche-Xylophone",
    "message": "Message-Xylophone",
    "adresse d'un compte": "xylophone@compte.invalid",
}
HIDDEN = {"nom": "Cachée Xylophone", "courriel": "xylophone@cachee.invalid", "telephone": "0655443322"}
ANY = "xylophone"


@pytest.fixture
def world(db):
    """A published card, a hidden one and a replaced one of the same trade and town, and what others keep of them."""
    country = make_country()
    reseau = make_reseau(slug="nord", nom="Nord")
    seat = {"commune": country.caen, "departement": country.calvados, "ville": "Caen", "latitude": 49.182,
            "longitude": -0.371}  # fmt: skip
    shown = make_structure(nom="Montrée", **seat)
    hidden = make_structure(publiee=False, description="Cachée Xylophone", **HIDDEN, **seat)
    replaced = make_structure(remplacee_par=shown, **HIDDEN | {"nom": "Ancienne Xylophone"}, **seat)
    for structure in (shown, hidden, replaced):
        structure.reseaux.add(reseau)
        Activite.objects.create(structure=structure, secteur=country.proprete, zone=make_zone([("departement", "14")]))
    reindex()
    owner = make_user(email=OTHERS["adresse d'un compte"])
    liste = make_liste_favoris(nom=OTHERS["nom de sa liste"])
    make_favori(liste=liste, structure=shown, note=OTHERS["note d'un autre organisme"])
    make_recherche_enregistree(user=owner, nom=OTHERS["recherche enregistrée"])
    echange = make_message_echange(texte=OTHERS["message"]).echange
    echange.structure = shown
    echange.save()
    return shown, hidden, replaced


def pages(shown: Structure, hidden: Structure) -> list[str]:
    """Addresses that show structures to everyone."""
    named = {
        "list": {}, "comparer": {}, "secteurs": {}, "territoires": {}, "reseaux": {}, "groupes": {},
        "co_entreprises": {}, "potentiel": {}, "flux": {}, "fournisseurs": {}, "export": {},
        "secteur": {"code": "proprete"}, "territoire": {"cle": "departement-14"}, "reseau": {"slug": "nord"},
        "detail": {"pk": shown.pk, "slug": shown.slug},
    }  # fmt: skip
    return [reverse(f"structures:{name}", kwargs=kwargs) for name, kwargs in named.items()]


def forged(hidden: Structure, replaced: Structure) -> list[str]:
    """Query strings: every column of the model asked for as a filter, roles, keys of hidden rows, other ways to see."""
    columns = [field.name for field in Structure._meta.concrete_fields]
    siret = hidden.organisation.identifiant
    return [
        "&".join(f"{name}={value}" for name in columns for value in ("1", "False")),
        "&".join(f"tri={name}" for name in columns) + "&contact=1&colonnes=courriel,telephone&format=csv",
        "role=administration&acteur=1&is_staff=1&membre=1&user=1&debug=1&publiee=0&remplacee_par=1&all=1&format=json",
        f"s={hidden.pk}&s={replaced.pk}&pk={hidden.pk}&id={hidden.pk}&structure={hidden.pk}&liste=1&favoris=1",
        "ou=Caen&rayon=300&vue=carte",
        "lieu=departement-14&secteur=proprete&reseau=nord&budget=1&duree=12",
        f"siret={siret}&numero={siret}&q={siret}",
        "q=cachee&format=json",
    ]


def told(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace").lower()


@pytest.mark.parametrize("role", READERS)
def test_no_query_string_shows_what_the_role_may_not_see(world, role):
    shown, hidden, replaced = world
    client = Client() if role in (None, "compte") else sign_in(role)
    if role == "compte":
        client.force_login(make_user())
    seen = 0
    for page in pages(shown, hidden):
        for query in forged(hidden, replaced):
            response = client.get(f"{page}?{query}")
            assert response.status_code in {200, 302, 404}, (page, query)
            said = told(response)
            assert ANY not in said, (page, query)
            assert HIDDEN["telephone"] not in said.replace(" ", ""), (page, query)
            seen += "montrée" in said
    assert seen > 20  # the pages do show what they may


@pytest.mark.parametrize("role", READERS)
def test_a_hidden_card_does_not_exist(world, role):
    _, hidden, _ = world
    client = Client() if role in (None, "compte") else sign_in(role)
    for name, kwargs in (("detail", {"slug": hidden.slug}), ("vcard", {})):
        address = reverse(f"structures:{name}", kwargs={"pk": hidden.pk} | kwargs)
        for query in ("", "?publiee=0", "?role=administration", "?apercu=1"):
            assert client.get(address + query).status_code == 404, (name, query)

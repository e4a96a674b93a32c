"""Who opens what: one line per page and per role. A page missing here makes the suite fail: decide, then add its line.

« Mine » are the objects of the organisations the clients act for: a contract of the buyer, held by the firm, with a
clause followed by the facilitator and hours done in the structure; a story of the network. « Strange » ones belong to
other people: what a role may not reach does not exist (404).
"""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from clauses.enums import Etat
from portal.pages.models import Temoignage
from portal.permissions import Role
from tests import factories as make
from tests.conftest import sign_in

# The columns of the table, in this order.
COLUMNS = ("visiteur", *Role.values)  # acheteur, structure, entreprise, facilitateur, reseau, administration
NAMESPACES = ("structures", "marches", "clauses", "pages")


def everybody(code: int = 200) -> tuple[int, ...]:
    return (code,) * len(COLUMNS)


def only(*roles: Role, code: int = 200, others: int = 403) -> tuple[int, ...]:
    """`code` for these roles; a visitor is sent to sign in, the others get `others`."""
    return (302, *(code if role in roles else others for role in Role))


def signed_in(code: int = 200) -> tuple[int, ...]:
    return only(*Role, code=code)


def replaced(codes: tuple[int, ...], others: dict[Role, int]) -> tuple[int, ...]:
    """`codes` with another answer for some roles."""
    return tuple(others.get(column, code) for column, code in zip(COLUMNS, codes, strict=True))


@dataclass(frozen=True)
class Page:
    """A named page: the answer to each column on « my » objects, and on a stranger's when they differ."""

    name: str
    mine: tuple[int, ...]
    strange: tuple[int, ...] | None = None
    kwargs: dict = field(default_factory=dict)  # URL argument → path in the world: "lot.pk"
    method: str = "get"
    data: dict = field(default_factory=dict)

    def url(self, world) -> str:
        return reverse(self.name, kwargs={key: follow(world, path) for key, path in self.kwargs.items()})


def follow(world, path: str):
    value = world
    for step in path.split("."):
        value = getattr(value, step)
    return value


A, S, E, F, R = Role.ACHETEUR, Role.STRUCTURE, Role.ENTREPRISE, Role.FACILITATEUR, Role.RESEAU
ADMIN = Role.ADMINISTRATION
PARTIES = (F, A, E, S)  # those a clause concerns
STRUCTURE = {"pk": "structure.pk", "slug": "structure.slug"}
STORY = {"pk": "temoignage.pk", "slug": "temoignage.slug"}
LOT = {"pk": "lot.pk"}
CLAUSE = {"pk": "clause.pk"}
MONTH, HOURS, PERSON = {"pk": "declaration.pk"}, {"pk": "imputation.pk"}, {"pk": "participant.pk"}
DRAFT = {"pk": "brouillon.pk"}
PHOTO = {"pk": "brouillon.pk", "photo_pk": "photo.pk"}

PAGES = [
    # The ground
    Page("sante", everybody()),
    Page("media", everybody(404), kwargs={"path": "nulle_part"}),
    # Directory
    Page("structures:list", everybody()),
    Page("structures:detail", everybody(), kwargs=STRUCTURE),
    # Asked for a membership that is not theirs.
    Page("structures:agir", signed_in(404), method="post", data={"membre": "0"}),
    # Register
    Page("marches:list", everybody()),
    Page("marches:detail", everybody(), kwargs={"pk": "marche.pk"}),
    Page("marches:lot_detail", everybody(), kwargs={"pk": "lot.pk"}),
    # Administration reaches every contract.
    Page("marches:lot_rattacher", only(A, ADMIN), replaced(only(A, ADMIN), {A: 404}), kwargs=LOT),
    Page(
        "marches:lot_detacher",
        only(A, ADMIN, code=302),
        replaced(only(A, ADMIN, code=302), {A: 404}),
        kwargs=LOT,
        method="post",
    ),
    # Clauses and hours
    Page("clauses:calculateur", everybody()),
    Page("clauses:list", only(*PARTIES)),
    Page("clauses:create", only(F), kwargs={"lot_pk": "lot.pk"}),
    Page("clauses:detail", only(*PARTIES), only(*PARTIES, code=404), kwargs=CLAUSE),
    Page("clauses:add_heures_dues", only(F), only(F, code=404), kwargs=CLAUSE, method="post"),
    Page("clauses:open_month", replaced(only(F, E), {S: 404}), only(F, E, S, code=404), kwargs=CLAUSE, method="post"),
    # The month belongs to the firm that owes the hours; other declarants do not reach it.
    Page("clauses:declaration", replaced(only(F, E), {S: 404}), only(F, E, S, code=404), kwargs=MONTH),
    Page("clauses:accept_all_clean", only(F, code=302), only(F, code=404), kwargs=MONTH, method="post"),
    Page("clauses:accept", only(F, code=302), only(F, code=404), kwargs=HOURS, method="post"),
    Page("clauses:refuse", only(F), only(F, code=404), kwargs=HOURS, method="post"),
    Page("clauses:cancel", only(F), only(F, code=404), kwargs=HOURS, method="post"),
    Page("clauses:correct", replaced(only(F, E), {S: 404}), only(F, E, S, code=404), kwargs=HOURS, method="post"),
    Page("clauses:participants", only(F)),
    Page("clauses:participant_create", only(F)),
    Page("clauses:participant", only(F), only(F, code=404), kwargs=PERSON),
    Page("clauses:participant_fiche", only(F), only(F, code=404), kwargs=PERSON),
    Page("clauses:add_eligibilite", only(F), only(F, code=404), kwargs=PERSON, method="post"),
    Page("clauses:assign", only(F), only(F, code=404), kwargs=PERSON, method="post"),
    # Home, board, stories
    Page("pages:accueil", everybody()),
    Page("pages:tableau_de_bord", signed_in()),
    Page("pages:importation", only(Role.ADMINISTRATION), kwargs={"pk": "importation.pk"}),
    Page("pages:temoignages", everybody()),
    Page("pages:flux", everybody()),
    Page("pages:temoignage", everybody(), kwargs=STORY),
    Page("pages:mes_temoignages", only(R)),
    Page("pages:temoignage_create", only(R)),
    Page("pages:temoignage_edit", only(R), only(R, code=404), kwargs=DRAFT),
    Page("pages:temoignage_photos", only(R), only(R, code=404), kwargs=DRAFT),
    Page("pages:photo_edit", only(R), only(R, code=404), kwargs=PHOTO),
    Page("pages:photo_delete", only(R, code=302), only(R, code=404), kwargs=PHOTO, method="post"),
    Page("pages:temoignage_apercu", only(R), only(R, code=404), kwargs=DRAFT),
    Page("pages:temoignage_publication", only(R), only(R, code=404), kwargs=DRAFT),
    Page("pages:temoignage_delete", only(R, code=302), only(R, code=404), kwargs=DRAFT, method="post"),
    # The site itself
    Page("pages:mentions_legales", everybody()),
    Page("pages:accessibilite", everybody()),
    Page("pages:credits", everybody()),
    Page("pages:donnees_personnelles", everybody()),
    Page("pages:robots", everybody()),
    Page("pages:sitemap", everybody()),
    Page("pages:favicon", everybody(301)),
]


def make_world(clients: dict[str, Client] | None):
    """One of each object; those of the organisations of `clients`, or of strangers without."""

    owners = clients or {role: sign_in(role) for role in Role}

    def owner(role: Role):
        return owners[role].acteur_organisation

    acheteur, structure, facilitateur = owner(A).acheteur, owner(S).structures.get(), owner(F).facilitateur
    lot = make.make_lot(marche=make.make_marche(acheteur=acheteur))
    make.make_titulaire(lot=lot, organisation=owner(E))
    clause = make.make_clause(lot=lot, facilitateur=facilitateur)
    make.make_heures_dues(clause=clause)
    participant = make.make_participant(facilitateur=facilitateur)
    affectation = make.make_affectation(participant=participant, employeur=structure.organisation)
    declaration = make.make_declaration(clause=clause, organisation=owner(E))
    imputation = make.make_imputation(
        clause=clause,
        ligne=make.make_ligne_heures(affectation=affectation),
        declaration=declaration,
        etat=Etat.TRANSMISE,
    )
    brouillon = make.make_temoignage(auteur=owner(R), statut=Temoignage.Statut.BROUILLON)
    return SimpleNamespace(
        nulle_part="nulle-part.png",
        structure=structure,
        marche=lot.marche,
        lot=lot,
        clause=clause,
        declaration=declaration,
        imputation=imputation,
        participant=participant,
        temoignage=make.make_temoignage(auteur=owner(R)),
        brouillon=brouillon,
        photo=make.make_photo(temoignage=brouillon),
        importation=make.make_importation(),
    )


def answers(page: Page, mine: bool) -> dict[str, int]:
    """The code each column gets. A page that writes finds untouched objects each time."""
    found, clients, world = {}, {}, None
    for column in COLUMNS:
        if world is None or page.method == "post":
            clients = {role: sign_in(role) for role in Role}
            world = make_world(clients if mine else None)
        client = Client() if column == "visiteur" else clients[Role(column)]
        found[column] = getattr(client, page.method)(page.url(world), page.data).status_code
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_open_to_the_right_roles(page):
    assert answers(page, mine=True) == dict(zip(COLUMNS, page.mine, strict=True))


@pytest.mark.django_db
@pytest.mark.parametrize("page", [page for page in PAGES if page.kwargs], ids=lambda page: page.name)
def test_objects_of_others_are_out_of_reach(page):
    assert answers(page, mine=False) == dict(zip(COLUMNS, page.strange or page.mine, strict=True))


def named_urls() -> set[str]:
    """Names of every page of ours, with their namespace."""

    def walk(patterns, prefix=""):
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if pattern.namespace in NAMESPACES:
                    yield from walk(pattern.url_patterns, f"{pattern.namespace}:")
            elif pattern.name:
                yield prefix + pattern.name

    return set(walk(get_resolver().url_patterns))


def test_every_page_is_in_the_table_once():
    names = [page.name for page in PAGES]
    assert len(names) == len(set(names))
    assert named_urls() == set(names)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_page_has_a_name(namespace):
    patterns = next(p.url_patterns for p in get_resolver().url_patterns if getattr(p, "namespace", None) == namespace)
    assert [str(pattern.pattern) for pattern in patterns if not pattern.name] == []


@pytest.mark.django_db
def test_refused_role_reads_why(client_structure):
    """The 403 page says which roles may come in."""
    response = client_structure.get(reverse("pages:mes_temoignages"))
    assert response.status_code == 403
    assert "réseau" in response.content.decode()


@pytest.mark.django_db
def test_visitor_is_sent_to_sign_in_and_back(client):
    url = reverse("pages:mes_temoignages")
    response = client.get(url)
    assert response.status_code == 302
    assert response.url == f"{reverse('account_login')}?next={url}"


@pytest.mark.django_db
def test_closed_membership_gives_no_role(client_reseau):
    client_reseau.user.membres.update(actif=False)
    assert client_reseau.get(reverse("pages:mes_temoignages")).status_code == 403

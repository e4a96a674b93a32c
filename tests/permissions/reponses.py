"""A page and the answer it gives to each role; the answers that many pages share."""

from dataclasses import dataclass, field

from django.urls import reverse

from portal.permissions import Role

# The columns of the table, in this order.
COLUMNS = ("visiteur", *Role.values)  # acheteur, structure, entreprise, facilitateur, reseau, administration


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
LOT, CONTRACT, HIDDEN = {"pk": "lot.pk"}, {"pk": "marche.pk"}, {"pk": "cache.pk"}
# A buyer writes its own contracts; administration reaches every one.
KEEPS = only(A, ADMIN), replaced(only(A, ADMIN), {A: 404})
SITE, CONTACT = {"pk": "site.pk"}, {"pk": "referent.pk"}
SITES_READ = (
    replaced(only(A, S, E, ADMIN), {S: 404}),
    replaced(only(A, S, E, ADMIN, code=404), {ADMIN: 200}),
)
KEPT_BACK = only(A, ADMIN, code=302), replaced(only(A, ADMIN, code=302), {A: 404})
CLAUSE, GAP = {"pk": "clause.pk"}, {"pk": "avise.pk"}
# Given to the firm, for the contracts of the buyer: the structure has another one.
ATTESTED = replaced(only(F, A, E), {S: 404}), only(*PARTIES, code=404)
MONTH, HOURS, PERSON = {"pk": "declaration.pk"}, {"pk": "imputation.pk"}, {"pk": "participant.pk"}
REPORT = replaced(only(*PARTIES, code=404), {F: 200, A: 200}), only(*PARTIES, code=404)
REPORT_OF, SIGNED = {"portee": "portee", "objet": "bilan.objet"}, {"pk": "bilan.pk"}
DRAFT = {"pk": "brouillon.pk"}
PHOTO = {"pk": "brouillon.pk", "photo_pk": "photo.pk"}
SUPPLIERS, PURCHASES, PURCHASE_FILE = {"pk": "liste.pk"}, {"pk": "achats.pk"}, {"pk": "fichier_achats.pk"}
GROUPED = (replaced(only(S, R, ADMIN), {R: 404}), replaced(only(S, R, ADMIN), {S: 404, R: 404}))
USERS = (A, F, R, E, S)
MINE = (replaced(only(*USERS, code=404), {A: 200}), only(*USERS, code=404))
KEPT, STAR, TALK, SEARCH = {"pk": "favoris.pk"}, {"pk": "favori.pk"}, {"pk": "echange.pk"}, {"pk": "recherche.pk"}
DEPOT = {"pk": "depot.pk"}
CONTRATS, IMPORT_CONTRATS = {"pk": "contrats.pk"}, {"pk": "import_contrats.pk"}
CARD = {"pk": "structure.pk"}
TRADE = CARD | {"activite_pk": "activite.pk"}
WRITTEN = replaced(only(S, R, ADMIN), {R: 404}), replaced(only(S, R, ADMIN, code=404), {ADMIN: 200})
DONE = replaced(only(S, R, ADMIN, code=302), {R: 404}), replaced(only(S, R, ADMIN, code=404), {ADMIN: 302})
GROUP = {"pk": "groupement.pk"}
NOBODY = (404,) * len(COLUMNS)
GROUP_SEEN = (replaced(NOBODY, {A: 200, S: 200, E: 200, ADMIN: 200}), replaced(NOBODY, {ADMIN: 200}))


def group_written(code: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What its spokesperson and the administration may write; out of reach for other bidders and buyers."""
    strange = replaced(only(A, S, E, ADMIN, code=404), {ADMIN: code})
    return replaced(strange, {S: code}), strange

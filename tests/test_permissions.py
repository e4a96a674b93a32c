"""Who opens what: one line per page and per role. A page missing here makes the suite fail: decide, then add its line.

« Mine » are the objects of the organisations the clients act for: a contract of the buyer, held by the firm, with a
clause followed by the facilitator and hours done in the structure; a story of the network. « Strange » ones belong to
other people: what a role may not reach does not exist (404).
"""

from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from clauses import stats
from clauses.enums import Etat
from clauses.models import ClauseSociale
from marches.actions.reconductions import jeton as jeton_agenda
from marches.notifications.alliances import jeton
from portal.models import Depot
from portal.pages.models import Temoignage
from portal.permissions import Role
from structures.actions.recherches import stop_token
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


PAGES = [
    # The ground
    Page("sante", everybody()),
    Page("media", everybody(404), kwargs={"path": "nulle_part"}),
    # Directory
    Page("structures:list", everybody()),
    Page("structures:comparer", everybody()),
    Page("structures:types", everybody()),
    Page("structures:detail", everybody(), kwargs=STRUCTURE),
    Page("structures:export", everybody()),
    # Files of structures; each step belongs to who left the file
    Page("structures:importations", only(R, ADMIN)),
    Page("structures:import_structures", only(R, ADMIN)),
    Page(
        "structures:import_correspondance",
        replaced(only(R, ADMIN), {ADMIN: 404}),
        only(R, ADMIN, code=404),
        kwargs=DEPOT,
    ),
    Page(
        "structures:import_apercu",
        replaced(only(R, ADMIN, code=302), {ADMIN: 404}),
        only(R, ADMIN, code=404),
        kwargs=DEPOT,
    ),
    Page(
        "structures:import_confirmer",
        replaced(only(R, ADMIN, code=302), {ADMIN: 404}),
        only(R, ADMIN, code=404),
        kwargs=DEPOT,
        method="post",
    ),
    Page(
        "structures:import_abandonner",
        replaced(only(R, ADMIN, code=302), {ADMIN: 404}),
        only(R, ADMIN, code=404),
        kwargs=DEPOT,
        method="post",
    ),
    Page(
        "structures:importation_annuler",
        only(R, ADMIN),
        replaced(only(R, ADMIN), {R: 404}),
        kwargs={"pk": "importation.pk"},
    ),
    # Asked for a membership that is not theirs.
    Page("structures:agir", signed_in(404), method="post", data={"membre": "0"}),
    # Places, sectors, potential, feed
    Page("structures:territoires", everybody()),
    Page("structures:territoire", everybody(404), kwargs={"cle": "nul_territoire"}),
    Page("structures:secteurs", everybody()),
    Page("structures:secteur", everybody(), kwargs={"code": "secteur.code"}),
    Page("structures:potentiel", everybody()),
    Page("structures:flux", everybody()),
    # Is this supplier inclusive? A list belongs to the person who left it.
    Page("structures:fournisseurs", everybody()),
    Page("structures:fournisseurs_liste", signed_in()),
    Page("structures:fournisseurs_rapport", only(A, others=404), signed_in(404), kwargs=SUPPLIERS),
    Page("structures:fournisseurs_export", only(A, others=404), signed_in(404), kwargs=SUPPLIERS),
    Page(
        "structures:fournisseurs_effacer",
        only(A, code=302, others=404),
        signed_in(404),
        kwargs=SUPPLIERS,
        method="post",
    ),
    Page("structures:vcard", everybody(), kwargs={"pk": "structure.pk"}),
    # Groups, joint ventures, networks: written by the people of one of the structures; administration reaches all
    Page("structures:groupes", everybody()),
    Page("structures:groupe", everybody(), kwargs={"pk": "groupe.pk", "slug": "groupe.slug"}),
    Page("structures:groupe_create", only(S, R, ADMIN)),
    Page("structures:groupe_edit", *GROUPED, kwargs={"pk": "groupe.pk"}),
    Page("structures:co_entreprises", everybody()),
    Page("structures:co_entreprise", everybody(), kwargs={"pk": "co_entreprise.pk", "slug": "co_entreprise.slug"}),
    Page("structures:co_entreprise_create", only(S, R, ADMIN)),
    Page("structures:co_entreprise_edit", *GROUPED, kwargs={"pk": "co_entreprise.pk"}),
    Page("structures:reseaux", everybody()),
    Page("structures:reseau", everybody(), kwargs={"slug": "reseau.slug"}),
    Page(
        "structures:reseau_edit",
        only(R, ADMIN),
        replaced(only(R, ADMIN), {R: 404}),
        kwargs={"slug": "reseau.slug"},
    ),
    # Alliances: the link of a message needs no account
    Page("marches:alliances", everybody()),
    Page("marches:alliance", everybody(), kwargs={"pk": "alliance.pk", "slug": "alliance.slug"}),
    Page("marches:alliance_create", only(S, R, ADMIN)),
    Page("marches:alliance_edit", *GROUPED, kwargs={"pk": "alliance.pk"}),
    Page("marches:alliance_quitter", everybody(), kwargs={"jeton": "depart"}),
    Page("marches:alliance_proposer", only(S, ADMIN), replaced(only(S, ADMIN), {S: 404}), kwargs={"pk": "alliance.pk"}),
    # A candidate group: its members see it, its spokesperson writes it, the buyer chooses it once it has applied
    Page("marches:groupements", only(S, E)),
    Page(
        "marches:groupement_create",
        only(A, S, E, ADMIN),
        replaced(only(A, S, E, ADMIN), {A: 404}),
        kwargs={"lot_pk": "lot.pk"},
    ),
    Page("marches:groupement", *GROUP_SEEN, kwargs=GROUP),
    Page("marches:groupement_imprimer", *GROUP_SEEN, kwargs=GROUP),
    Page("marches:groupement_edit", *group_written(200), kwargs=GROUP),
    Page("marches:groupement_changer", *group_written(200), kwargs=GROUP, method="post"),
    Page("marches:groupement_supprimer", *group_written(302), kwargs=GROUP, method="post"),
    Page(
        "marches:groupement_retenir",
        only(A, ADMIN, code=302),
        replaced(only(A, ADMIN, code=302), {A: 404}),
        kwargs=GROUP,
        method="post",
    ),
    # Lists of an organisation, messages of the two sides, searches of a person
    Page("structures:favoris", only(*USERS)),
    Page("structures:favoris_liste", *MINE, kwargs=KEPT),
    Page("structures:favoris_modifier", *MINE, kwargs=KEPT),
    Page("structures:favoris_supprimer", *MINE, kwargs=KEPT),
    Page("structures:favoris_ecrire", *MINE, kwargs=KEPT),
    Page("structures:favori_ajouter", only(*USERS, code=302), kwargs={"pk": "structure.pk"}, method="post"),
    Page("structures:favori_note", *MINE, kwargs=STAR),
    Page(
        "structures:favori_retirer",
        replaced(only(*USERS, code=404), {A: 302}),
        only(*USERS, code=404),
        kwargs=STAR,
        method="post",
    ),
    Page("structures:favori_remplacer", only(*USERS, code=404), kwargs=STAR, method="post"),  # it is not replaced
    Page("structures:echanges", only(*USERS)),
    Page("structures:echange_nouveau", only(*USERS), kwargs={"pk": "structure.pk"}),
    Page("structures:echange", replaced(only(*USERS, code=404), {A: 200, S: 200}), only(*USERS, code=404), kwargs=TALK),
    Page(
        "structures:echange_fermer",
        replaced(only(*USERS, code=404), {S: 302}),
        only(*USERS, code=404),
        kwargs=TALK,
        method="post",
    ),
    Page("structures:echange_reponse", everybody(), kwargs={"jeton": "echange.jeton"}),  # the link is the key
    Page("structures:recherches", signed_in()),
    Page("structures:recherche_enregistrer", signed_in(302), method="post"),
    Page("structures:recherche_modifier", only(A, others=404), signed_in(404), kwargs=SEARCH),
    Page("structures:recherche_supprimer", only(A, others=404), signed_in(404), kwargs=SEARCH),
    Page("structures:recherche_arreter", everybody(), kwargs={"jeton": "arret"}),
    # Cards kept alive: the card of the structure is written by its members and the administration, here in no network
    Page("structures:revendiquer", replaced(signed_in(), {S: 302}), signed_in(), kwargs=CARD),
    Page("structures:revendications", only(S, R, ADMIN)),
    Page("structures:revendication", *WRITTEN, kwargs={"pk": "demande.pk"}),
    Page("structures:revendication_confirmer", signed_in(404), kwargs={"token": "demande.jeton"}),  # somebody else's
    Page("structures:equipe", signed_in()),
    Page(
        "structures:invitation_revoquer",
        replaced(signed_in(404), {S: 302}),
        signed_in(404),
        kwargs={"pk": "invitation.pk"},
        method="post",
    ),
    Page("structures:quitter", only(S, others=404), signed_in(404), kwargs={"pk": "appartenance.pk"}),
    Page("structures:equipe_retirer", only(S, others=404), signed_in(404), kwargs={"pk": "collegue.pk"}),
    Page("structures:invitation", everybody(), kwargs={"token": "invitation.jeton"}),  # it says for whom it is
    Page("structures:ma_fiche", only(S, code=302)),
    Page("structures:edition", *WRITTEN, kwargs=CARD),
    Page("structures:edition_confirmer", *DONE, kwargs=CARD, method="post"),
    Page("structures:historique", *WRITTEN, kwargs=CARD),
    Page("structures:edition_bloc", *WRITTEN, kwargs=CARD | {"bloc": "bloc"}),
    Page("structures:edition_photos", *WRITTEN, kwargs=CARD),
    Page("structures:edition_photo", *WRITTEN, kwargs=CARD | {"photo_pk": "photo_structure.pk"}),
    Page("structures:edition_photo_action", *DONE, kwargs=CARD | {"photo_pk": "photo_structure.pk"}, method="post"),
    Page("structures:edition_activites", *WRITTEN, kwargs=CARD),
    Page("structures:edition_activite_ajouter", *WRITTEN, kwargs=CARD),
    Page("structures:edition_activite", *WRITTEN, kwargs=TRADE),
    Page("structures:edition_activite_supprimer", *WRITTEN, kwargs=TRADE),
    Page(
        "structures:edition_reseaux",
        only(S, ADMIN),
        replaced(only(S, ADMIN), {S: 404}),
        kwargs=CARD,
    ),
    Page(
        "structures:edition_reseaux_quitter",
        only(S, ADMIN, code=404),
        kwargs=CARD,
        method="post",
    ),
    Page("structures:adhesions", only(S, R, ADMIN)),
    Page(
        "structures:adhesion",
        replaced(only(S, R, ADMIN), {R: 404}),
        replaced(only(S, R, ADMIN, code=404), {ADMIN: 200}),
        kwargs={"pk": "adhesion.pk"},
    ),
    Page("structures:edition_zone_copier", *DONE, kwargs=TRADE, method="post"),
    # Register
    Page("marches:list", everybody()),
    Page("marches:croisements", only(A, F, R, ADMIN)),
    Page("marches:dispenses", only(A, ADMIN)),
    Page("marches:export", everybody()),
    Page("marches:export_controle", everybody()),
    Page("marches:export_marche", everybody(), kwargs={"pk": "marche.pk"}),
    Page("marches:export_lot", everybody(), kwargs=LOT),
    Page("marches:detail", everybody(), kwargs={"pk": "marche.pk"}),
    Page("marches:lot_detail", everybody(), kwargs={"pk": "lot.pk"}),
    Page("marches:puis_je_repondre", signed_in(), kwargs=LOT),
    Page("marches:regles", everybody()),
    # Contracts by hand; a draft exists for its buyer and for administration
    Page("marches:create", only(A, ADMIN)),
    Page("marches:edit", *KEEPS, kwargs=CONTRACT),
    Page("marches:liens", *KEEPS, kwargs=CONTRACT),
    Page("marches:publier", *KEEPS, kwargs=HIDDEN),
    Page("marches:delete", *KEEPS, kwargs=HIDDEN),
    Page("marches:revenir", *KEPT_BACK, kwargs=CONTRACT, method="post"),
    Page("marches:historique", *KEEPS, kwargs=CONTRACT),
    Page("marches:lot_create", *KEEPS, kwargs=CONTRACT),
    Page("marches:lot_edit", *KEEPS, kwargs=LOT),
    Page("marches:lot_delete", *KEEPS, kwargs=LOT),
    Page("marches:lot_revenir", *KEPT_BACK, kwargs=LOT, method="post"),
    Page("marches:lot_historique", *KEEPS, kwargs=LOT),
    Page("marches:modification_create", *KEEPS, kwargs=LOT),
    Page("marches:modification_edit", *KEEPS, kwargs=LOT | {"ligne": "modification.pk"}),
    Page("marches:modification_delete", *KEPT_BACK, kwargs=LOT | {"ligne": "modification.pk"}, method="post"),
    Page("marches:sous_traitance_create", *KEEPS, kwargs=LOT),
    Page("marches:sous_traitance_edit", *KEEPS, kwargs=LOT | {"ligne": "acte.pk"}),
    Page("marches:sous_traitance_delete", *KEPT_BACK, kwargs=LOT | {"ligne": "acte.pk"}, method="post"),
    # Sites are kept by their buyer; those of a lot are read by its holders, here the company
    Page("marches:sites", only(A)),
    Page("marches:site_create", only(A)),
    Page("marches:site_edit", only(A), only(A, code=404), kwargs=SITE),
    Page("marches:site_delete", only(A, code=302), only(A, code=404), kwargs=SITE, method="post"),
    Page("marches:referent_create", only(A)),
    Page("marches:referent_edit", only(A), only(A, code=404), kwargs=CONTACT),
    Page("marches:referent_delete", only(A, code=302), only(A, code=404), kwargs=CONTACT, method="post"),
    Page("marches:sites_deposer", only(A)),
    Page("marches:sites_colonnes", only(A), only(A, code=404), kwargs={"pk": "liste_sites.pk"}),
    Page("marches:sites_apercu", only(A, code=302), only(A, code=404), kwargs={"pk": "liste_sites.pk"}),
    Page("marches:lot_sites", *SITES_READ, kwargs=LOT),
    Page("marches:lot_sites_imprimer", *SITES_READ, kwargs=LOT),
    Page("marches:lot_sites_ajouter", *KEEPS, kwargs=LOT),
    Page("marches:lot_site_heures", *KEEPS, kwargs=LOT | {"ligne": "site_lot.pk"}),
    Page("marches:lot_reconductions", *KEEPS, kwargs=LOT),
    Page("marches:reconduction_retirer", *KEPT_BACK, kwargs=LOT | {"rang": "premier"}, method="post"),
    Page("marches:lot_ics", everybody(), kwargs=LOT),
    Page("marches:echeances", only(A, S, E)),
    Page("marches:agenda_ouvrir", only(A, S, E, code=302), method="post"),
    Page("marches:agenda_fermer", only(A, S, E, code=302), method="post"),
    Page("marches:agenda", everybody(), kwargs={"jeton": "agenda"}),  # the address is the key
    # Administration reaches every contract.
    Page("marches:lot_rattacher", only(A, ADMIN), replaced(only(A, ADMIN), {A: 404}), kwargs=LOT),
    Page(
        "marches:lot_detacher",
        only(A, ADMIN, code=302),
        replaced(only(A, ADMIN, code=302), {A: 404}),
        kwargs=LOT,
        method="post",
    ),
    # Notices: open data; their files belong to administration, their parties to the buyer as well
    Page("marches:appels", everybody()),
    Page("marches:avis_tous", everybody()),
    Page("marches:avis_detail", everybody(), kwargs={"pk": "avis.pk"}),
    # Files of contracts; each step belongs to who left the file
    Page("marches:importations", only(A, ADMIN)),
    Page("marches:import_contrats", only(A, ADMIN)),
    Page("marches:import_apercu", replaced(only(A, ADMIN), {ADMIN: 404}), only(A, ADMIN, code=404), kwargs=CONTRATS),
    Page(
        "marches:import_confirmer",
        replaced(only(A, ADMIN, code=302), {ADMIN: 404}),
        only(A, ADMIN, code=404),
        kwargs=CONTRATS,
        method="post",
    ),
    Page(
        "marches:import_abandonner",
        replaced(only(A, ADMIN, code=302), {ADMIN: 404}),
        only(A, ADMIN, code=404),
        kwargs=CONTRATS,
        method="post",
    ),
    Page(
        "marches:importation_relancer",
        only(A, ADMIN, code=302),
        replaced(only(A, ADMIN, code=302), {A: 404}),
        kwargs=IMPORT_CONTRATS,
        method="post",
    ),
    Page("marches:importation_annuler", only(A, ADMIN), replaced(only(A, ADMIN), {A: 404}), kwargs=IMPORT_CONTRATS),
    Page("marches:avis_annuler", only(ADMIN), kwargs={"pk": "import_avis.pk"}),
    Page("marches:parties", only(A, ADMIN)),
    Page("marches:partie", only(A, ADMIN), replaced(only(A, ADMIN), {A: 404}), kwargs={"pk": "partie.pk"}),
    # What a buyer really bought: nobody else's, administration included
    Page("marches:achats", only(A)),
    Page("marches:achats_deposer", only(A)),
    Page("marches:achats_colonnes", only(A), only(A, code=404), kwargs=PURCHASES),
    Page("marches:achats_apercu", only(A, code=302), only(A, code=404), kwargs=PURCHASES),
    Page("marches:achats_fichier", only(A), only(A, code=404), kwargs=PURCHASE_FILE),
    Page("marches:achats_supprimer", only(A, code=302), only(A, code=404), kwargs=PURCHASE_FILE, method="post"),
    Page("marches:achats_rapprocher", only(A, code=302), method="post"),
    Page("marches:achats_export", only(A)),
    Page("marches:achats_synthese", only(A)),
    Page("marches:oeth", only(A)),
    Page("marches:oeth_fiche", only(A)),
    Page("marches:oeth_export", only(A)),
    # Clauses and hours
    Page("clauses:calculateur", everybody()),
    Page("clauses:estimations", only(*USERS)),
    Page("clauses:estimation_create", only(*USERS, code=302), method="post"),
    Page(
        "clauses:estimation",
        replaced(only(A), {S: 404, E: 404, F: 404, R: 404}),
        only(*USERS, code=404),
        kwargs={"pk": "estimation.pk"},
    ),
    Page(
        "clauses:estimation_clauses",
        replaced(only(F), {F: 404}),
        only(F, code=404),
        kwargs={"pk": "estimation.pk"},
    ),
    Page(
        "clauses:estimation_delete",
        replaced(only(A, code=302), {S: 404, E: 404, F: 404, R: 404}),
        only(*USERS, code=404),
        kwargs={"pk": "estimation.pk"},
        method="post",
    ),
    Page("clauses:conventions", only(F, A)),
    Page("clauses:convention_create", only(F)),
    Page("clauses:convention", only(F, A), only(F, A, code=404), kwargs={"pk": "convention.pk"}),
    Page("clauses:convention_pdf", only(F, A), only(F, A, code=404), kwargs={"pk": "convention.pk"}),
    Page("clauses:convention_edit", only(F), only(F, code=404), kwargs={"pk": "convention.pk"}),
    Page("clauses:convention_suite", only(F), only(F, code=404), kwargs={"pk": "convention.pk"}),
    Page("clauses:convention_tache", only(F), only(F, code=404), method="post", kwargs={"pk": "convention.pk"}),
    Page(
        "clauses:convention_service",
        only(F, code=302),
        only(F, code=404),
        kwargs={"pk": "convention.pk", "service_pk": "service.pk"},
        method="post",
    ),
    Page("clauses:modeles", only(F, A)),
    Page("clauses:modele", only(F, A), kwargs={"pk": "modele.pk"}),
    Page("clauses:modele_create", only(F, A)),
    Page("clauses:modele_edit", only(F, A), kwargs={"pk": "modele.pk"}),
    Page("clauses:modele_retirer", only(F, A, code=404), kwargs={"pk": "modele.pk"}, method="post"),
    Page("clauses:facilitateurs", everybody()),
    Page("clauses:facilitateur", everybody(), kwargs={"pk": "facilitateur.pk"}),
    Page("clauses:facilitateur_edit", only(F)),
    Page("clauses:demandes", only(F)),
    Page("clauses:demande_traiter", only(F, code=302), only(F, code=404), kwargs={"pk": "demande_f.pk"}, method="post"),
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
    Page(
        "clauses:renoncer",
        replaced(only(F, E, code=302), {S: 404}),
        only(F, E, S, code=404),
        kwargs=HOURS,
        method="post",
    ),
    Page(
        "clauses:heures_modele",
        replaced(only(F, E), {S: 404}),
        only(F, E, S, code=404),
        kwargs=MONTH | {"format": "csv"},
    ),
    Page("clauses:heures_deposer", replaced(only(F, E), {S: 404}), only(F, E, S, code=404), kwargs=MONTH),
    Page(
        "clauses:heures_apercu",
        only(F, E, S, code=404),
        only(F, E, S, code=404),
        kwargs=MONTH | {"depot_pk": "depot.pk"},
    ),
    Page(
        "clauses:heures_ecartees",
        only(F, E, S, code=404),
        only(F, E, S, code=404),
        kwargs=MONTH | {"depot_pk": "depot.pk"},
    ),
    Page(
        "clauses:historique",
        replaced(only(F, E), {S: 404}),
        only(F, E, S, code=404),
        kwargs=MONTH | {"ligne_pk": "imputation.ligne_id"},
    ),
    Page(
        "clauses:repartir",
        replaced(only(F, E), {S: 404}),
        only(F, E, S, code=404),
        kwargs=MONTH | {"affectation_pk": "affectation.pk"},
    ),
    *(
        Page(f"clauses:{name}", only(F), only(F, code=404), kwargs=CLAUSE)
        for name in ("reprise", "passer", "inviter", "reunion", "tache")
    ),
    Page("clauses:passation", only(F), only(F, code=404), kwargs={"pk": "passation.pk"}),
    Page("clauses:passation_retirer", only(F, code=404), kwargs={"pk": "passation.pk"}, method="post"),
    Page("clauses:tache_faite", only(F, code=302), only(F, code=404), kwargs={"pk": "tache.pk"}, method="post"),
    Page("clauses:poste_create", only(F), only(F, code=404), kwargs=CLAUSE),
    Page("clauses:poste", only(F), only(F, code=404), kwargs={"pk": "poste.pk"}),
    Page("clauses:poste_diffuser", only(F, code=302), only(F, code=404), kwargs={"pk": "poste.pk"}, method="post"),
    Page("clauses:poste_clore", only(F, code=302), only(F, code=404), kwargs={"pk": "poste.pk"}, method="post"),
    Page("clauses:prescripteurs", only(F)),
    Page(
        "clauses:prescripteur_bascule",
        only(F, code=302),
        only(F, code=404),
        kwargs={"pk": "prescripteur.pk"},
        method="post",
    ),
    # A gap just found is its facilitator's; once notified (« avise ») its parties see it; the buyer alone decides
    Page("clauses:ecart_constater", only(F), only(F, code=404), kwargs={"clause_pk": "clause.pk"}),
    Page("clauses:ecart", replaced(only(F, A, E), {S: 404}), only(*PARTIES, code=404), kwargs=GAP),
    Page("clauses:ecart_notifier", only(F, code=302), only(F, code=404), kwargs={"pk": "ecart.pk"}, method="post"),
    Page("clauses:ecart_abandonner", only(F, code=302), only(F, code=404), kwargs={"pk": "ecart.pk"}, method="post"),
    Page("clauses:ecart_observer", replaced(only(E, S), {S: 404}), only(E, S, code=404), kwargs=GAP, method="post"),
    Page("clauses:ecart_proposer", only(F), only(F, code=404), kwargs=GAP, method="post"),
    Page("clauses:ecart_decider", only(A), only(A, code=404), kwargs=GAP, method="post"),
    Page("clauses:ecart_repartir", replaced(only(E, S), {S: 404}), only(E, S, code=404), kwargs=GAP, method="post"),
    Page("clauses:ecart_lettre", replaced(only(F, A, E), {S: 404}), only(*PARTIES, code=404), kwargs=GAP),
    Page(
        "clauses:ecart_lettre_decision",
        replaced(only(F, A, E), {S: 404}),
        only(*PARTIES, code=404),
        kwargs={"pk": "decide.pk"},
    ),
    Page("clauses:participants", only(F)),
    Page("clauses:participant_create", only(F)),
    Page("clauses:participant", only(F), only(F, code=404), kwargs=PERSON),
    Page("clauses:participant_fiche", only(F), only(F, code=404), kwargs=PERSON),
    Page("clauses:add_eligibilite", only(F), only(F, code=404), kwargs=PERSON, method="post"),
    Page("clauses:formation_create", only(F), only(F, code=404), kwargs=PERSON),
    Page("clauses:formation", only(F), only(F, code=404), kwargs=PERSON | {"formation_pk": "formation.pk"}),
    Page("clauses:participant_export", only(F), only(F, code=404), kwargs=PERSON),
    Page("clauses:participant_effacer", only(F), only(F, code=404), kwargs=PERSON),
    Page("clauses:notice_remise", only(F, code=302), only(F, code=404), kwargs=PERSON, method="post"),
    Page("clauses:points", only(F)),
    Page("clauses:sorties", only(F)),
    Page("clauses:sortie", only(F), only(F, code=404), kwargs=PERSON),
    Page("clauses:annuler_sortie", only(F, code=302), only(F, code=404), kwargs=PERSON, method="post"),
    Page("clauses:point_suivi", only(F), only(F, code=404), kwargs={"pk": "sorti.pk", "terme": "terme"}),
    Page("clauses:prolonger", only(F), only(F, code=404), kwargs={"pk": "eligibilite.pk"}),
    Page("clauses:affectation_edit", only(F), only(F, code=404), kwargs={"pk": "affectation.pk"}),
    Page("clauses:transferer", only(F), only(F, code=404), kwargs={"pk": "affectation.pk"}),
    # The payroll number: its employer alone
    Page("clauses:matricule", replaced(only(E, S), {E: 404}), only(E, S, code=404), kwargs={"pk": "affectation.pk"}),
    Page("clauses:salaries", only(E, S)),
    Page("clauses:registre_traitements", everybody()),
    Page("clauses:bilans", only(*PARTIES)),
    Page("clauses:bilan", *REPORT, kwargs=REPORT_OF),
    Page("clauses:bilan_fichier", *REPORT, kwargs=REPORT_OF | {"format": "csv"}),
    Page("clauses:indicateurs", only(F)),
    Page("clauses:indicateurs_fichier", only(F), kwargs={"annee": "annee", "format": "csv"}),
    Page("clauses:bilan_signer", only(F, code=302), only(F, code=404), kwargs=REPORT_OF, method="post"),
    Page("clauses:bilan_signe", *REPORT, kwargs=SIGNED),
    Page("clauses:bilan_signe_fichier", *REPORT, kwargs=SIGNED | {"format": "csv"}),
    Page("clauses:clotures", only(F)),
    Page("clauses:clore", only(F), method="post"),
    Page("clauses:cloture", only(F), only(F, code=404), kwargs={"pk": "cloture.pk"}),
    Page("clauses:cloture_fichier", only(F), only(F, code=404), kwargs={"pk": "cloture.pk", "format": "csv"}),
    Page("clauses:attestations", only(*PARTIES)),
    Page("clauses:attestation_create", only(F)),
    Page("clauses:attestation_verifier", everybody()),
    Page("clauses:attestation", *ATTESTED, kwargs={"pk": "attestation.pk"}),
    Page("clauses:attestation_pdf", *ATTESTED, kwargs={"pk": "attestation.pk"}),
    Page("clauses:attestation_annuler", only(F), only(F, code=404), kwargs={"pk": "attestation.pk"}, method="post"),
    Page("clauses:assign", only(F), only(F, code=404), kwargs=PERSON, method="post"),
    # Home, board, stories
    Page("pages:accueil", everybody()),
    Page("pages:tableau_de_bord", signed_in()),
    Page(
        "pages:importation",
        replaced(only(ADMIN, R, A), {A: 404}),
        replaced(only(ADMIN, R, A), {R: 404, A: 404}),
        kwargs={"pk": "importation.pk"},
    ),
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
    Page("pages:statistiques", everybody()),
    Page("pages:statistiques_csv", everybody(), kwargs={"annee": "publication.annee"}),
    Page("pages:donnees_personnelles", everybody()),
    Page("pages:robots", everybody()),
    Page("pages:sitemap", everybody()),
    Page("pages:favicon", everybody(301)),
]


def chiffres_vides() -> dict:
    """The figures of a report about nothing."""
    return stats.chiffres(stats.Perimetre(ClauseSociale.objects.none(), date(2026, 1, 1), date(2026, 12, 31)))


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
    attestation = make.make_attestation(facilitateur=facilitateur, organisation=owner(E))
    attestation.acheteurs.add(owner(A))
    participant = make.make_participant(facilitateur=facilitateur)
    affectation = make.make_affectation(participant=participant, employeur=structure.organisation)
    declaration = make.make_declaration(clause=clause, organisation=owner(E))
    imputation = make.make_imputation(
        clause=clause,
        ligne=make.make_ligne_heures(affectation=affectation),
        declaration=declaration,
        etat=Etat.TRANSMISE,
    )
    groupe = make.make_groupe_economique()
    type(structure).objects.filter(pk=structure.pk).update(groupe=groupe)
    fondateur = make.make_fondateur(structure=structure)
    membre = make.make_membre_alliance(structure=structure)
    groupement = make.make_groupement(lot=lot, retenu=False, candidature_le=date(2026, 1, 15))
    make.make_membre_groupement(groupement=groupement, organisation=structure.organisation, mandataire=True)
    make.make_membre_groupement(groupement=groupement, organisation=owner(E))
    favori = make.make_favori(liste=make.make_liste_favoris(organisation=owner(A)))
    recherche = make.make_recherche_enregistree(user=owners[A].user)
    avis = make.make_avis(acheteur=acheteur)
    brouillon = make.make_temoignage(auteur=owner(R), statut=Temoignage.Statut.BROUILLON)
    partie = make.make_partie_convention(acheteur=acheteur, convention=make.make_convention(facilitateur=facilitateur))
    return SimpleNamespace(
        nulle_part="nulle-part.png",
        annee=2026,
        publication=make.make_statistique_publique(),
        bloc="identite",
        demande=make.make_revendication(structure=structure),
        invitation=make.make_invitation(organisation=structure.organisation),
        appartenance=owners[S].user.membres.get(),
        adhesion=make.make_adhesion(groupe=groupe, reseau=None),
        collegue=make.make_membre(organisation=owner(S), role=S),
        photo_structure=make.make_photo_structure(structure=structure),
        activite=make.make_activite(structure=structure),
        nul_territoire="departement-00",
        secteur=make.make_secteur(),
        structure=structure,
        groupe=groupe,
        groupement=groupement,
        co_entreprise=fondateur.co_entreprise,
        reseau=owner(R).reseau,
        alliance=membre.alliance,
        depart=jeton(membre),
        marche=lot.marche,
        cache=make.make_lot(marche=make.make_marche(acheteur=acheteur, publie=False)).marche,
        lot=lot,
        premier=1,
        modification=make.make_modification(lot=lot),
        acte=make.make_acte_sous_traitance(lot=lot),
        site=make.make_site(acheteur=acheteur),
        site_lot=make.make_site_lot(lot=lot),
        referent=make.make_referent_acheteur(acheteur=acheteur),
        liste_sites=left(owners[A], "sites"),
        agenda=jeton_agenda(make.make_agenda(organisation=owner(A))),
        facilitateur=facilitateur,
        convention=partie.convention,
        service=make.make_service_convention(convention=partie.convention),
        modele=make.make_modele_clause(publie_le=date(2026, 1, 1)),
        estimation=make.make_estimation(organisation=owner(A)),
        demande_f=make.make_demande_facilitateur(facilitateur=facilitateur),
        clause=clause,
        passation=make.make_passation(vers=facilitateur),
        tache=make.make_tache(clause=clause),
        poste=make.make_poste(clause=clause),
        prescripteur=make.make_prescripteur(facilitateur=facilitateur),
        ecart=make.make_ecart(clause=make.make_clause(lot=lot, facilitateur=facilitateur)),
        avise=make.make_ecart(clause=clause, etape="notifie", notifie_le=date(2026, 1, 5)),
        decide=make.make_ecart(clause=clause, etape="clos", decision="renonciation", decidee_le=timezone.now()),
        declaration=declaration,
        imputation=imputation,
        csv="csv",
        portee="marche",
        bilan=make.make_bilan(facilitateur=facilitateur, objet=str(lot.marche.pk), chiffres=chiffres_vides()),
        cloture=make.make_cloture(facilitateur=facilitateur, chiffres=chiffres_vides()),
        attestation=attestation,
        participant=participant,
        sorti=make.make_participant(facilitateur=facilitateur, sortie_le=participant.entree_le),
        terme=3,
        formation=make.make_action_formation(participant=participant),
        eligibilite=make.make_eligibilite(participant=participant),
        affectation=affectation,
        temoignage=make.make_temoignage(auteur=owner(R)),
        brouillon=brouillon,
        photo=make.make_photo(temoignage=brouillon),
        importation=make.make_importation(
            format="tableau", rapport={"organisation": owner(R).pk}, terminee_le=timezone.now()
        ),
        avis=avis,
        partie=make.make_partie(avis=avis, role="titulaire"),
        import_avis=make.make_importation(format="avis", rapport={"lus": 1}, terminee_le=timezone.now()),
        depot=make.make_depot(user=owners[R].user, usage="structures"),
        contrats=left(owners[A], "contrats"),
        import_contrats=make.make_importation(
            format="decp-2022", rapport={"organisation": owner(A).pk}, terminee_le=timezone.now()
        ),
        favoris=favori.liste,
        favori=favori,
        echange=make.make_echange(organisation=owner(A), structure=structure),
        recherche=recherche,
        arret=stop_token(recherche),
        liste=left(owners[A], "fournisseurs"),
        achats=left(owners[A], "achats"),
        fichier_achats=make.make_fichier_achats(organisation=owner(A)),
    )


def left(client: Client, usage: str):
    """A file that the user of this client left for an import of their organisation."""
    choix = {"organisation": client.acteur_organisation.pk}
    return Depot.objects.create(
        user=client.user, usage=usage, nom="liste.csv", contenu=b"SIRET;Montant\n1;2\n", choix=choix
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

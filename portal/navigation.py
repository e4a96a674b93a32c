"""What the header shows, by role: names and addresses only, each page guards itself."""

import re
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from portal.permissions import Role


@dataclass(frozen=True)
class Lien:
    """An entry of the main navigation; `roles` empty means everybody, `aussi` matches other addresses that it holds."""

    libelle: str
    vue: str
    roles: frozenset = frozenset()
    aussi: str = ""

    def holds(self, path: str) -> int:
        """How much of this address is that of the entry, 0 when it is somewhere else."""
        found = re.match(self.aussi, path) if self.aussi else None
        return max(len(self.url) if path.startswith(self.url) else 0, found.end() if found else 0)

    @cached_property
    def url(self) -> str:
        return reverse(self.vue)


LIENS = (
    Lien("Structures", "structures:list"),
    Lien("Marchés", "marches:list"),
    Lien("Appels en cours", "marches:appels"),
    Lien("Calculer une clause", "clauses:calculateur"),
    Lien("Témoignages", "pages:temoignages"),
    Lien(
        "Suivi des clauses",
        "clauses:list",
        frozenset({Role.FACILITATEUR, Role.ACHETEUR, Role.ENTREPRISE, Role.STRUCTURE}),
    ),
    Lien("Échéances", "marches:echeances", frozenset({Role.ACHETEUR, Role.ENTREPRISE, Role.STRUCTURE})),
    Lien("Mes achats", "marches:achats", frozenset({Role.ACHETEUR})),
    Lien("Participants", "clauses:participants", frozenset({Role.FACILITATEUR})),
    Lien(
        "Importer des structures",
        "structures:import_structures",
        frozenset({Role.RESEAU, Role.ADMINISTRATION}),
        r"/structures/importations/",
    ),
    Lien("Mes témoignages", "pages:mes_temoignages", frozenset({Role.RESEAU})),
    Lien("Ma fiche", "structures:ma_fiche", frozenset({Role.STRUCTURE}), r"/structures/\d+/(modifier|historique)/"),
    Lien("Rattachements", "structures:revendications", frozenset({Role.RESEAU, Role.ADMINISTRATION})),
)

USERS = frozenset({Role.ACHETEUR, Role.FACILITATEUR, Role.RESEAU, Role.ENTREPRISE, Role.STRUCTURE})
# In the account menu: what people keep for themselves and their colleagues.
ESPACE = (
    Lien("Mes listes", "structures:favoris", USERS),
    Lien("Messages", "structures:echanges", USERS),
    Lien("Mes recherches", "structures:recherches"),
    Lien("Mes estimations", "clauses:estimations", USERS),
    Lien("Conventions", "clauses:conventions", frozenset({Role.FACILITATEUR, Role.ACHETEUR})),
    Lien("Modèles de clauses", "clauses:modeles", frozenset({Role.FACILITATEUR, Role.ACHETEUR})),
    Lien("Demandes reçues", "clauses:demandes", frozenset({Role.FACILITATEUR})),
    Lien("Ma page de facilitateur", "clauses:facilitateur_edit", frozenset({Role.FACILITATEUR})),
    Lien(
        "Bilans",
        "clauses:bilans",
        frozenset({Role.FACILITATEUR, Role.ACHETEUR, Role.ENTREPRISE, Role.STRUCTURE}),
    ),
    Lien("Mes témoignages", "pages:mes_temoignages", frozenset({Role.FACILITATEUR})),
    Lien(
        "Attestations d'heures",
        "clauses:attestations",
        frozenset({Role.FACILITATEUR, Role.ACHETEUR, Role.ENTREPRISE, Role.STRUCTURE}),
    ),
    Lien("Mes salariés en parcours", "clauses:salaries", frozenset({Role.STRUCTURE, Role.ENTREPRISE})),
    Lien("Mes groupements", "marches:groupements", frozenset({Role.STRUCTURE, Role.ENTREPRISE})),
)
KEEPERS = frozenset({Role.ACHETEUR, Role.ADMINISTRATION})
# Below it: what those who keep contracts do with them.
REGISTRE = (
    Lien("Saisir un marché", "marches:create", KEEPERS),
    Lien("Sites et référents", "marches:sites", frozenset({Role.ACHETEUR})),
    Lien("Imports de marchés", "marches:importations", KEEPERS),
    Lien("Parties à rapprocher", "marches:parties", KEEPERS),
    Lien("Contrôles croisés", "marches:croisements", KEEPERS | {Role.FACILITATEUR, Role.RESEAU}),
    Lien("Registre des dispenses", "marches:dispenses", KEEPERS),
)


def navigation(request) -> dict:
    """Context of every page: `liens` of the acting role, the acteur, and the other memberships to choose from."""
    acteur = getattr(request, "acteur", None)
    if acteur is None:  # an error raised before the middleware could say who acts
        return {"liens": [(lien, False) for lien in LIENS if not lien.roles], "acteur": None, "membres": []}
    liens = [lien for lien in LIENS if not lien.roles or acteur.role in lien.roles]
    nearest = max(liens, key=lambda lien: lien.holds(request.path), default=None)
    current = nearest.url if nearest and nearest.holds(request.path) else ""
    return {
        "liens": [(lien, lien.url == current) for lien in liens],
        "page_courante": current,  # all that the header of a visitor depends on
        "espace": [lien for lien in ESPACE if not lien.roles or acteur.role in lien.roles],
        "registre_liens": [lien for lien in REGISTRE if acteur.role in lien.roles],
        "acteur": acteur,
        "membres": request.membres.membres if len(request.membres.membres) > 1 else [],
    }

"""Where the told contracts are performed: a collège or a lycée for each association, and whom to speak to there."""

from marches.enums import TypeSite
from marches.models import Marche, ReferentAcheteur, Site, SiteLot
from structures.models import Commune, Structure

# name of the collège, its town, the association that has it; all of the names are invented
COLLEGES = [
    ("Collège des Quatre-Vents", "14118", "actif"), ("Collège de la Folie-Couvrechef", "14118", "actif"),
    ("Collège du Bois-Joli", "14327", "actif"), ("Collège des Rives de l'Orne", "14271", "actif"),
    ("Collège du Bessin", "14047", "ai-bessin"), ("Collège des Deux-Falaises", "14333", "ai-estuaire"),
    ("Collège de la Vallée d'Auge", "14366", "ai-auge"), ("Collège des Haies vives", "14762", "ai-bocage"),
    ("Collège du Donjon", "14258", "ai-falaise"), ("Collège des Deux-Rives", "14715", "ai-touques"),
    ("Collège des Planches", "14220", "ai-cote-fleurie"), ("Collège de la Druance", "14174", "ai-druance"),
    ("Collège de la Nacre", "14191", "ai-nacre"), ("Collège de la Baie", "14342", "ai-isigny"),
]  # fmt: skip
LYCEES = [
    ("Lycée du Perche", "28280", "ai-28-perche"), ("Lycée des Vergers", "28085", "action-emploi"),
    ("Lycée de la Beauce", "28085", "ai-28-chartres"), ("Lycée des Marronniers", "28134", "ai-28-dreux"),
    ("Lycée du Dunois", "28088", "ai-28-dunois"),
]  # fmt: skip
CENTRES = [("Centre routier de l'Orne", "14118"), ("Centre routier du Bessin", "14047"),
           ("Centre routier du Bocage", "14762"), ("Centre routier du Pays d'Auge", "14366")]  # fmt: skip
AGENTS = (9, 11, 8, 10, 12)


def load(cards: dict[str, Structure], contracts: dict[str, Marche]) -> int:
    """Make the sites with their holder and their referent; how many. One centre is still to be given to somebody."""
    colleges = contracts["colleges-suite"]
    made = _give(
        colleges, cards, COLLEGES, TypeSite.COLLEGE, "0149{:03d}Z",
        [("Gestionnaire des collèges du nord", "Collèges"), ("Gestionnaire des collèges du sud", "Collèges")],
    )  # fmt: skip
    made += _give(
        contracts["lycees"], cards, LYCEES, TypeSite.LYCEE, "0289{:03d}Z",
        [("Correspondante des lycées d'Eure-et-Loir", "Lycées"), ("Chargé des agents des lycées", "Lycées")],
    )  # fmt: skip
    routes = contracts["centres-routiers"]
    lot = routes.lots.get()
    holder = lot.titulaires.get().organisation
    for rank, (nom, insee) in enumerate(CENTRES):
        site = _site(routes, nom, insee, TypeSite.AUTRE, f"CR-{rank + 1}", rank)
        SiteLot.objects.create(lot=lot, site=site, organisation=holder if rank else None)
    return made + len(CENTRES)


def _give(marche: Marche, cards, rows, kind: TypeSite, code: str, referents: list[tuple[str, str]]) -> int:
    lot = marche.lots.get()
    people = [
        ReferentAcheteur.objects.create(
            acheteur=marche.acheteur, fonction=fonction, role=role, courriel=f"referent{rank}@demo.invalid"
        )
        for rank, (fonction, role) in enumerate(referents, 1)
    ]
    for rank, (nom, insee, cle) in enumerate(rows):
        site = _site(marche, nom, insee, kind, code.format(rank + 1), rank)
        SiteLot.objects.create(
            lot=lot, site=site, organisation=cards[cle].organisation, referent=people[rank % len(people)]
        )
    return len(rows)


def _site(marche: Marche, nom: str, insee: str, kind: TypeSite, code: str, rank: int) -> Site:
    return Site.objects.create(
        acheteur=marche.acheteur, nom=nom, code=code, type=kind, agents=AGENTS[rank % len(AGENTS)], fictif=True,
        commune=Commune.objects.filter(code=insee).first(),
    )  # fmt: skip

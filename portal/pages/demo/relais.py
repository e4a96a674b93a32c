"""Where to turn where no facilitator works, invented, and one private expert."""

from clauses.enums import GenreRelais
from clauses.models import Relais
from structures.zones import make_zone

RELAIS = (
    (GenreRelais.PLIE, "PLIE des Deux Vallées", ("departement", "72"), "Accompagnement de demandeurs d'emploi."),
    (GenreRelais.MISSION_LOCALE, "Mission locale du Haut Maine", ("departement", "72"), "Jeunes de 16 à 25 ans."),
    (GenreRelais.RESEAU, "Réseau ligérien de l'insertion", ("region", "52"), "Structures d'insertion de la région."),
    (GenreRelais.CLUB, "Club des entreprises engagées de l'Ouest", ("region", "52"), "Achats et recrutements."),
    (GenreRelais.SERVICE, "Mission des achats de l'État en région", ("region", "52"), "Acheteurs de l'État."),
    (GenreRelais.EXPERT, "Cabinet Clause et Territoire", None, "Conseil payant aux maîtres d'ouvrage."),
)


def load() -> int:
    """Make the relays; how many."""
    for genre, nom, place, presentation in RELAIS:
        Relais.objects.create(
            genre=genre, nom=nom, zone=make_zone([place]) if place else None, presentation=presentation, fictif=True,
            courriel="contact@exemple.invalid",
        )  # fmt: skip
    return len(RELAIS)

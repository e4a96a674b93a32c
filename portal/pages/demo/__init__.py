"""Demonstration data: the founding stories told with their figures, people by their function, the rest invented.

Every row is marked `fictive` or `fictif`, and invented bodies carry SIRET numbers of a range that is not attributed.
"""

from django.db import transaction
from django.utils import timezone

from clauses.actions.modeles import load_models
from clauses.actions.statistiques import publier as publier_statistiques
from portal.models import Importation
from portal.pages.demo import (
    achats,
    appels,
    chartes,
    comptes,
    fiches,
    heures,
    imports,
    liens,
    marches,
    personnes,
    procedures,
    questions,
    relais,
    sites,
    structures,
    suivi,
    temoignages,
    usages,
)
from portal.pages.demo.comptes import MOT_DE_PASSE, accounts
from structures.search_index import reindex

__all__ = ["MOT_DE_PASSE", "accounts", "is_loaded", "load"]

FORMAT = "demonstration"


def is_loaded() -> bool:
    return Importation.objects.filter(format=FORMAT).exists()


@transaction.atomic
def load(today=None) -> list[str]:
    """Load everything in one transaction and give what was made, in words; `today` dates what is under way."""
    today = today or timezone.localdate()
    cards = structures.load(today)
    fiches.load(cards, today)
    contracts = marches.load(cards, today)
    clauses, lignes = heures.load(contracts, cards["esl"].organisation, today)
    suivi.load(today)
    relais.load()
    load_models(today)
    sites.load(cards, contracts)
    people = comptes.load(cards, contracts)
    heures.attribuer(people)
    relais.convention(people["facilitateur"].facilitateur, people["acheteur"].acheteur, today)
    personnes.load(people["facilitateur"].facilitateur, [cards["esl"].organisation, people["structure"]], today)
    suivi.annee(people["facilitateur"].facilitateur, people["acheteur"], people["entreprise"], today)
    liens.load(cards)
    reindex([card.pk for card in cards.values()])
    usages.load(cards, people, today)
    imports.load(cards, people)
    achats.load(cards, people["acheteur"], today)
    stories = temoignages.load(cards, contracts, people["reseau"], today)
    calls = appels.load(contracts, today)
    questions.load(people, today)
    procedures.load(people, today)
    chartes.load(people["reseau"], today)
    publier_statistiques(today)
    counts = [
        f"{len(cards)} structures",
        f"{len(contracts)} marchés",
        f"{calls} appels en cours",
        f"{clauses} clauses",
        f"{lignes} lignes d'heures",
        f"{len(stories)} témoignages",
    ]
    Importation.objects.create(
        format=FORMAT, fichier="démonstration", terminee_le=timezone.now(), rapport={"charges": counts}
    )
    return counts

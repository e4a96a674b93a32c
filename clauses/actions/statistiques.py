"""Publish the figures of each year for everybody."""

from datetime import date

from django.db import transaction

from clauses.models import StatistiquePublique
from clauses.parametres import seuil
from clauses.rules import personnes_publiables
from clauses.stats.publiques import annees, chiffres_publics


def publier(on: date, *, refaire: bool = False) -> list[int]:
    """Write the years that may still change; which ones. `refaire`: those whose people are told as well.

    A year under way is published without people; a past year once, with them, from the month of the parameter on.
    """
    told = set(StatistiquePublique.objects.filter(personnes_publiees=True).values_list("annee", flat=True))
    written = []
    for annee in annees():
        if annee > on.year or (annee in told and not refaire):
            continue
        personnes = personnes_publiables(annee, int(seuil("statistiques_mois", on)), on)
        with transaction.atomic():
            chiffres, croisements = chiffres_publics(annee, personnes=personnes)
            StatistiquePublique.objects.update_or_create(
                annee=annee,
                defaults={
                    "chiffres": chiffres,
                    "croisements": croisements,
                    "personnes_publiees": personnes,
                },
            )
        written.append(annee)
    return written

"""Buyers: what the register adds to an organisation that buys."""

from django.db import models

from marches.enums import GenreAcheteur
from structures.models import Organisation


class Acheteur(models.Model):
    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="acheteur")
    genre = models.CharField("genre", max_length=10, choices=GenreAcheteur, default=GenreAcheteur.INCONNU)
    achats_annuels = models.DecimalField(
        "achats annuels (€ HT)", max_digits=15, decimal_places=2, null=True, blank=True
    )
    spaser = models.URLField("adresse du SPASER", blank=True)
    objectif_heures = models.PositiveIntegerField("objectif annuel d'heures d'insertion", null=True, blank=True)
    annee_objectif = models.PositiveSmallIntegerField("année de l'objectif", null=True, blank=True)

    class Meta:
        verbose_name = "acheteur"
        ordering = ["organisation__nom_tri", "pk"]

    def __str__(self) -> str:
        return str(self.organisation)

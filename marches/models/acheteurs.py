"""Buyers: what the register adds to an organisation that buys, whom one meets there, and its sites."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from marches.enums import GenreAcheteur, TypeSite
from marches.querysets import SiteQuerySet
from structures.models import Commune, Organisation


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


class ReferentAcheteur(models.Model):
    """Whom to speak to at a buyer, by function: no name of a person is kept."""

    acheteur = models.ForeignKey(Acheteur, on_delete=models.CASCADE, related_name="referents")
    fonction = models.CharField("fonction", max_length=150)
    role = models.CharField("s'occupe de", max_length=150, blank=True)
    courriel = models.EmailField("courriel professionnel", blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = SiteQuerySet.as_manager()

    class Meta:
        verbose_name = "référent de l'acheteur"
        verbose_name_plural = "référents de l'acheteur"
        ordering = ["fonction", "pk"]
        constraints = [models.UniqueConstraint(fields=["acheteur", "fonction", "role"], name="referent_unique")]

    def __str__(self) -> str:
        return f"{self.fonction} ({self.role})" if self.role else self.fonction


class Site(models.Model):
    """A place of a buyer where contracts are performed (a school, a building). `code` is the buyer's own or the UAI."""

    acheteur = models.ForeignKey(Acheteur, on_delete=models.CASCADE, related_name="sites")
    nom = models.CharField("nom", max_length=200)
    code = models.CharField("code", max_length=30, blank=True)
    type = models.CharField("type", max_length=8, choices=TypeSite, default=TypeSite.AUTRE)
    adresse = models.CharField("adresse", max_length=250, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.SET_NULL, null=True, blank=True, related_name="sites")
    agents = models.PositiveIntegerField("agents sur le site", null=True, blank=True)
    fictif = models.BooleanField("donnée de démonstration", default=False, editable=False)

    objects = SiteQuerySet.as_manager()

    class Meta:
        verbose_name = "site"
        ordering = ["nom", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["acheteur", "code"],
                condition=~Q(code=""),
                name="site_code_unique",
                violation_error_message="Un autre site porte déjà ce code.",
            ),
        ]

    def __str__(self) -> str:
        return self.nom

"""Standing groups of structures that know each other before any call is published."""

from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from marches.querysets import AllianceQuerySet
from portal.text import slugify_fr
from structures.models import Secteur, Structure, Zone


class Alliance(models.Model):
    """A pré-groupement: structures used to answering together; it can become a group of bidders on a lot."""

    nom = models.CharField("nom", max_length=150, unique=True)
    objet = models.TextField("ce que l'alliance propose ensemble")
    secteurs = models.ManyToManyField(Secteur, blank=True, related_name="alliances", verbose_name="secteurs")
    zone = models.ForeignKey(Zone, on_delete=models.SET_NULL, null=True, blank=True, related_name="alliances")
    depuis = models.DateField("depuis le", null=True, blank=True)
    gouvernance = models.TextField("gouvernance", blank=True)
    publiee = models.BooleanField("visible de tous", default=True)
    fictive = models.BooleanField("donnée de démonstration", default=False, editable=False)

    objects = AllianceQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "alliance"
        ordering = ["nom"]

    def __str__(self) -> str:
        return self.nom

    @property
    def slug(self) -> str:
        return slugify_fr(self.nom) or "alliance"

    def get_absolute_url(self) -> str:
        return reverse("marches:alliance", kwargs={"pk": self.pk, "slug": self.slug})


class MembreAlliance(models.Model):
    alliance = models.ForeignKey(Alliance, on_delete=models.CASCADE, related_name="membres")
    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="alliances")
    pilote = models.BooleanField("pilote", default=False)
    apport = models.CharField("ce qu'elle apporte", max_length=250, blank=True)
    rang = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "membre d'une alliance"
        verbose_name_plural = "membres d'une alliance"
        ordering = ["-pilote", "rang", "pk"]
        constraints = [models.UniqueConstraint(fields=["alliance", "structure"], name="membre_alliance_unique")]

    def __str__(self) -> str:
        return str(self.structure)

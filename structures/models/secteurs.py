"""Purchase sectors: our own two-level list, read from `structures/data/secteurs.csv`."""

from django.db import models
from django.urls import reverse

from portal.search import RacinesMixin


class Secteur(RacinesMixin):
    code = models.CharField("code", max_length=60, unique=True)
    nom = models.CharField("nom", max_length=80)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="enfants", verbose_name="famille"
    )
    ordre = models.PositiveIntegerField("ordre", default=0)
    cpv = models.TextField("préfixes CPV", blank=True)
    naf = models.TextField("préfixes NAF", blank=True)
    rome = models.TextField("préfixes ROME", blank=True)
    synonymes = models.TextField("synonymes", blank=True)
    part_main_oeuvre = models.DecimalField(
        "part de main-d'œuvre", max_digits=4, decimal_places=3, null=True, blank=True
    )
    source_part = models.CharField("source de la part", max_length=200, blank=True)

    class Meta:
        verbose_name = "secteur"
        ordering = ["ordre"]

    def __str__(self) -> str:
        return self.nom

    def get_absolute_url(self) -> str:
        return reverse("structures:secteur", kwargs={"code": self.code})

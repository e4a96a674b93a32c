"""What everybody reads of a year: hours, people, contracts and employers, small counts already hidden."""

from django.db import models


class StatistiquePublique(models.Model):
    """The figures of one year as they are published; once people are told, they no longer change (see `publier`)."""

    annee = models.PositiveSmallIntegerField("année", unique=True)
    chiffres = models.JSONField("chiffres publiés")
    croisements = models.JSONField("secteurs par territoire", default=dict)  # apart: read for one year at a time
    personnes_publiees = models.BooleanField("personnes publiées", default=False)
    calculee_le = models.DateTimeField("calculée le", auto_now=True)

    class Meta:
        verbose_name = "statistique publique"
        verbose_name_plural = "statistiques publiques"
        ordering = ["-annee"]

    def __str__(self) -> str:
        return f"Statistiques {self.annee}"

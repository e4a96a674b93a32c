"""What the national consolidation asks for and no line of hours tells: size of companies, who pays for the work."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from clauses.enums import SourceFinancement, TailleEntreprise
from clauses.models.facilitateurs import Facilitateur
from structures.models import Organisation


class TailleDeclarant(models.Model):
    """The size of a company that declares hours, as its facilitator knows it."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="taille_declarant")
    taille = models.CharField("taille", max_length=14, choices=TailleEntreprise)
    notee_le = models.DateField("notée le", auto_now=True)
    notee_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "taille d'une entreprise"
        verbose_name_plural = "tailles d'entreprises"
        constraints = [
            models.CheckConstraint(name="taille_connue", condition=Q(taille__in=TailleEntreprise.values)),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}\u00a0: {self.get_taille_display()}"


class Financement(models.Model):
    """A source that pays for a body's work in a year; the amount is told when it is known."""

    facilitateur = models.ForeignKey(Facilitateur, on_delete=models.CASCADE, related_name="financements")
    annee = models.PositiveSmallIntegerField("année")
    source = models.CharField("source", max_length=14, choices=SourceFinancement)
    montant = models.DecimalField("montant (€)", max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = "financement d'un facilitateur"
        verbose_name_plural = "financements de facilitateurs"
        ordering = ["annee", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["facilitateur", "annee", "source"], name="financement_unique"),
            models.CheckConstraint(name="financement_source_connue", condition=Q(source__in=SourceFinancement.values)),
            models.CheckConstraint(
                name="financement_positif",
                condition=Q(montant=None) | Q(montant__gte=0),
                violation_error_message="Un financement ne peut être négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()}, {self.annee}"

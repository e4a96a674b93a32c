"""What ties structures together: social joint ventures and their founders."""

from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from portal.text import slugify_fr
from structures.models.organisations import Organisation
from structures.models.structures import Structure
from structures.querysets import CoEntrepriseQuerySet


class CoEntreprise(models.Model):
    """Co-entreprise sociale (joint venture sociale): a company that social and ordinary companies found together."""

    nom = models.CharField("nom", max_length=150, unique=True)
    objet = models.TextField("objet social et finalité")
    creee_en = models.PositiveSmallIntegerField("année de création", null=True, blank=True)
    structure = models.OneToOneField(
        Structure, on_delete=models.SET_NULL, null=True, blank=True, related_name="co_entreprise",
        verbose_name="fiche de la co-entreprise, si elle en a une",
    )  # fmt: skip
    plan_impact = models.TextField("suivi de l'impact\u00a0: indicateurs et dates de revue", blank=True)
    source = models.CharField("source", max_length=200, blank=True)
    fictive = models.BooleanField("donnée de démonstration", default=False, editable=False)

    objects = CoEntrepriseQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "co-entreprise sociale"
        verbose_name_plural = "co-entreprises sociales"
        ordering = ["nom"]

    def __str__(self) -> str:
        return self.nom

    @property
    def slug(self) -> str:
        return slugify_fr(self.nom) or "co-entreprise"

    def get_absolute_url(self) -> str:
        return reverse("structures:co_entreprise", kwargs={"pk": self.pk, "slug": self.slug})


class Fondateur(models.Model):
    """Who founded a joint venture, and what they brought."""

    co_entreprise = models.ForeignKey(CoEntreprise, on_delete=models.CASCADE, related_name="fondateurs")
    nom = models.CharField("nom", max_length=150)
    structure = models.ForeignKey(
        Structure, on_delete=models.SET_NULL, null=True, blank=True, related_name="fondations"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.SET_NULL, null=True, blank=True, related_name="fondations"
    )
    apport = models.CharField("apport", max_length=250, blank=True)
    part = models.DecimalField("part du capital (%)", max_digits=5, decimal_places=2, null=True, blank=True)
    rang = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "fondateur"
        ordering = ["rang", "pk"]
        constraints = [
            models.CheckConstraint(
                name="fondateur_part_bornee",
                condition=models.Q(part=None) | models.Q(part__gt=0, part__lte=100),
                violation_error_message="La part va de 0 à 100\u00a0%%.",
            )
        ]

    def __str__(self) -> str:
        return self.nom

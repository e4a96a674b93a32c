"""Groupings of bidders (GME): who answers together, who speaks, who does what."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from marches.enums import FormeGroupement, Initiateur, MotifChangement, StatutParticulier
from marches.models.alliances import Alliance
from marches.models.lots import Lot
from marches.querysets import GroupementQuerySet
from structures.models import Organisation, Structure


class Groupement(models.Model):
    """A group of operators on one lot. Source: Code de la commande publique, R. 2142-19 to R. 2142-24."""

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="groupements")
    nom = models.CharField("nom", max_length=150, blank=True)
    forme = models.CharField("forme", max_length=12, choices=FormeGroupement)
    convention_signee_le = models.DateField("convention signée le", null=True, blank=True)
    gouvernance = models.TextField("gouvernance", blank=True)
    # R. 2142-24: the spokesperson of a joint group answers for the others only where the contract says so.
    mandataire_solidaire = models.BooleanField("mandataire solidaire", default=False)
    initiateur = models.CharField("à l'initiative de", max_length=12, choices=Initiateur, blank=True)
    alliance = models.ForeignKey(
        Alliance, on_delete=models.SET_NULL, null=True, blank=True, related_name="groupements", verbose_name="alliance"
    )
    candidature_le = models.DateField("candidature remise le", null=True, blank=True)
    signature_le = models.DateField("marché signé le", null=True, blank=True)
    cree_par = models.ForeignKey(
        Organisation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    retenu = models.BooleanField("groupement titulaire", default=True)
    fictif = models.BooleanField("donnée de démonstration", default=False, editable=False)

    objects = GroupementQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "groupement"
        constraints = [
            models.UniqueConstraint(fields=["lot"], condition=Q(retenu=True), name="groupement_retenu_unique"),
        ]

    def __str__(self) -> str:
        if self.nom:
            return self.nom
        if self.forme == FormeGroupement.NON_PRECISEE:
            return "Groupement"
        return f"Groupement {self.get_forme_display().lower()}"

    def get_absolute_url(self) -> str:
        return reverse("marches:groupement", kwargs={"pk": self.pk})

    @property
    def est_candidat(self) -> bool:
        """Not chosen: a project, or an application handed in."""
        return not self.retenu


class MembreGroupement(models.Model):
    groupement = models.ForeignKey(Groupement, on_delete=models.CASCADE, related_name="membres")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="groupements")
    structure = models.ForeignKey(
        Structure, on_delete=models.SET_NULL, null=True, blank=True, related_name="groupements"
    )
    mandataire = models.BooleanField("mandataire", default=False)
    part = models.DecimalField("part (%)", max_digits=5, decimal_places=2, null=True, blank=True)
    montant = models.DecimalField("part (€ HT)", max_digits=20, decimal_places=2, null=True, blank=True)
    postes = models.CharField("postes et rôles", max_length=500, blank=True)
    # « Structure équivalente » (L. 2113-12, L. 2113-13): the evidence that 50 % of the workers are of the public meant.
    equivalence = models.CharField("preuve d'équivalence", max_length=500, blank=True)
    # In no list of the law, and often taken for one: a régie without convention, an OACAS.
    statut = models.CharField("statut hors liste", max_length=5, choices=StatutParticulier, blank=True)
    voix = models.PositiveSmallIntegerField("voix", null=True, blank=True)
    taches = models.CharField("tâches", max_length=500, blank=True)
    rang = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "membre du groupement"
        verbose_name_plural = "membres du groupement"
        ordering = ["-mandataire", "rang", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["groupement", "organisation"], name="membre_groupement_unique"),
            # R. 2142-24: one spokesperson, never two.
            models.UniqueConstraint(
                fields=["groupement"], condition=Q(mandataire=True), name="groupement_un_mandataire"
            ),
            models.CheckConstraint(
                name="membre_part_bornee",
                condition=Q(part=None) | Q(part__gt=0, part__lte=100),
                violation_error_message="La part va de 0 à 100\u00a0%%.",
            ),
        ]

    @property
    def statut_court(self) -> str:
        return StatutParticulier(self.statut).court

    def __str__(self) -> str:
        return str(self.organisation)


class ChangementGroupement(models.Model):
    """A member that came or left after the application was handed in. Source: R. 2142-26."""

    groupement = models.ForeignKey(Groupement, on_delete=models.CASCADE, related_name="changements")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    entree = models.BooleanField("entrée (sinon départ)")
    le = models.DateField("le")
    motif = models.CharField("motif", max_length=15, choices=MotifChangement)
    texte = models.CharField("explication", max_length=500, blank=True)
    accord_acheteur_le = models.DateField("accord de l'acheteur le", null=True, blank=True)

    class Meta:
        verbose_name = "changement de membre"
        verbose_name_plural = "changements de membres"
        ordering = ["le", "pk"]

    def __str__(self) -> str:
        return f"{self.organisation} ({'entrée' if self.entree else 'départ'})"

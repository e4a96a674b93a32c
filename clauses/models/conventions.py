"""Agreements between buyers and a facilitator's body, model texts of clauses, feasibility estimates."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from clauses.enums import ServiceDelegue, StatutService, TypeClause
from clauses.models.facilitateurs import Facilitateur
from clauses.querysets import ConventionQuerySet, EstimationQuerySet, ModeleClauseQuerySet
from marches.models import Acheteur, Lot
from structures.models import Organisation, Zone


class Convention(models.Model):
    """What one or several buyers entrust to a facilitator's body: dates, territory, services, contribution."""

    facilitateur = models.ForeignKey(Facilitateur, on_delete=models.PROTECT, related_name="conventions")
    intitule = models.CharField("intitulé", max_length=200)
    date_debut = models.DateField("début")
    date_fin = models.DateField("fin")
    signee_le = models.DateField("signée le", null=True, blank=True)
    tacite = models.BooleanField("tacitement reconduite", default=False)
    preavis_mois = models.PositiveSmallIntegerField("préavis (mois)", default=3)
    zone = models.ForeignKey(Zone, on_delete=models.SET_NULL, null=True, blank=True, related_name="conventions")
    contribution_an = models.DecimalField(
        "contribution financière (€ par an)", max_digits=12, decimal_places=2, null=True, blank=True
    )
    # What the parties settle for the people; empty: the default of the portal (reference guides, C.3).
    eligibilite_mois = models.PositiveSmallIntegerField("durée d'éligibilité (mois)", null=True, blank=True)
    cdi_mois = models.PositiveSmallIntegerField("heures comptées après un CDI (mois)", null=True, blank=True)
    jour_declaration = models.PositiveSmallIntegerField(
        "déclarations attendues le (jour du mois suivant)", null=True, blank=True
    )
    remplace = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="suites", verbose_name="fait suite à"
    )
    fictive = models.BooleanField("donnée de démonstration", default=False, editable=False)

    objects = ConventionQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "convention"
        ordering = ["-date_debut", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="convention_dates_ordonnees",
                condition=Q(date_fin__gte=F("date_debut")),
                violation_error_message="La fin de la convention ne peut précéder son début.",
            ),
            models.CheckConstraint(
                name="convention_jour_du_mois",
                condition=Q(jour_declaration=None) | Q(jour_declaration__gte=1, jour_declaration__lte=28),
                violation_error_message="Choisissez un jour entre 1 et 28.",
            ),
        ]

    def __str__(self) -> str:
        return self.intitule

    def get_absolute_url(self) -> str:
        return reverse("clauses:convention", kwargs={"pk": self.pk})


class PartieConvention(models.Model):
    """A buyer that signed, with its share of the contribution."""

    convention = models.ForeignKey(Convention, on_delete=models.CASCADE, related_name="parties")
    acheteur = models.ForeignKey(Acheteur, on_delete=models.PROTECT, related_name="conventions")
    contribution_an = models.DecimalField("sa part (€ par an)", max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = "partie à la convention"
        verbose_name_plural = "parties à la convention"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "acheteur"],
                name="partie_convention_unique",
                violation_error_message="Cet acheteur est déjà partie à la convention.",
            )
        ]

    def __str__(self) -> str:
        return str(self.acheteur)


class ServiceConvention(models.Model):
    """One of the eight services that may be entrusted, followed as a task."""

    convention = models.ForeignKey(Convention, on_delete=models.CASCADE, related_name="services")
    service = models.CharField("service", max_length=14, choices=ServiceDelegue)
    statut = models.CharField("où en est-on", max_length=8, choices=StatutService, default=StatutService.A_FAIRE)
    note = models.CharField("note", max_length=300, blank=True)
    modifie_le = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "service délégué"
        verbose_name_plural = "services délégués"
        ordering = ["convention", "pk"]
        constraints = [models.UniqueConstraint(fields=["convention", "service"], name="service_convention_unique")]

    def __str__(self) -> str:
        return self.get_service_display()


class ModeleClause(models.Model):
    """A model text with its variables in braces; a published version never changes, a new one follows it."""

    code = models.SlugField("code", max_length=40)
    version = models.PositiveSmallIntegerField("version", default=1)
    titre = models.CharField("titre", max_length=150)
    type = models.CharField("type", max_length=18, choices=TypeClause)
    texte = models.TextField("texte")
    # Whose model: none, the portal's; a facilitator's body or a buyer may keep its own.
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="modeles_clause"
    )
    publie_le = models.DateField("publiée le", null=True, blank=True)
    retire_le = models.DateField("retirée le", null=True, blank=True)
    fictif = models.BooleanField("donnée de démonstration", default=False, editable=False)

    objects = ModeleClauseQuerySet.as_manager()

    class Meta:
        verbose_name = "modèle de clause"
        verbose_name_plural = "modèles de clauses"
        ordering = ["code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "code", "version"], name="modele_version_unique"),
            models.UniqueConstraint(
                fields=["code", "version"], condition=Q(organisation=None), name="modele_portail_version_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.titre} (version {self.version})"


class Estimation(models.Model):
    """A feasibility estimate kept before publication: what the hours would be, and on what they rest."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="estimations")
    titre = models.CharField("titre", max_length=200)
    lot = models.ForeignKey(Lot, on_delete=models.SET_NULL, null=True, blank=True, related_name="estimations")
    # One object a lot: nom, montant, part, part_source, taux, cout, heures, exact; figures as text.
    lignes = models.JSONField("lots estimés")
    heures = models.DecimalField("heures", max_digits=9, decimal_places=2)
    note = models.TextField("note", blank=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    cree_le = models.DateTimeField(auto_now_add=True)

    objects = EstimationQuerySet.as_manager()

    class Meta:
        verbose_name = "estimation"
        ordering = ["-cree_le", "-pk"]

    def __str__(self) -> str:
        return self.titre

    def get_absolute_url(self) -> str:
        return reverse("clauses:estimation", kwargs={"pk": self.pk})

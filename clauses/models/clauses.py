"""Social clauses: hours due, opening balance, hand-over, meetings, tasks, posts."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from clauses.enums import OrigineHeures, TypeClause
from clauses.models.conventions import Convention, ModeleClause
from clauses.models.facilitateurs import Facilitateur
from clauses.parametres import seuil
from clauses.querysets import ClauseSocialeQuerySet
from clauses.rules import Allure, allure
from marches.models import Lot, Site
from structures.models import Organisation

HEURES: dict[str, Any] = {"max_digits": 9, "decimal_places": 2}


class ClauseSociale(models.Model):
    """An obligation of insertion hours on a lot. The hours due are the sum of its `HeuresDues` on a day."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="clauses", verbose_name="lot")
    type = models.CharField("type", max_length=18, choices=TypeClause, default=TypeClause.CONDITION)
    facilitateur = models.ForeignKey(
        Facilitateur, on_delete=models.PROTECT, null=True, blank=True, related_name="clauses"
    )
    date_debut = models.DateField("début")
    date_fin = models.DateField("fin")
    publics = models.TextField("publics éligibles", blank=True)
    texte = models.TextField("texte de la clause tel que signé", blank=True)
    penalite_heure = models.DecimalField(
        "pénalité par heure manquante (€)", max_digits=7, decimal_places=2, null=True, blank=True
    )
    penalite_document_jour = models.DecimalField(
        "pénalité par jour de retard d'un document (€)", max_digits=7, decimal_places=2, null=True, blank=True
    )
    penalite_plafond = models.DecimalField(
        "plafond des pénalités (€)", max_digits=12, decimal_places=2, null=True, blank=True
    )
    convention = models.ForeignKey(
        Convention, on_delete=models.SET_NULL, null=True, blank=True, related_name="clauses", verbose_name="convention"
    )
    modele = models.ForeignKey(
        ModeleClause, on_delete=models.SET_NULL, null=True, blank=True, related_name="clauses", verbose_name="modèle"
    )
    # The buyer accepts that hours of one person be shared with its other clauses and those of other buyers.
    mutualisation_acceptee_le = models.DateField("mutualisation acceptée par l'acheteur le", null=True, blank=True)
    # What the calculation rested on, kept so that the figure can be explained later.
    calcul = models.JSONField("éléments du calcul", default=dict, blank=True)
    fictive = models.BooleanField("donnée de démonstration", default=False, editable=False)
    creee_le = models.DateTimeField(auto_now_add=True)

    objects = ClauseSocialeQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "clause sociale"
        verbose_name_plural = "clauses sociales"
        ordering = ["-date_debut", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="clause_dates_ordonnees",
                condition=Q(date_fin__gte=F("date_debut")),
                violation_error_message="La fin de la clause ne peut précéder son début.",
            ),
            models.CheckConstraint(name="clause_type_connu", condition=Q(type__in=TypeClause.values)),
        ]

    def __str__(self) -> str:
        return f"Clause sociale – {self.lot}"

    def get_absolute_url(self) -> str:
        return reverse("clauses:detail", kwargs={"pk": self.pk})

    def allure(self, on) -> Allure:
        """The pace on this day; of a row read through `with_suivi(on)`, for the same day."""
        return allure(
            self.date_debut,
            self.date_fin,
            self.heures_dues_total,
            self.heures_acceptees,
            on,
            orange=seuil("alerte_orange", on),
            rouge=seuil("alerte_rouge", on),
        )


class HeuresDues(models.Model):
    """Hours due by a clause from a day on, for one period and, in a group, for one member."""

    clause = models.ForeignKey(ClauseSociale, on_delete=models.CASCADE, related_name="heures_dues")
    membre = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    origine = models.CharField("origine", max_length=12, choices=OrigineHeures, default=OrigineHeures.INITIAL)
    date_effet = models.DateField("due à partir du")
    periode_debut = models.DateField("début de la période", null=True, blank=True)
    periode_fin = models.DateField("fin de la période", null=True, blank=True)
    heures = models.DecimalField("heures", **HEURES)
    motif = models.CharField("motif", max_length=300, blank=True)

    class Meta:
        verbose_name = "heures dues"
        verbose_name_plural = "heures dues"
        ordering = ["date_effet", "pk"]
        constraints = [
            # An amendment may lower what is due; it never makes the line empty.
            models.CheckConstraint(
                name="heures_dues_non_nulles",
                condition=~Q(heures=0),
                violation_error_message="Le nombre d'heures dues ne peut être nul.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.heures}\u00a0h ({self.get_origine_display().lower()})"


class RepriseHeures(models.Model):
    """Hours accepted before the portal knew the clause: the opening balance of a facilitator who arrives midway."""

    clause = models.ForeignKey(ClauseSociale, on_delete=models.CASCADE, related_name="reprises")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="réalisées par"
    )
    arretee_au = models.DateField("arrêtées au")
    heures = models.DecimalField("heures déjà réalisées", **HEURES)
    personnes = models.PositiveIntegerField("nombre de personnes", null=True, blank=True)
    justificatif_vu_le = models.DateField("justificatif vu le")
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    cree_le = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "reprise d'heures"
        verbose_name_plural = "reprises d'heures"
        ordering = ["arretee_au", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["clause", "organisation"],
                name="reprise_unique",
                violation_error_message="Une reprise existe déjà pour cette organisation.",
            ),
            models.UniqueConstraint(
                fields=["clause"],
                condition=Q(organisation=None),
                name="reprise_unique_ensemble",
                violation_error_message="Une reprise existe déjà pour l'ensemble du lot.",
            ),
            models.CheckConstraint(
                name="reprise_positive",
                condition=Q(heures__gt=0),
                violation_error_message="Le nombre d'heures reprises doit être supérieur à 0.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.heures}\u00a0h arrêtées au {self.arretee_au:%d/%m/%Y}"


class Passation(models.Model):
    """A clause handed over by one facilitator's body to another; it takes effect once accepted."""

    clause = models.ForeignKey(ClauseSociale, on_delete=models.CASCADE, related_name="passations")
    de = models.ForeignKey(Facilitateur, on_delete=models.PROTECT, related_name="passations_donnees")
    vers = models.ForeignKey(Facilitateur, on_delete=models.PROTECT, related_name="passations_recues")
    motif = models.CharField("motif", max_length=300)
    proposee_le = models.DateTimeField(auto_now_add=True)
    proposee_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reponse = models.CharField("réponse", max_length=300, blank=True)
    acceptee = models.BooleanField("acceptée", null=True, blank=True)
    repondue_le = models.DateTimeField("répondue le", null=True, blank=True)
    repondue_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "passation d'une clause"
        verbose_name_plural = "passations de clauses"
        ordering = ["-proposee_le", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["clause"],
                condition=Q(acceptee=None),
                name="passation_une_en_attente",
                violation_error_message="Une passation de cette clause attend déjà une réponse.",
            ),
            models.CheckConstraint(name="passation_deux_organismes", condition=~Q(de=F("vers"))),
        ]

    def __str__(self) -> str:
        return f"{self.de} → {self.vers}"


class Reunion(models.Model):
    """What was said at a meeting about a clause; nothing about a person."""

    clause = models.ForeignKey(ClauseSociale, on_delete=models.CASCADE, related_name="reunions")
    le = models.DateField("le")
    objet = models.CharField("objet", max_length=150)
    presents = models.CharField("organismes présents", max_length=300, blank=True)
    compte_rendu = models.TextField("compte rendu", blank=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "réunion"
        ordering = ["-le", "-pk"]

    def __str__(self) -> str:
        return self.objet


class Tache(models.Model):
    """Something to do about a clause or under a convention, by a day."""

    clause = models.ForeignKey(ClauseSociale, on_delete=models.CASCADE, null=True, blank=True, related_name="taches")
    convention = models.ForeignKey(Convention, on_delete=models.CASCADE, null=True, blank=True, related_name="taches")
    intitule = models.CharField("à faire", max_length=200)
    echeance = models.DateField("pour le", null=True, blank=True)
    faite_le = models.DateField("faite le", null=True, blank=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "tâche"
        ordering = ["faite_le", "echeance", "pk"]
        constraints = [
            models.CheckConstraint(
                name="tache_d_un_seul_objet",
                condition=Q(clause=None, convention__isnull=False) | Q(clause__isnull=False, convention=None),
            )
        ]

    def __str__(self) -> str:
        return self.intitule


class Poste(models.Model):
    """A post open to people in insertion on a contract, sent to prescribers; nothing about a person."""

    clause = models.ForeignKey(ClauseSociale, on_delete=models.CASCADE, related_name="postes")
    employeur = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    metier = models.CharField("métier", max_length=120)
    rome = models.CharField("code ROME", max_length=5, blank=True)
    nombre = models.PositiveSmallIntegerField("nombre de postes", default=1)
    description = models.TextField("le poste", blank=True)
    amenagement = models.CharField("aménagement possible", max_length=300, blank=True)
    a_partir_du = models.DateField("à partir du", null=True, blank=True)
    publie_le = models.DateField("diffusé le", null=True, blank=True)
    pourvus = models.PositiveSmallIntegerField("postes pourvus", default=0)
    clos_le = models.DateField("clos le", null=True, blank=True)

    class Meta:
        verbose_name = "poste"
        ordering = ["-publie_le", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="poste_pourvus_bornes",
                condition=Q(pourvus__lte=F("nombre")),
                violation_error_message="Plus de postes pourvus que de postes ouverts.",
            )
        ]

    def __str__(self) -> str:
        return self.metier


class Prescripteur(models.Model):
    """A body to which a facilitator sends open posts; a generic address, never a person's."""

    facilitateur = models.ForeignKey(Facilitateur, on_delete=models.CASCADE, related_name="prescripteurs")
    nom = models.CharField("nom", max_length=150)
    courriel = models.EmailField("courriel du service")
    actif = models.BooleanField("reçoit les postes", default=True)

    class Meta:
        verbose_name = "prescripteur"
        ordering = ["nom", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["facilitateur", "courriel"],
                name="prescripteur_unique",
                violation_error_message="Ce service est déjà dans votre liste.",
            )
        ]

    def __str__(self) -> str:
        return self.nom

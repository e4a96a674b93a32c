"""Months declared, hours worked, hours counted for a clause."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from clauses.enums import Critere, Etat, EtatDeclaration, Modalite, Sexe
from clauses.models.clauses import ClauseSociale
from clauses.models.participants import Affectation
from clauses.querysets import DeclarationQuerySet
from clauses.rules import en_retard
from structures.models import Organisation

HEURES: dict[str, Any] = {"max_digits": 9, "decimal_places": 2}


class Declaration(models.Model):
    """One month of one clause for the organisation that owes it; its state follows from its imputations."""

    clause = models.ForeignKey(ClauseSociale, on_delete=models.PROTECT, related_name="declarations")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="declarations")
    mois = models.DateField("mois")  # the first day of the month
    ouverte_le = models.DateTimeField(auto_now_add=True)
    transmise_le = models.DateTimeField("transmise le", null=True, blank=True)
    # Goes up at each write: a form sent back with an older number would erase what somebody else has just saved.
    version = models.PositiveIntegerField(default=0, editable=False)
    modifiee_le = models.DateTimeField(auto_now=True)
    modifiee_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    objects = DeclarationQuerySet.as_manager()

    class Meta:
        verbose_name = "déclaration"
        ordering = ["-mois", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["clause", "organisation", "mois"],
                name="declaration_unique",
                violation_error_message="Ce mois est déjà ouvert pour cette organisation.",
            ),
            models.CheckConstraint(
                name="declaration_premier_du_mois",
                condition=Q(mois__day=1),
                violation_error_message="Un mois se note par son premier jour.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mois:%m/%Y} – {self.organisation}"

    def get_absolute_url(self) -> str:
        return reverse("clauses:declaration", kwargs={"pk": self.pk})

    def est_en_retard(self, on) -> bool:
        """Whether nothing was sent by the expected day; needs `with_jour_attendu()`."""
        return self.transmise_le is None and en_retard(self.mois, self.etat, on, self.jour_attendu)

    @property
    def etat(self) -> EtatDeclaration:
        """Derived from the imputations, counted by `with_etat()` (else one query)."""
        if not hasattr(self, "nb_transmises"):
            counted = type(self).objects.with_etat().get(pk=self.pk)
            self.nb_transmises, self.nb_refusees = counted.nb_transmises, counted.nb_refusees
            self.nb_brouillons, self.nb_acceptees = counted.nb_brouillons, counted.nb_acceptees
        if self.nb_transmises:
            return EtatDeclaration.A_VERIFIER
        if self.nb_refusees:
            return EtatDeclaration.A_CORRIGER
        if self.nb_brouillons:
            return EtatDeclaration.EN_SAISIE
        if self.nb_acceptees:
            return EtatDeclaration.ACCEPTEE
        # Sent without a line: « rien à déclarer », or lines that were all given up.
        return EtatDeclaration.SANS_HEURES if self.transmise_le else EtatDeclaration.OUVERTE


class LigneHeures(models.Model):
    """Hours worked by one person in one assignment, inside one calendar month, with no overlap.

    The coarse classes of the person are copied here so that statistics survive the erasure of the person.
    """

    affectation = models.ForeignKey(
        Affectation, on_delete=models.SET_NULL, null=True, related_name="lignes", verbose_name="affectation"
    )
    # Copied as well: who employed stays known when the person is erased, or the assignment with them.
    employeur = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="lignes_heures"
    )
    du = models.DateField("du")
    au = models.DateField("au")
    heures_travail = models.DecimalField("heures travaillées", **HEURES)
    heures_formation = models.DecimalField("heures de formation", default=0, **HEURES)
    modalite = models.CharField("modalité", max_length=18, choices=Modalite)
    sexe = models.CharField("sexe", max_length=1, choices=Sexe, default=Sexe.NON_RENSEIGNE)
    tranche_age = models.CharField("tranche d'âge", max_length=8, blank=True)
    critere = models.CharField("critère", max_length=15, choices=Critere, blank=True)
    qpv = models.BooleanField("quartier prioritaire", null=True)
    # Shared between clauses: the hours worked are stated by « Répartir » alone, and clauses never claim more together.
    # Otherwise one clause claims the line whole, and the hours worked follow its claim.
    partagee = models.BooleanField("heures partagées entre plusieurs clauses", default=False)

    class Meta:
        verbose_name = "ligne d'heures"
        verbose_name_plural = "lignes d'heures"
        ordering = ["du", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["affectation", "du"], name="ligne_unique_par_periode"),
            models.CheckConstraint(
                name="ligne_dates_ordonnees",
                condition=Q(au__gte=F("du"), au__month=F("du__month"), au__year=F("du__year")),
                violation_error_message="Une ligne tient dans un seul mois.",
            ),
            models.CheckConstraint(
                name="ligne_heures_positives",
                condition=Q(heures_travail__gte=0, heures_formation__gte=0),
                violation_error_message="Les heures ne peuvent être négatives.",
            ),
            models.CheckConstraint(
                name="ligne_heures_non_vides",
                condition=Q(heures_travail__gt=0) | Q(heures_formation__gt=0),
                violation_error_message="Indiquez des heures travaillées ou des heures de formation.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.affectation} {self.du:%m/%Y}"

    @property
    def heures(self):
        """Work and training together: the most that imputations may take."""
        return self.heures_travail + self.heures_formation


class Imputation(models.Model):
    """Hours of a line counted for a clause: the whole line, or a part of it when buyers accept that it be shared."""

    ligne = models.ForeignKey(LigneHeures, on_delete=models.PROTECT, related_name="imputations")
    clause = models.ForeignKey(ClauseSociale, on_delete=models.PROTECT, related_name="imputations")
    declaration = models.ForeignKey(Declaration, on_delete=models.PROTECT, related_name="imputations")
    # Work and training together; what was sent stays as it was, whatever the line becomes by a later correction.
    heures = models.DecimalField("heures imputées", **HEURES)
    heures_formation = models.DecimalField("dont formation", default=0, **HEURES)
    etat = models.CharField("état", max_length=10, choices=Etat, default=Etat.BROUILLON)
    motif_refus = models.CharField("motif du refus", max_length=300, blank=True)
    remplace = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="remplacee_par"
    )
    saisie_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    saisie_le = models.DateTimeField(auto_now_add=True)
    transmise_le = models.DateTimeField(null=True, blank=True)
    transmise_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    decidee_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    decidee_le = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "imputation"
        ordering = ["ligne", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ligne", "clause"],
                condition=Q(etat__in=[Etat.BROUILLON, Etat.TRANSMISE]),
                name="imputation_une_en_attente",
            ),
            models.UniqueConstraint(
                fields=["ligne", "clause"], condition=Q(etat=Etat.ACCEPTEE), name="imputation_une_acceptee"
            ),
            models.CheckConstraint(
                name="imputation_heures_positives",
                condition=Q(heures__gt=0),
                violation_error_message="Le nombre d'heures doit être supérieur à 0.",
            ),
            models.CheckConstraint(
                name="imputation_formation_incluse",
                condition=Q(heures_formation__gte=0, heures_formation__lte=F("heures")),
                violation_error_message="Les heures de formation sont comprises dans les heures imputées.",
            ),
            models.CheckConstraint(
                name="imputation_refus_motive",
                condition=~Q(etat=Etat.REFUSEE) | ~Q(motif_refus=""),
                violation_error_message="Un refus a besoin d'un motif.",
            ),
            models.CheckConstraint(name="imputation_etat_connu", condition=Q(etat__in=Etat.values)),
        ]
        # Holds all that totals read, so that thousands of lines are summed without a look at their rows.
        indexes = [
            models.Index(
                fields=["clause", "etat"],
                include=["declaration", "ligne", "heures", "heures_formation"],
                name="imputation_clause_totaux",
            )
        ]

    def __str__(self) -> str:
        return f"{self.heures}\u00a0h ({self.get_etat_display().lower()})"

    @property
    def heures_travail(self):
        return self.heures - self.heures_formation

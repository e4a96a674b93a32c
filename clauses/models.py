"""Facilitators, social clauses, hours due, participants without a name, hours done."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from clauses.enums import (
    Critere,
    Etat,
    EtatDeclaration,
    Modalite,
    NiveauFormation,
    OrigineHeures,
    Sexe,
    TypeClause,
    TypeContrat,
)
from clauses.parametres import seuil
from clauses.querysets import ClauseSocialeQuerySet, DeclarationQuerySet, FacilitateurQuerySet, ParticipantQuerySet
from clauses.rules import Allure, allure, tranche_age
from marches.models import Lot
from structures.models import Organisation, Zone

HEURES: dict[str, Any] = {"max_digits": 9, "decimal_places": 2}


class Facilitateur(models.Model):
    """A body that follows social clauses on a territory (maison de l'emploi, PLIE, collectivité…)."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="facilitateur")
    zone = models.ForeignKey(Zone, on_delete=models.SET_NULL, null=True, blank=True, related_name="facilitateurs")
    guichet_unique = models.BooleanField("guichet unique du territoire", default=False)
    courriel = models.EmailField("courriel public", blank=True)
    prefixe = models.CharField("préfixe des codes de personnes", max_length=6, unique=True)

    objects = FacilitateurQuerySet.as_manager()

    class Meta:
        verbose_name = "facilitateur"
        ordering = ["organisation__nom_tri"]

    def __str__(self) -> str:
        return str(self.organisation)


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
        return f"{self.heures} h ({self.get_origine_display().lower()})"


class Participant(models.Model):
    """A person in insertion, known by a code alone: no name, no contact, no document, ever.

    The facilitator's body keeps the link between code and person outside the portal.
    """

    facilitateur = models.ForeignKey(Facilitateur, on_delete=models.PROTECT, related_name="participants")
    code = models.CharField("code", max_length=20)
    annee_naissance = models.PositiveSmallIntegerField(
        "année de naissance", validators=[MinValueValidator(1930), MaxValueValidator(2100)]
    )
    sexe = models.CharField("sexe", max_length=1, choices=Sexe, default=Sexe.NON_RENSEIGNE)
    qpv = models.BooleanField("habite un quartier prioritaire", null=True, blank=True)
    niveau_formation = models.CharField(
        "niveau de formation", max_length=8, choices=NiveauFormation, default=NiveauFormation.INCONNU
    )
    entree_le = models.DateField("entrée le")
    fictif = models.BooleanField("donnée de démonstration", default=False, editable=False)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = "participant"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["facilitateur", "code"],
                name="participant_code_unique",
                violation_error_message="Ce code est déjà attribué à une autre personne.",
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def tranche_age(self) -> str:
        return tranche_age(self.annee_naissance, self.entree_le.year)

    def get_absolute_url(self) -> str:
        return reverse("clauses:participant", kwargs={"pk": self.pk})


class Eligibilite(models.Model):
    """A criterion seen by the facilitator on a day: the evidence is looked at, never kept."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="eligibilites")
    critere = models.CharField("critère", max_length=15, choices=Critere)
    justificatif_vu_le = models.DateField("justificatif vu le", null=True, blank=True)
    validee_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    valable_du = models.DateField("valable du")
    valable_au = models.DateField("au")

    class Meta:
        verbose_name = "éligibilité"
        ordering = ["valable_du", "pk"]
        constraints = [
            models.CheckConstraint(
                name="eligibilite_dates_ordonnees",
                condition=Q(valable_au__gte=F("valable_du")),
                violation_error_message="La fin de l'éligibilité ne peut précéder son début.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_critere_display()} jusqu'au {self.valable_au:%d/%m/%Y}"


class Affectation(models.Model):
    """A person working for an employer under one modality, on one trade, from a day on."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="affectations")
    employeur = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="affectations")
    modalite = models.CharField("modalité", max_length=18, choices=Modalite)
    contrat = models.CharField("contrat", max_length=20, choices=TypeContrat)
    metier = models.CharField("métier", max_length=120, blank=True)
    rome = models.CharField("code ROME", max_length=5, blank=True)
    date_debut = models.DateField("début")
    date_fin = models.DateField("fin", null=True, blank=True)

    class Meta:
        verbose_name = "affectation"
        ordering = ["participant", "date_debut"]
        constraints = [
            models.CheckConstraint(
                name="affectation_dates_ordonnees",
                condition=Q(date_fin=None) | Q(date_fin__gte=F("date_debut")),
                violation_error_message="La fin ne peut précéder le début.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.participant} chez {self.employeur}"


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
        return EtatDeclaration.ACCEPTEE if self.nb_acceptees else EtatDeclaration.OUVERTE


class LigneHeures(models.Model):
    """Hours worked by one person in one assignment, inside one calendar month, with no overlap.

    The coarse classes of the person are copied here so that statistics survive the erasure of the person.
    """

    affectation = models.ForeignKey(
        Affectation, on_delete=models.SET_NULL, null=True, related_name="lignes", verbose_name="affectation"
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
    """Hours of a line counted for a clause. One per line for now; pooling will split a line over several clauses."""

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
        indexes = [models.Index(fields=["clause", "etat"], name="imputation_clause_etat")]

    def __str__(self) -> str:
        return f"{self.heures} h ({self.get_etat_display().lower()})"

    @property
    def heures_travail(self):
        return self.heures - self.heures_formation

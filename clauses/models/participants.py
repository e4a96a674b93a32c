"""People in insertion, known by a code alone: what was seen, where they work, what became of them."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from clauses.enums import (
    TRANCHES_AGE,
    Competence,
    Critere,
    GenrePrescripteur,
    Modalite,
    MotifEffacement,
    MotifProlongation,
    NiveauFormation,
    ResultatFormation,
    Sexe,
    Situation,
    StatutFormation,
    TypeContrat,
)
from clauses.models.facilitateurs import Facilitateur
from clauses.querysets import ParticipantQuerySet
from clauses.rules import tranche_age
from marches.models import Site
from structures.models import Organisation

HEURES: dict[str, Any] = {"max_digits": 9, "decimal_places": 2}
# One letter, or up to three and a number: too short to name anybody.
CODE_EQUIPE = RegexValidator(
    r"^(?:[A-Z]|[A-Z]{0,3}-?[0-9]{1,3})\Z",
    "Écrivez un code court\u00a0: une lettre, ou un numéro précédé de trois lettres au plus, par exemple "
    "«\u00a0A\u00a0», «\u00a02\u00a0» ou «\u00a0NUI-3\u00a0».",
)


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
    prescripteur = models.CharField("orientée par", max_length=14, choices=GenrePrescripteur, blank=True)
    entree_le = models.DateField("entrée le")
    sortie_le = models.DateField("sortie le", null=True, blank=True)
    # The information notice was handed over on that day: purpose, rights, whom to write to.
    notice_remise_le = models.DateField("notice d'information remise le", null=True, blank=True)
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
            ),
            models.CheckConstraint(
                name="participant_sortie_apres_entree",
                condition=Q(sortie_le=None) | Q(sortie_le__gte=F("entree_le")),
                violation_error_message="La sortie ne peut précéder l'entrée.",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def tranche_age(self) -> str:
        return tranche_age(self.annee_naissance, self.entree_le.year)

    def get_tranche_age_display(self) -> str:
        return TRANCHES_AGE[self.tranche_age]

    def get_absolute_url(self) -> str:
        return reverse("clauses:participant", kwargs={"pk": self.pk})


class CompetenceParticipant(models.Model):
    """A skill of a person, out of a closed list: who can be in which team. Goes with the person."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="competences")
    competence = models.CharField("compétence", max_length=14, choices=Competence)

    class Meta:
        verbose_name = "compétence d'un participant"
        verbose_name_plural = "compétences de participants"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["participant", "competence"], name="competence_unique"),
            models.CheckConstraint(name="competence_connue", condition=Q(competence__in=Competence.values)),
        ]

    def __str__(self) -> str:
        return self.get_competence_display()


class Eligibilite(models.Model):
    """A criterion seen by the facilitator on a day: the evidence is looked at, never kept."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="eligibilites")
    critere = models.CharField("critère", max_length=15, choices=Critere)
    justificatif_vu_le = models.DateField("justificatif vu le", null=True, blank=True)
    validee_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    valable_du = models.DateField("valable du")
    valable_au = models.DateField("au")
    prolonge = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="prolongations", verbose_name="prolonge"
    )
    motif_prolongation = models.CharField("motif de prolongation", max_length=12, choices=MotifProlongation, blank=True)

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
    # Its own payroll number, seen by the employer alone.
    matricule = models.CharField("numéro de paie (vu de vous seul)", max_length=12, blank=True)
    # Chosen by the employer: who works with whom on a site.
    equipe = models.CharField("équipe", max_length=7, blank=True, validators=[CODE_EQUIPE])
    tuteur = models.BooleanField("tuteur désigné", null=True, blank=True)
    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True, blank=True, related_name="affectations")
    # Where the person is lent: the 480 hours of an AI are counted at private employers only (C. trav. L. 5132-9).
    utilisateur = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="accueils"
    )
    utilisateur_prive = models.BooleanField("employeur privé au sens de l'article L. 2211-1", null=True, blank=True)
    derogation_480 = models.DateField("dérogation du préfet jusqu'au", null=True, blank=True)
    date_debut = models.DateField("début")
    date_fin = models.DateField("fin", null=True, blank=True)

    # Erased with the person (`actions.conservation.effacer`); what the employer alone may see is not in it.
    history = HistoricalRecords(excluded_fields=["matricule"])

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


class Transfert(models.Model):
    """A person who went on from one employer to another, having agreed to it: consent is dated, never supposed."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="transferts")
    de = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    vers = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    le = models.DateField("le")
    consentement_le = models.DateField("consentement recueilli le")
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "passage d'un employeur à un autre"
        verbose_name_plural = "passages d'un employeur à un autre"
        ordering = ["le", "pk"]
        constraints = [
            models.CheckConstraint(
                name="transfert_consenti",
                condition=Q(consentement_le__lte=F("le")),
                violation_error_message="Le consentement de la personne vient avant le passage.",
            ),
            models.CheckConstraint(name="transfert_deux_employeurs", condition=~Q(de=F("vers"))),
        ]

    def __str__(self) -> str:
        return f"{self.participant}\u00a0: {self.de} → {self.vers}"


class ActionFormation(models.Model):
    """A training planned or followed by a person: scheme, funder, hours, and whether its file is late."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="formations")
    intitule = models.CharField("formation", max_length=200)
    dispositif = models.CharField("dispositif", max_length=100, blank=True)
    financeur = models.CharField("financeur", max_length=100, blank=True)
    certifiante = models.BooleanField("certifiante", default=False)
    heures = models.DecimalField("heures prévues", null=True, blank=True, **HEURES)
    statut = models.CharField("statut", max_length=10, choices=StatutFormation, default=StatutFormation.PREVUE)
    demandee_le = models.DateField("financement demandé le", null=True, blank=True)
    du = models.DateField("du", null=True, blank=True)
    au = models.DateField("au", null=True, blank=True)
    resultat = models.CharField("résultat", max_length=10, choices=ResultatFormation, blank=True)
    mission = models.ForeignKey(
        Affectation, on_delete=models.SET_NULL, null=True, blank=True, related_name="formations",
        verbose_name="mission proposée ensuite",
    )  # fmt: skip

    class Meta:
        verbose_name = "formation"
        ordering = ["du", "pk"]

    def __str__(self) -> str:
        return self.intitule


class PointSuivi(models.Model):
    """What a person has become, `terme` months after they left (`data/points_suivi.csv`); 0 is the day they left."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="points_suivi")
    terme = models.PositiveSmallIntegerField("terme (mois)")
    fait_le = models.DateField("fait le")
    situation = models.CharField("situation", max_length=14, choices=Situation)
    chez_acheteur = models.BooleanField("embauchée par l'acheteur", default=False)
    chez_titulaire = models.BooleanField("embauchée par le titulaire", default=False)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "point de suivi"
        verbose_name_plural = "points de suivi"
        ordering = ["participant", "terme"]
        constraints = [
            models.UniqueConstraint(
                fields=["participant", "terme"],
                name="point_suivi_unique",
                violation_error_message="Ce point de suivi est déjà noté.",
            ),
            models.CheckConstraint(name="point_suivi_terme", condition=Q(terme__lte=120)),
            models.CheckConstraint(
                name="point_suivi_un_employeur",
                condition=Q(chez_acheteur=False) | Q(chez_titulaire=False),
                violation_error_message="L'acheteur ou le titulaire a embauché la personne, pas les deux.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant} à {self.terme} mois\u00a0: {self.get_situation_display()}"


class ConsultationParticipant(models.Model):
    """Each look at a person's page: who, for which body, when. Kept as long as the person's row."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="consultations")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.SET_NULL, null=True, related_name="+")
    page = models.CharField("page", max_length=40)
    le = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "consultation d'un participant"
        verbose_name_plural = "consultations de participants"
        ordering = ["-le", "-pk"]

    def __str__(self) -> str:
        return f"{self.participant} – {self.le:%d/%m/%Y %H:%M}"


class Effacement(models.Model):
    """A person erased, known by a fingerprint of their code alone: after a restore, the purge erases them again."""

    empreinte = models.CharField(max_length=64, unique=True)
    motif = models.CharField("motif", max_length=10, choices=MotifEffacement)
    le = models.DateTimeField("effacée le", auto_now_add=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "effacement"
        ordering = ["-le", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_motif_display()} le {self.le:%d/%m/%Y}"

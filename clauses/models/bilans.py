"""Shortfalls and what was decided of them; reports and attestations whose figures are frozen; closed years."""

import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from clauses.enums import EtapeEcart, PorteeBilan, SuiteEcart
from clauses.models.clauses import ClauseSociale
from clauses.models.facilitateurs import Facilitateur
from clauses.querysets import AttestationQuerySet, EcartQuerySet
from structures.models import Organisation

HEURES: dict[str, Any] = {"max_digits": 9, "decimal_places": 2}
SANS_AMBIGUITE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no 0 nor O, no 1, I nor L
CODE_LENGTH = 12
EUROS: dict[str, Any] = {"max_digits": 12, "decimal_places": 2, "null": True, "blank": True}


class Ecart(models.Model):
    """Hours missing from a clause, from the notice to the decision, which is the buyer's alone.

    Source: CCAG 2021 (adversarial step before penalties), reference guides (C.6).
    """

    clause = models.ForeignKey(ClauseSociale, on_delete=models.PROTECT, related_name="ecarts")
    constate_le = models.DateField("constaté le")
    constate_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    heures_dues = models.DecimalField("heures dues", **HEURES)
    heures_acceptees = models.DecimalField("heures acceptées", **HEURES)
    jours_retard_documents = models.PositiveIntegerField("jours de retard des documents", default=0)
    etape = models.CharField("étape", max_length=12, choices=EtapeEcart, default=EtapeEcart.CONSTAT)
    notifie_le = models.DateField("notifié le", null=True, blank=True)
    notifie_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    delai_observations = models.DateField("observations attendues avant le", null=True, blank=True)
    observations = models.TextField("observations de l'entreprise", blank=True)
    observations_le = models.DateTimeField(null=True, blank=True)
    observations_par = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    proposition = models.CharField("suite proposée", max_length=12, choices=SuiteEcart, blank=True)
    proposition_texte = models.TextField("raisons de la proposition", blank=True)
    proposee_le = models.DateTimeField(null=True, blank=True)
    proposee_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    vers_clause = models.ForeignKey(
        ClauseSociale, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="report vers"
    )
    decision = models.CharField("décision de l'acheteur", max_length=12, choices=SuiteEcart, blank=True)
    decision_texte = models.TextField("raisons de la décision", blank=True)
    decidee_le = models.DateTimeField(null=True, blank=True)
    decidee_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    montant = models.DecimalField("pénalité (€)", **EUROS)
    # Until the spokesperson of a group has shared the penalty, it bears all of it.
    repartie_le = models.DateTimeField(null=True, blank=True)
    repartie_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = EcartQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "écart"
        ordering = ["-constate_le", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["clause"],
                condition=~Q(etape="clos"),
                name="ecart_un_seul_ouvert",
                violation_error_message="Un écart est déjà en cours sur cette clause.",
            ),
            models.CheckConstraint(
                name="ecart_montant_positif",
                condition=Q(montant=None) | Q(montant__gte=0),
                violation_error_message="Une pénalité ne peut être négative.",
            ),
        ]

    def __str__(self) -> str:
        return f"Écart de {self.manquantes}\u00a0h"

    def get_absolute_url(self) -> str:
        return reverse("clauses:ecart", kwargs={"pk": self.pk})

    @property
    def manquantes(self):
        return max(self.heures_dues - self.heures_acceptees, 0)


class PartEcart(models.Model):
    """What one member of the group bears of a penalty, as the spokesperson shares it. Source: CCAG Travaux, 19.1.2."""

    ecart = models.ForeignKey(Ecart, on_delete=models.CASCADE, related_name="parts")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    heures = models.DecimalField("heures manquantes", **HEURES)
    montant = models.DecimalField("pénalité (€)", **EUROS)

    class Meta:
        verbose_name = "part d'un écart"
        verbose_name_plural = "parts d'un écart"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["ecart", "organisation"], name="part_ecart_unique")]

    def __str__(self) -> str:
        return str(self.organisation)


class Bilan(models.Model):
    """The figures of a contract, a buyer, a place or a structure over a period, frozen the day they are signed."""

    facilitateur = models.ForeignKey(
        Facilitateur, on_delete=models.PROTECT, null=True, blank=True, related_name="bilans"
    )
    portee = models.CharField("portée", max_length=10, choices=PorteeBilan)
    # The key of what the report is about: contract, organisation of a buyer or of a structure, « niveau-code ».
    objet = models.CharField(max_length=40)
    libelle = models.CharField("sur", max_length=300)
    du = models.DateField("du")
    au = models.DateField("au")
    chiffres = models.JSONField("chiffres")
    signe_le = models.DateTimeField("signé le", auto_now_add=True)
    signe_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "bilan signé"
        verbose_name_plural = "bilans signés"
        ordering = ["-signe_le", "-pk"]
        indexes = [models.Index(fields=["portee", "objet"], name="bilan_objet")]

    def __str__(self) -> str:
        return f"{self.libelle} ({self.du:%d/%m/%Y} – {self.au:%d/%m/%Y})"


def code_de_verification() -> str:
    """Twelve characters that nobody guesses (59 bits), and that cannot be misread."""
    return "".join(secrets.choice(SANS_AMBIGUITE) for _ in range(CODE_LENGTH))


class Attestation(models.Model):
    """Hours that a facilitator attests to an organisation; the figures stay as they were given.

    Whoever holds the `code` may check it on a public page; a mistake is not corrected, it is cancelled with its reason.
    """

    facilitateur = models.ForeignKey(Facilitateur, on_delete=models.PROTECT, related_name="attestations")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="attestations")
    numero = models.CharField("numéro", max_length=30, unique=True)
    code = models.CharField("code de vérification", max_length=16, unique=True, default=code_de_verification)
    du = models.DateField("du")
    au = models.DateField("au")
    chiffres = models.JSONField("chiffres")
    # Whose contracts are counted: each reads its own lines alone.
    acheteurs = models.ManyToManyField(Organisation, blank=True, related_name="+")
    delivree_le = models.DateTimeField("délivrée le", auto_now_add=True)
    delivree_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    annulee_le = models.DateTimeField("annulée le", null=True, blank=True)
    annulee_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    motif_annulation = models.CharField("motif de l'annulation", max_length=300, blank=True)

    objects = AttestationQuerySet.as_manager()

    class Meta:
        verbose_name = "attestation d'heures"
        verbose_name_plural = "attestations d'heures"
        ordering = ["-delivree_le", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="attestation_dates_ordonnees",
                condition=Q(au__gte=F("du")),
                violation_error_message="Le dernier jour ne peut précéder le premier.",
            ),
            models.CheckConstraint(
                name="attestation_annulation_motivee",
                condition=Q(annulee_le=None) | ~Q(motif_annulation=""),
                violation_error_message="Une annulation a besoin d'un motif.",
            ),
        ]

    def __str__(self) -> str:
        return self.numero

    def get_absolute_url(self) -> str:
        return reverse("clauses:attestation", kwargs={"pk": self.pk})

    @property
    def code_lisible(self) -> str:
        """« 7K3M-Q2XP-94TB »: in groups of four, as it is printed and typed again."""
        return "-".join(self.code[start : start + 4] for start in range(0, len(self.code), 4))


class Cloture(models.Model):
    """A year closed by a facilitator's body: what is accepted or corrected later counts in the next one."""

    facilitateur = models.ForeignKey(Facilitateur, on_delete=models.PROTECT, related_name="clotures")
    annee = models.PositiveSmallIntegerField("année")
    close_le = models.DateTimeField("close le", auto_now_add=True)
    close_par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    chiffres = models.JSONField("chiffres de l'année", default=dict)

    class Meta:
        verbose_name = "clôture d'une année"
        verbose_name_plural = "clôtures d'années"
        ordering = ["-annee"]
        constraints = [
            models.UniqueConstraint(
                fields=["facilitateur", "annee"],
                name="cloture_unique",
                violation_error_message="Cette année est déjà close.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.annee} – {self.facilitateur}"

"""Lots: one award unit, one DECP record, never merged; everything owed and done hangs on them."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from marches.enums import DecisionReconduction, Reservation, StatutSousTraitance
from marches.models.marches import Marche
from marches.querysets import LotQuerySet
from marches.rules.decp.valeurs import SUSPECT_AMOUNT
from marches.rules.ponderation import Grille, grille_of
from portal.models import EnregistrementSource, Importation
from portal.search import RacinesMixin
from structures.models import Commune, Departement, Organisation, Secteur

MONTANT: dict[str, Any] = {
    "max_digits": 20,
    "decimal_places": 2,
    "null": True,
    "blank": True,
}  # 10^17 is seen in real files


class GrilleField(models.JSONField):
    """Award criteria and their weights: what `rules.ponderation.Grille.en_json` writes."""

    @staticmethod
    def en_mots(value: Any) -> str:
        """For the history and for what two people compare: « Prix : 40 %, Valeur technique : 60 % »."""
        grille = grille_of(value)
        return ", ".join(grille.lignes) if grille else ""


RESERVE = ~Q(reservation=Reservation.AUCUNE)
# 0, 1 and 999 999 999 are published for « unknown »; beyond, an amount is a typing mistake. Imports flag the same.
NO_AMOUNT = Decimal(1)
SOCIAL = Q(clause_sociale=True) | Q(critere_social=True) | RESERVE


def est_vraisemblable(montant: Decimal) -> bool:
    """Whether a known amount may be right."""
    return NO_AMOUNT < montant < SUSPECT_AMOUNT


class Lot(RacinesMixin):
    """One award unit. `cle` is the hash of (buyer SIRET, id, folded objet) for an imported lot, empty when typed.

    `date_fin` is the last day of the firm period, included: 31/12 for a year from 01/01; renewals begin on 01/01.

    The social considerations are three flags because « Clause sociale », « Critère social » and « Marché réservé »
    may come together; all False means « pas de considération sociale » or not said.
    """

    marche = models.ForeignKey(Marche, on_delete=models.CASCADE, related_name="lots", verbose_name="marché")
    cle = models.CharField(max_length=64, blank=True, editable=False)
    identifiant = models.CharField("identifiant publié", max_length=60, blank=True)
    numero = models.CharField("numéro de lot", max_length=20, blank=True)
    objet = models.CharField("objet", max_length=1000)
    objet_publie = models.CharField("objet tel que publié", max_length=1000, blank=True, editable=False)
    cpv = models.CharField("code CPV", max_length=10, blank=True, db_index=True)
    # These two are indexed below, in the order of the register.
    secteur = models.ForeignKey(
        Secteur, on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="lots"
    )
    lieu_code = models.CharField("code du lieu d'exécution", max_length=20, blank=True)
    lieu_type = models.CharField("type de code du lieu", max_length=30, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.SET_NULL, null=True, blank=True, related_name="lots")
    departement = models.ForeignKey(
        Departement, on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="lots"
    )
    montant = models.DecimalField("montant (€ HT)", **MONTANT)
    montant_initial = models.DecimalField("montant initial (€ HT)", **MONTANT)
    forme_prix = models.CharField("forme du prix", max_length=40, blank=True)
    offres_recues = models.PositiveIntegerField("offres reçues", null=True, blank=True)

    date_notification = models.DateField("notification", null=True, blank=True)
    date_publication = models.DateField("publication des données", null=True, blank=True)
    date_debut = models.DateField("début d'exécution", null=True, blank=True)
    date_fin = models.DateField("fin d'exécution", null=True, blank=True)
    duree_mois = models.PositiveIntegerField("durée (mois)", null=True, blank=True)
    duree_mois_initiale = models.PositiveIntegerField("durée initiale (mois)", null=True, blank=True)
    reconductions = models.PositiveSmallIntegerField("nombre de reconductions", default=0)
    reconduction_mois = models.PositiveSmallIntegerField("durée d'une reconduction (mois)", null=True, blank=True)
    reconduction_tacite = models.BooleanField("reconduction tacite", default=True)
    preavis_jours = models.PositiveSmallIntegerField("préavis avant reconduction (jours)", null=True, blank=True)

    reservation = models.CharField("réservation", max_length=14, choices=Reservation, default=Reservation.AUCUNE)
    clause_sociale = models.BooleanField("clause sociale", default=False)
    critere_social = models.BooleanField("critère social", default=False)
    # As `rules.ponderation.Grille.en_json` writes them; None: nobody said.
    criteres = GrilleField("critères d'attribution", null=True, blank=True)
    montant_estime = models.DecimalField("montant estimé (€ HT)", **MONTANT)
    petit_lot = models.BooleanField("petit lot en procédure adaptée (R. 2123-1, 2°)", default=False)
    services_sociaux = models.BooleanField(
        "services sociaux et autres services spécifiques de la liste", null=True, blank=True
    )
    taches_essentielles = models.TextField("tâches à effectuer par un membre du groupement", blank=True)
    amenagements = models.TextField("aménagement des postes", blank=True)
    materiel_a_fournir = models.BooleanField("matériel à fournir par le titulaire", default=False)
    forme_groupement = models.CharField("groupement publié", max_length=30, blank=True)
    sous_traitance_declaree = models.BooleanField("sous-traitance déclarée", null=True)

    champs_saisis = models.JSONField("champs saisis par une personne", default=list, blank=True, editable=False)
    # That of its contract: lots are then read in the order of the register without reading the contracts.
    recence = models.PositiveIntegerField(default=0, editable=False)
    fictif = models.BooleanField("donnée de démonstration", default=False, editable=False)
    cree_le = models.DateTimeField(auto_now_add=True)
    modifie_le = models.DateTimeField(auto_now=True)

    objects = LotQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["racines", "recence"])

    class Meta:
        verbose_name = "lot"
        ordering = ["marche", "numero", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["cle"], condition=~Q(cle=""), name="lot_cle_unique"),
            models.CheckConstraint(name="lot_reservation_connue", condition=Q(reservation__in=Reservation.values)),
            models.CheckConstraint(
                name="lot_dates_ordonnees",
                condition=Q(date_debut=None) | Q(date_fin=None) | Q(date_fin__gte=models.F("date_debut")),
                violation_error_message="La fin d'exécution ne peut précéder le début.",
            ),
        ]
        indexes = [
            models.Index(fields=["reservation", "date_notification"], name="lot_reservation"),
            # One criterion each, in the order of the register: the first answers are read, not gathered and sorted.
            models.Index(fields=["-recence", "-marche"], name="lot_recents"),
            models.Index(fields=["departement", "-recence", "-marche"], name="lot_departement"),
            models.Index(fields=["secteur", "-recence", "-marche"], name="lot_secteur"),
            models.Index(fields=["-recence", "-marche"], condition=SOCIAL, name="lot_sociaux"),
            models.Index(fields=["-recence", "-marche"], condition=RESERVE, name="lot_reserves"),
        ]

    def __str__(self) -> str:
        return f"Lot {self.numero}\u00a0: {self.objet}" if self.numero else self.objet

    def get_absolute_url(self) -> str:
        return reverse("marches:lot_detail", kwargs={"pk": self.pk})

    @property
    def reservation_enum(self) -> Reservation:
        return Reservation(self.reservation)

    @property
    def grille(self) -> Grille | None:
        """The award criteria with their weights; None when they are not known."""
        return grille_of(self.criteres)

    @property
    def grille_publiee(self) -> bool:
        """Whether the criteria are those of a notice, that nobody corrected."""
        return bool(self.criteres and self.cle and "criteres" not in self.champs_saisis)

    @property
    def est_reserve(self) -> bool:
        return self.reservation != Reservation.AUCUNE

    @property
    def est_social(self) -> bool:
        """Whether anything social was published of this lot."""
        return self.est_reserve or self.clause_sociale or self.critere_social


class Titulaire(models.Model):
    """A holder of a lot, in the order of the publication; several make a group."""

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="titulaires")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="titulaires")
    rang = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "titulaire"
        ordering = ["rang", "pk"]
        constraints = [models.UniqueConstraint(fields=["lot", "organisation"], name="titulaire_unique")]

    def __str__(self) -> str:
        return str(self.organisation)


class Modification(models.Model):
    """A published modification of a lot; known by its number and its notification date."""

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="modifications")
    numero = models.CharField("numéro", max_length=20, blank=True)
    date_notification = models.DateField("notification", null=True)
    date_publication = models.DateField("publication", null=True)
    duree_mois = models.PositiveIntegerField("nouvelle durée (mois)", null=True)
    montant = models.DecimalField("nouveau montant (€ HT)", **MONTANT)
    objet = models.CharField("objet de la modification", max_length=500, blank=True)
    titulaires = models.JSONField("nouveaux titulaires", default=list, blank=True)
    saisie = models.BooleanField("saisie ou corrigée à la main", default=False, editable=False)

    class Meta:
        verbose_name = "modification"
        ordering = ["date_notification", "numero"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "numero", "date_notification"], name="modification_unique")
        ]

    def __str__(self) -> str:
        return f"Modification {self.numero}"


class ActeSousTraitance(models.Model):
    """A declared subcontract, with its latest changes folded in."""

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="actes_sous_traitance")
    numero = models.CharField("numéro", max_length=20)
    sous_traitant = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sous_traitances")
    date_notification = models.DateField("notification", null=True)
    date_publication = models.DateField("publication", null=True)
    duree_mois = models.PositiveIntegerField("durée (mois)", null=True)
    montant = models.DecimalField("montant (€ HT)", **MONTANT)
    variation_prix = models.CharField("variation du prix", max_length=30, blank=True)
    prestations = models.CharField("prestations sous-traitées", max_length=500, blank=True)
    statut = models.CharField("statut", max_length=8, choices=StatutSousTraitance, default=StatutSousTraitance.ACCEPTE)
    paiement_direct = models.BooleanField("paiement direct", null=True, blank=True)
    saisie = models.BooleanField("saisi ou corrigé à la main", default=False, editable=False)

    class Meta:
        verbose_name = "acte de sous-traitance"
        verbose_name_plural = "actes de sous-traitance"
        ordering = ["date_notification", "numero"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "numero", "sous_traitant"], name="acte_sous_traitance_unique")
        ]

    def __str__(self) -> str:
        return f"{self.numero}\u00a0: {self.sous_traitant}"


class Reconduction(models.Model):
    """What was decided of one renewal of a lot; a tacit renewal happens without any row. `rang` counts from 1."""

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="decisions_reconduction")
    rang = models.PositiveSmallIntegerField("reconduction")
    decision = models.CharField("décision", max_length=13, choices=DecisionReconduction)
    decidee_le = models.DateField("décidée le")
    motif = models.CharField("motif", max_length=500, blank=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "décision de reconduction"
        verbose_name_plural = "décisions de reconduction"
        ordering = ["lot", "rang"]
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "rang"],
                name="reconduction_unique",
                violation_error_message="Cette reconduction a déjà été décidée.",
            ),
            models.CheckConstraint(name="reconduction_rang", condition=Q(rang__gte=1)),
        ]

    def __str__(self) -> str:
        return f"Reconduction {self.rang}\u00a0: {self.get_decision_display()}"


class SourceLot(EnregistrementSource):
    """What one record of one file said of a lot."""

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="sources")

    class Meta:
        verbose_name = "enregistrement source"
        verbose_name_plural = "enregistrements sources"
        constraints = [models.UniqueConstraint(fields=["format", "cle", "empreinte"], name="source_lot_unique")]
        indexes = [models.Index(fields=["format", "cle"], name="source_lot_cle")]

    def __str__(self) -> str:
        return f"{self.format} {self.cle}"


class SourceVue(models.Model):
    """The same record met again by a later import: when the first is taken back, what it said stays, by this one."""

    source = models.ForeignKey(SourceLot, on_delete=models.CASCADE, related_name="vues")
    importation = models.ForeignKey(Importation, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "enregistrement revu"
        verbose_name_plural = "enregistrements revus"
        constraints = [models.UniqueConstraint(fields=["source", "importation"], name="source_vue_unique")]

    def __str__(self) -> str:
        return f"{self.source} ({self.importation})"

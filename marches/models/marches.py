"""Contracts: a consultation or an operation, which groups lots. The grouping is a guess that people may revise."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from marches.enums import CriteresAttribution, MotifDispense, MotifNonAllotissement, NatureContrat, TypeMarche
from marches.models.acheteurs import Acheteur
from marches.querysets import MarcheQuerySet
from portal.search import RacinesMixin
from portal.text import slugify_fr

# Columns that follow from the subject and the lots: `marches.upsert.contrats` keeps them, nobody types them.
DE_SES_LOTS = ("racines", "recence", "premiere", "objet_tri", "montant_lots", "social")


class Marche(RacinesMixin):
    acheteur = models.ForeignKey(Acheteur, on_delete=models.PROTECT, related_name="marches", verbose_name="acheteur")
    reference = models.CharField("référence", max_length=60, blank=True)
    objet = models.CharField("objet", max_length=1000)
    nature = models.CharField("nature", max_length=12, choices=NatureContrat, default=NatureContrat.MARCHE)
    type = models.CharField("type", max_length=12, choices=TypeMarche, default=TypeMarche.INCONNU)
    procedure = models.CharField("procédure", max_length=100, blank=True)
    techniques = models.CharField("techniques d'achat", max_length=200, blank=True)
    ccag = models.CharField("CCAG", max_length=60, blank=True)
    # DECP gives no launch date: the law of the day is then judged on an interval.
    date_lancement = models.DateField("lancement de la consultation", null=True, blank=True)
    date_limite = models.DateTimeField("date limite de remise des offres", null=True, blank=True)
    montant_estime = models.DecimalField(
        "montant estimé (€ HT)", max_digits=20, decimal_places=2, null=True, blank=True
    )
    presentation = models.TextField("présentation", blank=True)
    montant_maximum = models.DecimalField(
        "montant maximum de l'accord-cadre (€ HT)", max_digits=20, decimal_places=2, null=True, blank=True
    )
    # What the law asks of the buyer before launch; None: nobody said.
    services_sociaux = models.BooleanField(
        "services sociaux et autres services spécifiques de la liste", null=True, blank=True
    )
    prestations_distinctes = models.BooleanField("prestations distinctes", null=True, blank=True)
    motif_non_allotissement = models.CharField(
        "motif de non-allotissement", max_length=14, choices=MotifNonAllotissement, blank=True
    )
    justification_non_allotissement = models.TextField("justification du non-allotissement", blank=True)
    justification_duree = models.TextField("justification de la durée", blank=True)
    reservation_mentionnee = models.BooleanField(
        "réservation mentionnée dans l'avis ou les documents", null=True, blank=True
    )
    criteres = models.CharField("critères d'attribution", max_length=9, choices=CriteresAttribution, blank=True)
    achat_standardise = models.BooleanField("achat standardisé, dont la qualité ne peut varier", null=True, blank=True)
    critere_environnemental = models.BooleanField("environnement parmi les critères", null=True, blank=True)
    lots_max_candidat = models.PositiveSmallIntegerField("nombre de lots par candidat", null=True, blank=True)
    lots_max_attribues = models.PositiveSmallIntegerField("nombre de lots par titulaire", null=True, blank=True)
    interdit_seul_et_groupe = models.BooleanField("candidature seul et en groupement interdite", default=False)
    interdit_plusieurs_groupes = models.BooleanField("candidature dans plusieurs groupements interdite", default=False)
    est_accord_cadre = models.BooleanField("accord-cadre", default=False)
    accord_cadre = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="subsequents",
        verbose_name="marché subséquent de l'accord-cadre",
    )
    # Typed by a buyer and not yet shown to anybody else; what comes from public files always is.
    publie = models.BooleanField("visible de tous", default=True)
    # Why the contract was published although the law of its day warns: written by its buyer.
    justification = models.TextField("justification des points signalés", blank=True)
    marche_insertion = models.BooleanField("marché d'insertion (l'insertion en est l'objet)", default=False)
    pilote = models.BooleanField("marché pilote", default=False)
    predecesseur = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="successeurs",
        verbose_name="fait suite à",
    )
    operation_mere = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="extraits", verbose_name="extrait de"
    )
    # What the guess grouped: hash of (buyer SIREN, folded common title), empty for a contract made by hand. Contracts
    # years apart under one title share `groupe`; `cle` tells them apart.
    groupe = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    cle = models.CharField(max_length=64, blank=True, editable=False)
    champs_saisis = models.JSONField("champs saisis par une personne", default=list, blank=True, editable=False)
    # Last notification among the lots as AAAAMMJJ, else their publication, else the launch, 0 when nothing is known:
    # the order of lists, indexed alike on both engines.
    recence = models.PositiveIntegerField(default=0, editable=False)
    # First notification among the lots as AAAAMMJJ, 0 when none is notified: with `recence`, the days it spans.
    premiere = models.PositiveIntegerField(default=0, editable=False)
    # For the other two orders of lists: its subject folded, the sum of the amounts of its lots that may be right.
    objet_tri = models.CharField(max_length=80, default="", editable=False)
    montant_lots = models.DecimalField(max_digits=20, decimal_places=2, default=0, editable=False)
    # Whether any of its lots is reserved, or has a social clause or criterion.
    social = models.BooleanField(default=False, editable=False)
    fictif = models.BooleanField("donnée de démonstration", default=False, editable=False)
    cree_le = models.DateTimeField(auto_now_add=True)
    modifie_le = models.DateTimeField(auto_now=True)

    objects = MarcheQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=[*DE_SES_LOTS])

    class Meta:
        verbose_name = "marché"
        ordering = ["-recence", "-pk"]
        constraints = [models.UniqueConstraint(fields=["cle"], condition=~models.Q(cle=""), name="marche_cle_unique")]
        indexes = [
            models.Index(fields=["-recence", "-id"], name="marche_recents"),
            models.Index(fields=["-recence", "-id"], condition=Q(social=True), name="marche_sociaux"),
            models.Index(fields=["objet_tri", "id"], name="marche_titres"),
            models.Index(fields=["-montant_lots", "-id"], name="marche_montants"),
            # Those notified on several days are few: a period finds them apart, and all others by `recence`.
            models.Index(
                fields=["premiere", "recence"],
                condition=Q(premiere__gt=0, premiere__lt=models.F("recence")),
                name="marche_etales",
            ),
            # Drafts are few: pages ask which they are rather than reading every contract.
            models.Index(fields=["acheteur"], condition=Q(publie=False), name="marche_brouillons"),
            models.Index(fields=["date_limite"], name="marche_limite"),
        ]

    def __str__(self) -> str:
        return self.objet

    @property
    def slug(self) -> str:
        return slugify_fr(self.objet) or "marche"

    def get_absolute_url(self) -> str:
        return reverse("marches:detail", kwargs={"pk": self.pk})


class DispenseSociale(models.Model):
    """Why a contract above the thresholds has no social condition, as kept in the file of the procedure.

    Source: Code de la commande publique, L. 2112-2-1 (contracts), L. 3114-2-1 (concessions), L. 2184-1 (record).
    """

    marche = models.OneToOneField(Marche, on_delete=models.CASCADE, related_name="dispense", verbose_name="marché")
    motif = models.CharField("motif", max_length=14, choices=MotifDispense)
    texte = models.TextField("justification")
    constatee_le = models.DateField("constatée le")
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    history = HistoricalRecords()

    class Meta:
        verbose_name = "dispense de condition sociale"
        verbose_name_plural = "dispenses de condition sociale"
        ordering = ["-constatee_le", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="dispense_justifiee",
                condition=~Q(texte=""),
                violation_error_message="Écrivez la justification\u00a0: la loi demande qu'elle soit conservée.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_motif_display()

"""Contracts: a consultation or an operation, which groups lots. The grouping is a guess that people may revise."""

from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

from marches.enums import NatureContrat, TypeMarche
from marches.models.acheteurs import Acheteur
from marches.querysets import MarcheQuerySet
from portal.search import RacinesMixin
from portal.text import slugify_fr


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
    # Last notification among the lots as AAAAMMJJ, 0 when unknown: the order of lists, indexed alike on both engines.
    recence = models.PositiveIntegerField(default=0, editable=False)
    fictif = models.BooleanField("donnée de démonstration", default=False, editable=False)
    cree_le = models.DateTimeField(auto_now_add=True)
    modifie_le = models.DateTimeField(auto_now=True)

    objects = MarcheQuerySet.as_manager()
    history = HistoricalRecords(excluded_fields=["racines", "recence"])

    class Meta:
        verbose_name = "marché"
        ordering = ["-recence", "-pk"]
        constraints = [models.UniqueConstraint(fields=["cle"], condition=~models.Q(cle=""), name="marche_cle_unique")]
        indexes = [models.Index(fields=["-recence", "-id"], name="marche_recents")]

    def __str__(self) -> str:
        return self.objet

    @property
    def slug(self) -> str:
        return slugify_fr(self.objet) or "marche"

    def get_absolute_url(self) -> str:
        return reverse("marches:detail", kwargs={"pk": self.pk})

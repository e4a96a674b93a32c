"""What a buyer really bought, line by line: the inclusive share of their spend is computed from it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from structures.enums import Kind
from structures.models import Organisation, Secteur, Structure


class FichierAchats(models.Model):
    """One file of purchase lines sent by a buyer; deleting it takes its lines back."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="fichiers_achats")
    nom = models.CharField("nom du fichier", max_length=200)
    empreinte = models.CharField(max_length=64, editable=False)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    cree_le = models.DateTimeField(auto_now_add=True)
    rapport = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = "fichier d'achats"
        verbose_name_plural = "fichiers d'achats"
        ordering = ["-cree_le", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "empreinte"],
                name="fichier_achats_unique",
                violation_error_message="Ce fichier a déjà été envoyé.",
            )
        ]

    def __str__(self) -> str:
        return self.nom


class AchatRealise(models.Model):
    """One purchase line, in euros before VAT; `structure` and `kind` are what the directory said when it was read.

    A credit note is a line with a negative amount.
    """

    fichier = models.ForeignKey(FichierAchats, on_delete=models.CASCADE, related_name="lignes")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="achats_realises")
    ligne = models.PositiveIntegerField("ligne du fichier")
    annee = models.PositiveSmallIntegerField("année")
    siret_fournisseur = models.CharField("SIRET du fournisseur", max_length=14, blank=True)
    fournisseur = models.CharField("fournisseur", max_length=250, blank=True)
    montant = models.DecimalField("montant (€ HT)", max_digits=15, decimal_places=2)
    categorie = models.CharField("catégorie", max_length=150, blank=True)
    entite = models.CharField("service acheteur", max_length=150, blank=True)
    structure = models.ForeignKey(
        Structure, on_delete=models.SET_NULL, null=True, blank=True, related_name="achats_realises"
    )
    kind = models.CharField("type", max_length=4, choices=Kind, blank=True)
    secteur = models.ForeignKey(
        Secteur, on_delete=models.SET_NULL, null=True, blank=True, related_name="achats_realises"
    )
    qpv = models.BooleanField("fournisseur en QPV", null=True)

    class Meta:
        verbose_name = "achat réalisé"
        verbose_name_plural = "achats réalisés"
        constraints = [
            models.UniqueConstraint(fields=["fichier", "ligne"], name="achat_ligne_unique"),
            models.CheckConstraint(name="achat_annee_plausible", condition=Q(annee__gte=2000, annee__lte=2100)),
        ]
        indexes = [models.Index(fields=["organisation", "annee", "kind"], name="achat_part_inclusive")]

    def __str__(self) -> str:
        return f"{self.fournisseur or self.siret_fournisseur} {self.montant} €"

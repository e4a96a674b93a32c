"""What a buyer really bought, line by line: the inclusive share of their spend is computed from it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from marches.querysets import AchatQuerySet
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

    objects = AchatQuerySet.as_manager()

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

    def get_absolute_url(self) -> str:
        return reverse("marches:achats_fichier", kwargs={"pk": self.pk})


class AchatRealise(models.Model):
    """One purchase line, in euros before VAT; `structure` and `kind` are what the directory said when it was read.

    `kind` is given for an establishment of the directory. With a structure and no kind, only another establishment of
    the same company is known: the line does not count as inclusive. A credit note is a line with a negative amount.
    `siret_fournisseur` holds a SIREN when the file gave no more.
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

    objects = AchatQuerySet.as_manager()

    class Meta:
        verbose_name = "achat réalisé"
        verbose_name_plural = "achats réalisés"
        constraints = [
            models.UniqueConstraint(fields=["fichier", "ligne"], name="achat_ligne_unique"),
            models.CheckConstraint(name="achat_annee_plausible", condition=Q(annee__gte=2000, annee__lte=2100)),
        ]
        indexes = [models.Index(fields=["organisation", "annee", "kind"], name="achat_part_inclusive")]

    def __str__(self) -> str:
        return f"{self.fournisseur or self.siret_fournisseur} {self.montant}\u00a0€"


class AttestationOeth(models.Model):
    """What a supplier attested of one year of purchases: the cost of labour, in euros, which only it knows."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="attestations_oeth")
    annee = models.PositiveSmallIntegerField("année")
    siret_fournisseur = models.CharField("SIRET du fournisseur", max_length=14)
    cout_main_oeuvre = models.DecimalField("coût de main-d'œuvre attesté (€)", max_digits=15, decimal_places=2)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    modifiee_le = models.DateTimeField(auto_now=True)

    objects = AchatQuerySet.as_manager()

    class Meta:
        verbose_name = "attestation OETH"
        verbose_name_plural = "attestations OETH"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "annee", "siret_fournisseur"], name="attestation_oeth_unique"
            ),
            models.CheckConstraint(
                name="attestation_oeth_positive",
                condition=Q(cout_main_oeuvre__gte=0),
                violation_error_message="Le coût de main-d'œuvre ne peut être négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.siret_fournisseur} {self.annee}\u00a0: {self.cout_main_oeuvre}\u00a0€"

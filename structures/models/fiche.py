"""What a card says beyond its activities: labels, offers, references, pictures."""

from django.db import models
from django.db.models import F, Q

from portal.photos import Photo, files_in
from structures.models.structures import Structure


class Label(models.Model):
    """A certification or an approval one may ask for; our own list, `structures/data/labels.csv`."""

    code = models.CharField("code", max_length=40, unique=True)
    nom = models.CharField("nom", max_length=80)
    presentation = models.CharField("ce qu'il atteste", max_length=250)
    site = models.URLField("site", blank=True)
    ordre = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "label"
        ordering = ["ordre", "nom"]

    def __str__(self) -> str:
        return self.nom


class LabelObtenu(models.Model):
    """A label held by a structure: what is shown on the card is what the filter reads."""

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="labels")
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="obtenus")
    valable_jusqu_au = models.DateField("valable jusqu'au", null=True, blank=True)

    class Meta:
        verbose_name = "label obtenu"
        verbose_name_plural = "labels obtenus"
        ordering = ["label__ordre"]
        constraints = [models.UniqueConstraint(fields=["structure", "label"], name="label_obtenu_unique")]

    def __str__(self) -> str:
        return str(self.label)


class Offre(models.Model):
    """Something a structure sells, in its own words; searched."""

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="offres")
    nom = models.CharField("nom de l'offre", max_length=150)
    description = models.TextField("description", max_length=1_500, blank=True)
    rang = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "offre"
        ordering = ["rang", "pk"]

    def __str__(self) -> str:
        return self.nom


class ReferenceClient(models.Model):
    """A client the structure names; those the register proves are shown apart, by the floor that knows them."""

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="references")
    client = models.CharField("client", max_length=150)
    objet = models.CharField("objet", max_length=250, blank=True)
    annee_debut = models.PositiveSmallIntegerField("de (année)", null=True, blank=True)
    annee_fin = models.PositiveSmallIntegerField("à (année)", null=True, blank=True)
    rang = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "référence"
        ordering = [F("annee_fin").desc(nulls_first=True), "rang", "pk"]
        constraints = [
            models.CheckConstraint(
                name="reference_annees_ordonnees",
                condition=Q(annee_debut=None) | Q(annee_fin=None) | Q(annee_fin__gte=F("annee_debut")),
                violation_error_message="L'année de fin ne peut précéder celle du début.",
            )
        ]

    def __str__(self) -> str:
        return self.client


class PhotoStructure(Photo):
    """A picture of a card."""

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="photos")
    image, vignette = files_in("structures")

    PARENT = "structure"

    class Meta(Photo.Meta):
        verbose_name = "photo d'une structure"
        verbose_name_plural = "photos des structures"

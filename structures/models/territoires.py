"""Places: régions, départements, intercommunalités, communes. Loaded by `import_territoires`, never typed."""

from django.db import models
from django.urls import reverse

from portal.search import RacinesMixin


def page_of(niveau: str, code: str) -> str:
    """The address of the page of a place."""
    return reverse("structures:territoire", kwargs={"cle": f"{niveau}-{code}"})


class Region(models.Model):
    code = models.CharField("code INSEE", max_length=3, primary_key=True)
    nom = models.CharField("nom", max_length=60)
    nom_tri = models.CharField(max_length=60, editable=False, db_index=True)

    class Meta:
        verbose_name = "région"
        ordering = ["nom_tri"]

    def __str__(self) -> str:
        return self.nom

    def get_absolute_url(self) -> str:
        return page_of("region", self.pk)


class Departement(models.Model):
    code = models.CharField("code INSEE", max_length=3, primary_key=True)
    nom = models.CharField("nom", max_length=60)
    nom_tri = models.CharField(max_length=60, editable=False, db_index=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="departements", verbose_name="région")

    class Meta:
        verbose_name = "département"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.nom} ({self.code})"

    def get_absolute_url(self) -> str:
        return page_of("departement", self.pk)


class Epci(RacinesMixin):
    """Intercommunality with its own taxes; 89 of them straddle several départements."""

    siren = models.CharField("SIREN", max_length=9, primary_key=True)
    nom = models.CharField("nom", max_length=150)
    nom_tri = models.CharField(max_length=150, editable=False, db_index=True)
    type = models.CharField("type", max_length=10)

    class Meta:
        verbose_name = "intercommunalité"
        verbose_name_plural = "intercommunalités"
        ordering = ["nom_tri"]

    def __str__(self) -> str:
        return self.nom

    def get_absolute_url(self) -> str:
        return page_of("epci", self.pk)


class Commune(models.Model):
    """A commune, or a municipal arrondissement, which then points to its commune through `parente`."""

    code = models.CharField("code INSEE", max_length=5, primary_key=True)
    nom = models.CharField("nom", max_length=80)
    nom_tri = models.CharField(max_length=80, editable=False, db_index=True)
    siren = models.CharField("SIREN", max_length=9, blank=True, db_index=True)
    codes_postaux = models.CharField("codes postaux", max_length=250, blank=True)
    departement = models.ForeignKey(
        Departement, on_delete=models.PROTECT, null=True, related_name="communes", verbose_name="département"
    )
    epci = models.ForeignKey(
        Epci, on_delete=models.PROTECT, null=True, related_name="communes", verbose_name="intercommunalité"
    )
    parente = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="arrondissements", verbose_name="commune parente"
    )
    population = models.PositiveIntegerField("population", default=0)
    latitude = models.FloatField("latitude", null=True)
    longitude = models.FloatField("longitude", null=True)

    class Meta:
        verbose_name = "commune"
        ordering = ["nom_tri", "code"]
        indexes = [models.Index(fields=["latitude", "longitude"], name="commune_position")]

    def __str__(self) -> str:
        return f"{self.nom} ({self.departement_id or self.code[:2]})"

    def get_absolute_url(self) -> str:
        return page_of("commune", self.pk)


class CodePostal(models.Model):
    """A postcode of a commune: one row each, so that both directions are indexed."""

    code = models.CharField("code postal", max_length=5, db_index=True)
    commune = models.ForeignKey(Commune, on_delete=models.CASCADE, related_name="postaux")

    class Meta:
        verbose_name = "code postal"
        verbose_name_plural = "codes postaux"
        constraints = [models.UniqueConstraint(fields=["code", "commune"], name="code_postal_unique")]

    def __str__(self) -> str:
        return self.code

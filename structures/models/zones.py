"""Where an activity is done: declared places or a radius, with every larger place they reach."""

from django.db import models
from django.db.models import Q

from structures.enums import Couverture, NiveauLieu


class Zone(models.Model):
    """A set of places, shared by every activity done there: never changed nor deleted by hand.

    To give an activity another zone: `activite.zone = structures.zones.make_zone(…)`, which finds the zone that says
    the same or writes it; `structures.zones.prune` removes those that nothing uses any more. `ZoneLieu` holds one row
    per declared place and one per larger place reached. A radius stays a circle (`latitude`, `longitude`, `rayon_km`):
    a 100 km circle holds 1 960 communes on average.
    """

    # What is declared, hashed: two activities done in the same places share one zone.
    empreinte = models.CharField(max_length=40, unique=True, null=True, editable=False)

    latitude = models.FloatField("latitude", null=True, blank=True)
    longitude = models.FloatField("longitude", null=True, blank=True)
    rayon_km = models.PositiveIntegerField("rayon en km", null=True, blank=True)
    # Bounding box of the circle, in degrees: the indexed first sieve before the distance itself.
    sud = models.FloatField(null=True, editable=False)
    nord = models.FloatField(null=True, editable=False)
    ouest = models.FloatField(null=True, editable=False)
    est = models.FloatField(null=True, editable=False)

    class Meta:
        verbose_name = "zone"
        # The circle after its box: whether it holds a point is read off the index.
        indexes = [
            models.Index(
                fields=["sud", "nord", "ouest", "est", "latitude", "longitude", "rayon_km", "id"], name="zone_cercles"
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="zone_rayon_complet",
                condition=Q(rayon_km=None) | Q(latitude__isnull=False, longitude__isnull=False),
                violation_error_message="Un rayon a besoin de son centre.",
            ),
            models.CheckConstraint(
                name="zone_rayon_borne",
                condition=Q(rayon_km=None) | Q(rayon_km__gte=1, rayon_km__lte=500),
                violation_error_message="Le rayon va de 1 à 500\u00a0km.",
            ),
        ]

    def __str__(self) -> str:
        return f"rayon de {self.rayon_km}\u00a0km" if self.rayon_km else f"zone {self.pk}"


class ZoneLieu(models.Model):
    """A place of a zone: `declare` when typed by a person, otherwise reached by what was typed."""

    zone = models.ForeignKey(Zone, on_delete=models.CASCADE, related_name="lieux")
    niveau = models.CharField(max_length=12, choices=NiveauLieu)
    code = models.CharField(max_length=9, blank=True)
    couverture = models.CharField(max_length=8, choices=Couverture)
    declare = models.BooleanField(default=False)
    # Whole communes of this place that the zone covers, written where `couverture` is partial.
    communes = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "lieu d'une zone"
        verbose_name_plural = "lieux d'une zone"
        constraints = [models.UniqueConstraint(fields=["zone", "niveau", "code"], name="zone_lieu_unique")]
        indexes = [models.Index(fields=["niveau", "code", "couverture", "zone"], name="zone_lieu_recherche")]

    def __str__(self) -> str:
        return f"{self.niveau} {self.code} {self.couverture}".strip()

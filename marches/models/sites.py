"""Which site of a lot falls to which holder, and whom to speak to there at the buyer's."""

from django.db import models
from django.db.models import Q

from marches.models.acheteurs import ReferentAcheteur, Site
from marches.models.lots import Lot
from structures.models import Organisation


class SiteLot(models.Model):
    """One site of one lot; without `organisation`, nobody has it yet. A site stands once in a lot."""

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="sites")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="lots")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="sites_confies"
    )
    referent = models.ForeignKey(
        ReferentAcheteur, on_delete=models.SET_NULL, null=True, blank=True, related_name="sites"
    )
    heures_an = models.DecimalField("heures de travail par an", max_digits=9, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = "site d'un lot"
        verbose_name_plural = "sites d'un lot"
        ordering = ["lot", "site__nom", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "site"],
                name="site_lot_unique",
                violation_error_message="Ce site est déjà dans le lot.",
            ),
            models.CheckConstraint(
                name="site_lot_heures",
                condition=Q(heures_an=None) | Q(heures_an__gte=0),
                violation_error_message="Les heures ne peuvent être négatives.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.site)

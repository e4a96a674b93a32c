"""The calendar of a procedure that carries a clause, shared by a buyer and a facilitator before the award."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from clauses.enums import EtapeProcedure
from clauses.models.facilitateurs import Facilitateur
from marches.models import Marche
from portal.permissions import Role


class CalendrierProcedureQuerySet(models.QuerySet):
    def editable_by(self, acteur):
        """Those of the contracts that this buyer writes."""
        if not acteur.has(Role.ACHETEUR):
            return self.none()
        return self.filter(marche__in=Marche.objects.editable_by(acteur).order_by().values("pk"))

    def visible_to(self, acteur):
        """The buyer's own; for a facilitator, those it was asked to follow, drafts among them."""
        if acteur.has(Role.FACILITATEUR):
            return self.filter(facilitateur__organisation=acteur.organisation_id)
        return self.editable_by(acteur)

    def running(self):
        """Those whose contract is not notified, the nearest first."""
        done = EtapeFaite.objects.filter(etape=EtapeProcedure.NOTIFICATION).values("calendrier")
        return self.exclude(pk__in=done).filter(marche__premiere=0).order_by("notification_le", "pk")

    def for_cards(self):
        """What a calendar is computed from, in two queries."""
        rows = self.select_related("marche__acheteur__organisation", "facilitateur__organisation")
        return rows.defer("marche__racines", "marche__presentation").prefetch_related("etapes")


class CalendrierProcedure(models.Model):
    """One per contract. A facilitator who is named reads its title and its days, even while it is a draft."""

    marche = models.OneToOneField(Marche, on_delete=models.CASCADE, related_name="calendrier_procedure")
    facilitateur = models.ForeignKey(
        Facilitateur, on_delete=models.SET_NULL, null=True, blank=True, related_name="calendriers_procedure",
        verbose_name="facilitateur",
    )  # fmt: skip
    notification_le = models.DateField("notification voulue le")
    formalisee = models.BooleanField("procédure formalisée", default=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    cree_le = models.DateTimeField(auto_now_add=True)
    modifie_le = models.DateTimeField(auto_now=True)

    objects = CalendrierProcedureQuerySet.as_manager()

    class Meta:
        verbose_name = "calendrier de procédure"
        verbose_name_plural = "calendriers de procédure"
        ordering = ["notification_le", "pk"]

    def __str__(self) -> str:
        return f"Calendrier de {self.marche}"

    def get_absolute_url(self) -> str:
        return reverse("clauses:procedure", kwargs={"pk": self.pk})


class EtapeFaite(models.Model):
    """A step that is over, said by who had to do it."""

    calendrier = models.ForeignKey(CalendrierProcedure, on_delete=models.CASCADE, related_name="etapes")
    etape = models.CharField("étape", max_length=12, choices=EtapeProcedure)
    faite_le = models.DateField("faite le")
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = "étape faite"
        verbose_name_plural = "étapes faites"
        ordering = ["faite_le", "pk"]
        constraints = [models.UniqueConstraint(fields=["calendrier", "etape"], name="etape_faite_unique")]

    def __str__(self) -> str:
        return f"{self.get_etape_display()}, le {self.faite_le:%d/%m/%Y}"

"""A structure asks to be named among the members of a network or of a group; they say yes or no."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal.permissions import Role
from structures.models.organisations import Reseau
from structures.models.structures import GroupeEconomique, Structure


class AdhesionQuerySet(models.QuerySet):
    def decidable_by(self, acteur):
        """The requests this `Acteur` answers: to its network, to a group it may write, all for administration."""
        if acteur.has(Role.ADMINISTRATION):
            return self
        groups = GroupeEconomique.objects.editable_by(acteur).values("pk")
        mine = Q(groupe__in=groups)
        if acteur.has(Role.RESEAU):
            mine |= Q(reseau__organisation=acteur.organisation_id or 0)
        return self.filter(mine)


class Adhesion(models.Model):
    """A request that waits for its answer, to a network or to a group (GES); it goes once answered."""

    structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="adhesions")
    reseau = models.ForeignKey(Reseau, on_delete=models.CASCADE, null=True, blank=True, related_name="adhesions")
    groupe = models.ForeignKey(
        GroupeEconomique, on_delete=models.CASCADE, null=True, blank=True, related_name="adhesions"
    )
    par = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    cree_le = models.DateTimeField(auto_now_add=True)

    objects = AdhesionQuerySet.as_manager()

    class Meta:
        verbose_name = "demande d'adhésion"
        verbose_name_plural = "demandes d'adhésion"
        ordering = ["cree_le", "pk"]
        constraints = [
            models.CheckConstraint(
                name="adhesion_a_un_seul",
                condition=Q(reseau=None, groupe__isnull=False) | Q(reseau__isnull=False, groupe=None),
            ),
            models.UniqueConstraint(fields=["structure", "reseau"], name="adhesion_reseau_unique"),
            models.UniqueConstraint(fields=["structure", "groupe"], name="adhesion_groupe_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.structure} → {self.cible}"

    @property
    def cible(self):
        return self.reseau or self.groupe

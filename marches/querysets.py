"""The questions one asks of the register, chainable. A day is always an argument."""

from django.db import models
from django.db.models import Prefetch

from portal.permissions import Role


class MarcheQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        """Every contract is public: the register is open data and the buyers' own contracts."""
        return self

    def editable_by(self, acteur):
        """Contracts of the buyer this `Acteur` acts for, every one for administration; none for anybody else."""
        if acteur.has(Role.ADMINISTRATION):
            return self
        if not acteur.has(Role.ACHETEUR):
            return self.none()
        return self.filter(acheteur__organisation__siren=acteur.organisation.siren).exclude(
            acheteur__organisation__siren=""
        )

    def for_cards(self):
        """What `marches/_card.html` prints of the contract itself, in one query."""
        return self.select_related("acheteur__organisation").defer("racines", "presentation")

    def for_detail(self):
        return self.select_related("acheteur__organisation", "predecesseur", "operation_mere").defer("racines")


class LotQuerySet(models.QuerySet):
    def editable_by(self, acteur):
        """Lots of the contracts this `Acteur` may edit."""
        from marches.models import Marche

        return self.filter(marche__in=Marche.objects.editable_by(acteur).values("pk"))

    def with_titulaires(self):
        """Holders of each lot, with the published structures that they are; three queries more."""
        from marches.models import Titulaire
        from structures.models import Structure

        published = (
            Structure.objects.filter(publiee=True).only("nom", "kind", "organisation_id").order_by("nom_tri", "pk")
        )
        holders = Titulaire.objects.select_related("organisation").prefetch_related(
            Prefetch("organisation__structures", queryset=published, to_attr="fiches")
        )
        return self.prefetch_related(Prefetch("titulaires", queryset=holders))

"""The questions one asks of the directory, chainable."""

from django.apps import apps
from django.db import models
from django.db.models import Case, F, IntegerField, Prefetch, Q, Value, When

from portal.siret import SIREN_LENGTH, SIRET_LENGTH, clean
from portal.text import sort_key


class StructureQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        """Structures this `Acteur` may see: the published ones, and their own."""
        return self.filter(Q(publiee=True) | Q(organisation=acteur.organisation_id or 0))

    def listed(self):
        """Structures shown by the directory: published, and not replaced by another."""
        return self.filter(publiee=True, remplacee_par=None)

    def identified_by(self, number: str):
        """Structures of this SIRET or SIREN, written with or without spaces."""
        digits = clean(number)
        if len(digits) == SIRET_LENGTH:
            return self.filter(organisation__type_identifiant="SIRET", organisation__identifiant=digits)
        return self.filter(organisation__siren=digits) if len(digits) == SIREN_LENGTH else self.none()

    def by_name(self, words: str = ""):
        """In alphabetical order; those whose name holds `words` as typed come first."""
        folded = sort_key(words)
        if not folded:
            return self.order_by("nom_tri", "pk")
        in_name = Case(When(nom_tri__contains=folded, then=Value(0)), default=Value(1), output_field=IntegerField())
        return self.order_by(in_name, "nom_tri", "pk")

    def by_distance(self):
        """Nearest first, for a queryset annotated with `distance_km`; those without a position come last."""
        return self.order_by(F("distance_km").asc(nulls_last=True), "nom_tri", "pk")

    def for_cards(self):
        """With what `_card.html` prints: two queries for any number of rows, and a third for the zones."""
        activite = apps.get_model("structures", "Activite")
        activities = activite.objects.select_related("secteur", "zone").order_by("secteur__ordre", "mode")
        return (
            self.select_related("commune", "departement")
            .defer("racines", "description", "champs_saisis")
            .prefetch_related(Prefetch("activites", queryset=activities.defer("secteur__racines")))
        )

    def for_detail(self):
        return self.select_related(
            "organisation", "commune", "departement__region", "groupe", "remplacee_par"
        ).prefetch_related("reseaux")

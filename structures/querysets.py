"""The questions one asks of the directory, chainable."""

from django.apps import apps
from django.db import models
from django.db.models import Case, Count, F, IntegerField, Q, Value, When

from portal.permissions import Role
from portal.siret import SIREN_LENGTH, SIRET_LENGTH, clean
from portal.text import sort_key


class StructureQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        """Structures this `Acteur` may see: the published ones, and their own."""
        return self.filter(Q(publiee=True) | Q(organisation=acteur.organisation_id or 0))

    def editable_by(self, acteur):
        """Structures whose card this `Acteur` may write: those of its own organisation, of its network, or all."""
        living = self.filter(remplacee_par=None)
        if acteur.organisation_id is None:
            return self.none()
        if acteur.has(Role.ADMINISTRATION):
            return living
        if acteur.has(Role.STRUCTURE):
            return living.filter(organisation=acteur.organisation_id)
        if acteur.has(Role.RESEAU):
            reseau = apps.get_model("structures", "Reseau")
            mine = reseau.objects.filter(organisation=acteur.organisation_id)
            links = self.model.reseaux.through.objects.filter(reseau__in=mine)
            return living.filter(pk__in=links.values("structure"))
        return self.none()

    def visible_or_moved(self, acteur):
        """`visible_to`, and those whose old address must lead to the structure that replaced them."""
        mine = Q(organisation=acteur.organisation_id) if acteur.organisation_id else Q()
        return self.filter(Q(publiee=True) | Q(remplacee_par__isnull=False) | mine)

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

    def for_detail(self):
        """With what the page of a card prints; every column read costs as much as a row."""
        return (
            self.select_related("organisation", "departement", "groupe", "co_entreprise")
            .defer("racines", "champs_saisis", "organisation__nom_tri", "groupe__presentation")
            .defer("groupe__moyens_partages", "co_entreprise__objet", "co_entreprise__plan_impact")
        )


class RevendicationQuerySet(models.QuerySet):
    def pending(self):
        return self.filter(etat__in=("a_confirmer", "en_attente"))

    def decidable_by(self, acteur):
        """Claims this `Acteur` answers: those of its own organisation; those of its network while nobody there may.

        Administration answers all of them. A claim whose e-mail is not confirmed yet is nobody's.
        """
        waiting = self.filter(etat="en_attente", structure__remplacee_par=None)
        if acteur.organisation_id is None:
            return self.none()
        if acteur.has(Role.ADMINISTRATION):
            return waiting
        if acteur.has(Role.STRUCTURE):
            return waiting.filter(structure__organisation=acteur.organisation_id)
        if acteur.has(Role.RESEAU):
            structures = apps.get_model("structures", "Structure").objects.editable_by(acteur)
            membre = apps.get_model("structures", "Membre")
            body = models.OuterRef("structure__organisation")
            held = membre.objects.active().filter(role=Role.STRUCTURE, organisation=body)
            return waiting.filter(~models.Exists(held), structure__in=structures.values("pk"))
        return self.none()


class ListeFavorisQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        """Lists of the organisation `acteur` acts for, whoever of its members made them."""
        return self.filter(organisation=acteur.organisation_id or 0)

    def with_counts(self):
        """Annotate `nombre`: how many structures each list holds."""
        return self.annotate(nombre=Count("favoris"))


class FavoriQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        return self.filter(liste__organisation=acteur.organisation_id or 0)

    def for_list(self):
        """With what a list prints: two queries for any number of rows."""
        return self.select_related(
            "par", "structure__commune", "structure__departement", "structure__remplacee_par"
        ).defer("structure__racines", "structure__description", "structure__remplacee_par__racines")


class EchangeQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        """Conversations of the organisation `acteur` acts for, as the one who wrote first or as the structure."""
        mine = acteur.organisation_id or 0
        return self.filter(Q(organisation=mine) | Q(structure__organisation=mine))

    def with_unread(self, acteur):
        """Annotate `non_lus`: messages received by the organisation of `acteur` that none of its members opened."""
        mine = acteur.organisation_id or 0
        received = Q(organisation=mine, messages__sens="vers_acheteur") | (
            ~Q(organisation=mine) & Q(messages__sens="vers_structure")
        )
        return self.annotate(non_lus=Count("messages", filter=received & Q(messages__lu_le=None)))

    def unread_first(self):
        """For a queryset that went through `with_unread`."""
        waiting = Case(When(non_lus__gt=0, then=Value(0)), default=Value(1), output_field=IntegerField())
        return self.order_by(waiting, "-dernier_le", "-pk")

    def expired(self, on):
        """Conversations to erase on the day `on`, or before."""
        return self.filter(a_effacer_le__lte=on)


class _Together(models.QuerySet):
    """Pages about several structures, written by the people of one of them, by their network, or by administration."""

    through = "structures"  # from the page to the structures that may write it

    def editable_by(self, acteur):
        if acteur.organisation_id is None:
            return self.none()
        if acteur.has(Role.ADMINISTRATION):
            return self
        if not acteur.has(Role.STRUCTURE, Role.RESEAU):
            return self.none()
        structures = apps.get_model("structures", "Structure").objects.editable_by(acteur)
        mine = self.model.objects.filter(**{f"{self.through}__in": structures.values("pk")})
        return self.filter(pk__in=mine.values("pk"))

    def deletable_by(self, acteur):
        """Those one may write and that speak of no card of others; every one for administration."""
        written = self.editable_by(acteur)
        if acteur.has(Role.ADMINISTRATION):
            return written
        structures = apps.get_model("structures", "Structure").objects
        others = structures.exclude(pk__in=structures.editable_by(acteur).values("pk")).values("pk")
        shared = self.model.objects.filter(**{f"{self.through}__in": others})
        return written.exclude(pk__in=shared.values("pk"))


class GroupeEconomiqueQuerySet(_Together):
    pass


class CoEntrepriseQuerySet(_Together):
    """Written by the people of its own card, or of one of its founders."""

    through = "fondateurs__structure"

    def editable_by(self, acteur):
        own = apps.get_model("structures", "Structure").objects.editable_by(acteur)
        by_founders = super().editable_by(acteur)
        if not acteur.has(Role.STRUCTURE, Role.RESEAU):
            return by_founders
        return self.filter(models.Q(pk__in=by_founders.values("pk")) | models.Q(structure__in=own.values("pk")))

    def deletable_by(self, acteur):
        """Neither a founder nor its own card may be of others."""
        found = super().deletable_by(acteur)
        if acteur.has(Role.ADMINISTRATION):
            return found
        own = apps.get_model("structures", "Structure").objects.editable_by(acteur)
        return found.filter(models.Q(structure=None) | models.Q(structure__in=own.values("pk")))


class ReseauQuerySet(models.QuerySet):
    def editable_by(self, acteur):
        """The network whose staff this `Acteur` is; all of them for administration."""
        if acteur.has(Role.ADMINISTRATION):
            return self
        return self.filter(organisation=acteur.organisation_id) if acteur.has(Role.RESEAU) else self.none()

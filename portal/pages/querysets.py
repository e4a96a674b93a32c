"""The questions one asks of stories, chainable."""

from django.db import models
from django.db.models import Count, Exists, OuterRef, Prefetch, Q

from portal.permissions import Role
from portal.search import filter_words
from structures.models import Activite, Structure
from structures.zones import seat_q, zones_of

REDACTEURS = (Role.RESEAU, Role.FACILITATEUR)  # who writes stories, each for its own organisation


class TemoignageQuerySet(models.QuerySet):
    def published(self):
        return self.filter(statut="publie")

    def open_to(self, acteur):
        """Published stories this `Acteur` may read; a visitor reads those meant for everybody."""
        stories = self.published()
        return stories.filter(audience="public") if acteur.is_visitor else stories

    def visible_to(self, acteur):
        """Published stories open to this `Acteur`, and every story of their own network."""
        reach = Q(statut="publie", audience="public") if acteur.is_visitor else Q(statut="publie")
        return self.filter(reach | self._own(acteur))

    def reachable_by(self, acteur):
        """Stories whose address answers: those of `visible_to`, and published ones that ask to sign in first."""
        return self.filter(Q(statut="publie") | self._own(acteur))

    def editable_by(self, acteur):
        """Stories written by the network or the facilitator's body this `Acteur` works for."""
        return self.filter(self._own(acteur))

    def search(self, text):
        """Stories that hold every word of `text`, whatever its accents and endings; all of them without a word."""
        return filter_words(self, text)

    def about_kind(self, kind):
        """Stories told with at least one structure of this kind."""
        return self._with_structure(kind=kind)

    def about_departement(self, departement):
        """Stories told with at least one structure that has its seat there."""
        return self._with_structure(departement=departement)

    def about_place(self, lieu):
        """Stories told with at least one structure that has its seat in this `Lieu`, whatever its size."""
        chosen = Structure.objects.filter(seat_q(lieu)).values("pk")
        through = self.model.structures.through.objects.filter(temoignage=OuterRef("pk"), structure__in=chosen)
        return self.filter(Exists(through))

    def about_secteur(self, secteur):
        """Stories told with a structure active in this sector, or in one of its family."""
        active = Activite.objects.filter(Q(secteur=secteur) | Q(secteur__parent=secteur)).values("structure")
        return self._with_structure(pk__in=active)

    def about_groupe(self, groupe):
        """Stories told with a structure of this GES."""
        return self._with_structure(groupe=groupe)

    def of_structure(self, structure):
        return self.filter(structures=structure)

    def of_marche(self, marche):
        """Stories linked to a contract, or to one of its lots; each once."""
        through_lot = self.model.lots.through.objects.filter(temoignage=OuterRef("pk"), lot__marche=marche)
        through_marche = self.model.marches.through.objects.filter(temoignage=OuterRef("pk"), marche=marche)
        return self.filter(Exists(through_lot) | Exists(through_marche))

    def for_cards(self):
        """With what a card prints: network, first pictures, structures (3 queries for any number of rows)."""
        structures = Structure.objects.listed().only("nom", "nom_tri", "kind", "ville")
        return self.select_related("auteur").prefetch_related("photos", Prefetch("structures", structures))

    def for_detail(self):
        """With what the page of a story prints."""
        return self.select_related("auteur").prefetch_related("photos", "chiffres")

    def _with_structure(self, **conditions):
        chosen = Structure.objects.filter(**conditions).values("pk")
        through = self.model.structures.through.objects.filter(temoignage=OuterRef("pk"), structure__in=chosen)
        return self.filter(Exists(through))

    @staticmethod
    def _own(acteur):
        """Condition « written by the body of this `Acteur` »; never true for a role that writes none."""
        if not acteur.has(*REDACTEURS) or acteur.organisation_id is None:
            return Q(pk__in=[])
        return Q(auteur=acteur.organisation_id)


class CharteQuerySet(models.QuerySet):
    """Charters, kept by networks."""

    def visible_to(self, acteur):
        """The published ones, and those one writes."""
        return self.filter(Q(publiee=True) | Q(pk__in=self.model.objects.editable_by(acteur).order_by().values("pk")))

    def editable_by(self, acteur):
        """Those of the network this `Acteur` works for; every one for administration."""
        if acteur.has(Role.ADMINISTRATION):
            return self
        if not acteur.has(Role.RESEAU):
            return self.none()
        return self.filter(organisation=acteur.organisation_id)

    def about_place(self, lieu):
        """Those whose territory reaches `lieu`, in either direction."""
        return self.filter(zone__in=zones_of(lieu).values("pk"))

    def with_nombre(self):
        """Annotate `nombre`, how many signed."""
        return self.annotate(nombre=Count("signataires"))

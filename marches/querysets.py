"""The questions one asks of the register, chainable. A day is always an argument."""

from django.db import models
from django.db.models import Prefetch

from portal.permissions import Role


class MarcheQuerySet(models.QuerySet):
    def published(self):
        """Contracts shown to everybody; the drafts of buyers are not."""
        return self.filter(publie=True)

    def visible_to(self, acteur):
        """The published ones, and the drafts that this `Acteur` may edit."""
        if acteur.has(Role.ADMINISTRATION):
            return self
        if not acteur.has(Role.ACHETEUR):
            return self.published()
        # Two plain conditions, one of them on the few drafts: the order of the list stays that of its index.
        mine = self.model.objects.filter(publie=False).editable_by(acteur).order_by().values("pk")
        return self.filter(models.Q(publie=True) | models.Q(pk__in=mine))

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
        """What `marches/_card.html` and `_appel_card.html` and the home page print of a contract, in one query."""
        return self.select_related("acheteur__organisation").only(
            *("objet", "date_limite", "date_lancement", "montant_estime", "fictif", "publie", "marche_insertion"),
            *("acheteur__organisation__denomination", "acheteur__organisation__type_identifiant"),
            "acheteur__organisation__identifiant",
        )

    def for_detail(self):
        return self.select_related("acheteur__organisation", "predecesseur", "operation_mere", "accord_cadre").defer(
            "racines", "predecesseur__racines", "operation_mere__racines", "accord_cadre__racines"
        )


class LotQuerySet(models.QuerySet):
    def published(self):
        """Lots of published contracts. The few drafts are named, so that a million lots need not be joined."""
        from marches.models import Marche

        return self.exclude(marche__in=Marche.objects.filter(publie=False).order_by().values("pk"))

    def visible_to(self, acteur):
        """Lots of the contracts that this `Acteur` sees."""
        from marches.models import Marche

        if acteur.has(Role.ADMINISTRATION):
            return self
        hidden = Marche.objects.filter(publie=False).order_by()
        if acteur.has(Role.ACHETEUR):
            hidden = hidden.exclude(pk__in=hidden.editable_by(acteur).values("pk"))
        return self.exclude(marche__in=hidden.values("pk"))

    def held_by(self, organisations):
        """Lots that these organisations hold, as published holders or as members of the group that won."""
        from marches.models import MembreGroupement, Titulaire

        held = Titulaire.objects.filter(organisation__in=organisations).order_by().values("lot")
        joined = MembreGroupement.objects.filter(organisation__in=organisations, groupement__retenu=True).order_by()
        return self.filter(models.Q(pk__in=held) | models.Q(pk__in=joined.values("groupement__lot")))

    def followed_by(self, acteur):
        """Whose days this `Acteur` follows: a buyer, those of its contracts; a holder, those it holds."""
        if acteur.has(Role.ACHETEUR):
            return self.editable_by(acteur)
        if acteur.has(Role.STRUCTURE, Role.ENTREPRISE):
            return self.published().held_by([acteur.organisation_id])
        return self.none()

    def editable_by(self, acteur):
        """Lots of the contracts this `Acteur` may edit."""
        from marches.models import Marche

        return self.filter(marche__in=Marche.objects.editable_by(acteur).values("pk"))

    def with_titulaires(self, *columns):
        """Holders of each lot, with the published structures that they are; three queries more.

        `columns` of these structures are read too, besides what names them.
        """
        from marches.models import Titulaire
        from structures.models import Structure

        published = (
            Structure.objects.filter(publiee=True)
            .only("nom", "kind", "organisation_id", *columns)
            .order_by("nom_tri", "pk")
        )
        holders = Titulaire.objects.select_related("organisation").prefetch_related(
            Prefetch("organisation__structures", queryset=published, to_attr="fiches")
        )
        return self.prefetch_related(Prefetch("titulaires", queryset=holders))


class GroupementQuerySet(models.QuerySet):
    """Groups of bidders: those that won are public as their lot is; a candidate group is its members' own business."""

    def of(self, acteur):
        """Groups in which the organisation of this `Acteur` stands."""
        from marches.models import MembreGroupement

        if not acteur.has(Role.STRUCTURE, Role.ENTREPRISE) or acteur.organisation_id is None:
            return self.none()
        return self.filter(
            pk__in=MembreGroupement.objects.filter(organisation=acteur.organisation_id).values("groupement")
        )

    def visible_to(self, acteur):
        """Groups that won a lot one sees; one's own; a buyer sees those that say they applied, once they do."""
        from marches.models import Lot

        if acteur.has(Role.ADMINISTRATION):
            return self
        won = models.Q(retenu=True, lot__in=Lot.objects.visible_to(acteur).values("pk"))
        if acteur.has(Role.ACHETEUR):
            mine = Lot.objects.editable_by(acteur).values("pk")
            return self.filter(won | models.Q(lot__in=mine, candidature_le__isnull=False))
        return self.filter(won | models.Q(pk__in=self.model.objects.of(acteur).values("pk")))

    def editable_by(self, acteur):
        """Before the award: its spokesperson and who made it. After: its spokesperson and the buyer.

        Administration writes every one.
        """
        from marches.models import Lot, MembreGroupement

        if acteur.has(Role.ADMINISTRATION):
            return self
        if acteur.has(Role.ACHETEUR):
            return self.filter(retenu=True, lot__in=Lot.objects.editable_by(acteur).values("pk"))
        if not acteur.has(Role.STRUCTURE, Role.ENTREPRISE) or acteur.organisation_id is None:
            return self.none()
        speaks = MembreGroupement.objects.filter(organisation=acteur.organisation_id, mandataire=True)
        made = models.Q(cree_par=acteur.organisation_id, retenu=False)
        return self.filter(made | models.Q(pk__in=speaks.values("groupement")))

    def with_membres(self):
        """The members of each, with their organisation and structure; three queries more."""
        from marches.models import MembreGroupement
        from structures.models import Structure

        cards = Structure.objects.select_related("organisation").defer("racines", "description")
        members = MembreGroupement.objects.select_related("organisation").prefetch_related(
            Prefetch("structure", queryset=cards)
        )
        return self.prefetch_related(Prefetch("membres", queryset=members))


class SiteQuerySet(models.QuerySet):
    """Sites of buyers and people met there, which only their buyer keeps. Both hang on `acheteur`."""

    def editable_by(self, acteur):
        """Those of the buyer this `Acteur` acts for, whatever its establishment; every one for administration."""
        if acteur.has(Role.ADMINISTRATION):
            return self
        if not acteur.has(Role.ACHETEUR):
            return self.none()
        siren = acteur.organisation.siren
        own = models.Q(acheteur__organisation=acteur.organisation_id)
        return self.filter(own | models.Q(acheteur__organisation__siren=siren) if siren else own)

    def of_buyer(self, acheteur):
        """Those of a buyer, its other establishments included."""
        siren = acheteur.organisation.siren
        return self.filter(acheteur__organisation__siren=siren) if siren else self.filter(acheteur=acheteur)


class AchatQuerySet(models.QuerySet):
    """Purchases, their files, their attestations: business secrets of one buyer."""

    def visible_to(self, acteur):
        """Those of the organisation this `Acteur` buys for; nothing for anybody else, administration included."""
        if not acteur.has(Role.ACHETEUR) or acteur.organisation_id is None:
            return self.none()
        return self.filter(organisation=acteur.organisation_id)

    def with_etat(self):
        """Files with `en_cours` and `refuse`, without reading their reports."""
        return self.annotate(
            en_cours=models.ExpressionWrapper(models.Q(rapport__has_key="etape"), models.BooleanField()),
            refuse=models.ExpressionWrapper(models.Q(rapport__has_key="echec"), models.BooleanField()),
        )

    def inclusifs(self):
        """Lines whose supplier's very establishment is in the directory."""
        return self.exclude(kind="")

    def autres_etablissements(self):
        """Lines of a company that the directory knows by another establishment only."""
        return self.filter(kind="").exclude(structure=None)


class AllianceQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        """The published ones, and those one may write."""
        return self.filter(
            models.Q(publiee=True) | models.Q(pk__in=self.model.objects.editable_by(acteur).values("pk"))
        )

    def editable_by(self, acteur):
        """Alliances of which this `Acteur` may write the card of a member; every one for administration."""
        from structures.models import Structure

        if acteur.has(Role.ADMINISTRATION):
            return self
        if not acteur.has(Role.STRUCTURE, Role.RESEAU):
            return self.none()
        mine = Structure.objects.editable_by(acteur).values("pk")
        return self.filter(pk__in=self.model.objects.filter(membres__structure__in=mine).values("pk"))

    def deletable_by(self, acteur):
        """Those one may write and that have no member of others; every one for administration."""
        from structures.models import Structure

        written = self.editable_by(acteur)
        if acteur.has(Role.ADMINISTRATION):
            return written
        others = Structure.objects.exclude(pk__in=Structure.objects.editable_by(acteur).values("pk")).values("pk")
        return written.exclude(pk__in=self.model.objects.filter(membres__structure__in=others).values("pk"))


class AvisQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        """Every published notice is open data, seen by all."""
        return self

    def chained(self):
        """In the order of a procedure: announced, called, corrected, awarded, modified."""
        return self.order_by(models.F("publie_le").asc(nulls_first=True), "pk")


class PartieQuerySet(models.QuerySet):
    def editable_by(self, acteur):
        """Every party for administration; for a buyer, those of the notices of their own organisation."""
        if acteur.has(Role.ADMINISTRATION):
            return self
        siren = getattr(acteur.organisation, "siren", "")
        if not acteur.has(Role.ACHETEUR) or not siren:
            return self.none()
        return self.filter(avis__acheteur__organisation__siren=siren)

    def en_attente(self):
        """Those that nobody has matched nor left as text."""
        return self.filter(organisation=None, laissee_en_texte=False)


class QuestionQuerySet(models.QuerySet):
    """Questions put to a buyer during a consultation. Who asked is for nobody: no page reads `organisation` back."""

    def published(self):
        """Those with their answer: the same ones for everybody."""
        return self.exclude(repondue_le=None)

    def asked_by(self, acteur):
        """Those of one's own organisation, whatever became of them."""
        if not acteur.has(Role.STRUCTURE, Role.ENTREPRISE) or acteur.organisation_id is None:
            return self.none()
        return self.filter(organisation=acteur.organisation_id)

    def editable_by(self, acteur):
        """Those put to the buyer this `Acteur` acts for; administration does not answer for a buyer."""
        from marches.models import Marche

        if not acteur.has(Role.ACHETEUR):
            return self.none()
        return self.filter(marche__in=Marche.objects.editable_by(acteur).order_by().values("pk"))

    def waiting(self, now):
        """Without an answer, while one may still be published; those of the nearest deadline first."""
        rows = self.filter(etat="attente", marche__date_limite__gte=now, marche__publie=True)
        return rows.order_by("marche__date_limite", "pk")

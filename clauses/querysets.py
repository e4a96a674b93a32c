"""The questions one asks of clauses and hours, chainable. A day is always an argument."""

from collections import defaultdict
from decimal import Decimal

from django.db import models
from django.db.models import BigIntegerField, Count, DecimalField, Exists, F, IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Round

from clauses.enums import EtapeEcart, Etat
from clauses.parametres import seuil
from marches.rules import add_months
from portal.permissions import Role
from structures.enums import Couverture, NiveauLieu
from structures.models import Commune, Departement, ZoneLieu
from structures.zones import zones_of

HOURS = DecimalField(max_digits=12, decimal_places=2)
DECLARENTS = (Role.ENTREPRISE, Role.STRUCTURE)


def _total(rows, key="clause"):
    """The hours of `rows` by clause, 2 places, 0 for none. A subquery: several totals side by side never multiply."""
    return Round(_sum(rows, key), 2, output_field=HOURS)


def _sum(rows, key="clause"):
    summed = rows.order_by().values(key).annotate(total=Sum("heures")).values("total")
    return Coalesce(Subquery(summed, output_field=HOURS), Decimal(0), output_field=HOURS)


def _reprises(on):
    """Hours done before the portal knew the clause, with a proof seen: they count as declared and as accepted."""
    from clauses.models import RepriseHeures

    return RepriseHeures.objects.filter(clause=OuterRef("pk"), arretee_au__lte=on)


def _imputations(states):
    """Imputations of the clause of the outer query, off one index that holds their hours."""
    from clauses.models import Imputation

    return Imputation.objects.filter(clause=OuterRef("pk"), etat__in=states)


def last_word(rows):
    """Without the accepted lines whose correction is sent: the correction counts for them."""
    from clauses.models import Imputation

    pending = Imputation.objects.filter(ligne=OuterRef("ligne"), clause=OuterRef("clause"), etat=Etat.TRANSMISE)
    return rows.exclude(Exists(pending.exclude(pk=OuterRef("pk"))))


def _until(on, rows):
    """Hours of the months begun on the day `on`: all of them, less those of later months, of which there are few.

    Read this way, the months of 10 000 lines are never looked up one by one.
    """
    later = rows.filter(declaration__clause=OuterRef("pk"), declaration__mois__gt=on)
    return _sum(rows) - _sum(later)


def jour_usuel(on) -> int:
    """The day of the following month by which hours are expected where no convention says it."""
    return int(seuil("jour_declaration", on))


def holders_q(organisation_id, prefix="lot__"):
    """Clauses (by default) owed by this organisation: holder of the lot, or member of the group that won it."""
    from marches.models import MembreGroupement, Titulaire

    held = Titulaire.objects.filter(organisation=organisation_id).values("lot")
    joined = MembreGroupement.objects.filter(organisation=organisation_id, groupement__retenu=True)
    return Q(**{f"{prefix}in": held}) | Q(**{f"{prefix}in": joined.values("groupement__lot")})


class FacilitateurQuerySet(models.QuerySet):
    def acting(self, acteur):
        """The facilitator body for which this `Acteur` acts: one row or none."""
        if not acteur.has(Role.FACILITATEUR):
            return self.none()
        return self.filter(organisation=acteur.organisation_id)

    def covering(self, lieu):
        """Bodies whose zone reaches `lieu` in either direction, or, without a zone, with their seat there; the single
        desk first."""
        seat = {
            NiveauLieu.FRANCE: Q(),
            NiveauLieu.COMMUNE: Q(code=lieu.code) | Q(parente=lieu.code),
            NiveauLieu.EPCI: Q(epci=lieu.code),
            NiveauLieu.DEPARTEMENT: Q(departement=lieu.code),
            NiveauLieu.REGION: Q(departement__region=lieu.code),
        }[lieu.niveau]
        seated = Q(zone=None, organisation__commune__in=Commune.objects.filter(seat).values("pk"))
        reaching = Q(zone__in=zones_of(lieu).values("pk"))
        found = self.filter(reaching | seated).select_related("organisation")
        return found.order_by("-guichet_unique", "organisation__nom_tri", "pk")

    def par_departement(self):
        """{département: how many bodies cover it, whole or in part}; three queries, whatever their number."""
        of_region = defaultdict(set)
        for code, region in Departement.objects.values_list("code", "region"):
            of_region[region].add(code)
        covered = defaultdict(set)
        places = ZoneLieu.objects.filter(
            Q(niveau=NiveauLieu.DEPARTEMENT) | Q(couverture=Couverture.ENTIER),
            niveau__in=[NiveauLieu.DEPARTEMENT, NiveauLieu.REGION, NiveauLieu.FRANCE],
            zone__facilitateurs__in=self,
        )
        for niveau, code, pk in places.values_list("niveau", "code", "zone__facilitateurs"):
            if niveau == NiveauLieu.DEPARTEMENT:
                covered[code].add(pk)
            for region, codes in of_region.items():
                if niveau == NiveauLieu.FRANCE or (niveau == NiveauLieu.REGION and region == code):
                    for inside in codes:
                        covered[inside].add(pk)
        seated = self.filter(zone=None).exclude(organisation__commune__departement=None)
        for pk, code in seated.values_list("pk", "organisation__commune__departement"):
            covered[code].add(pk)
        return {code: len(bodies) for code, bodies in covered.items()}


class RelaisQuerySet(models.QuerySet):
    def near(self, lieu):
        """What is shown for `lieu`: relays whose zone reaches it, and those of the whole country."""
        return self.filter(Q(zone=None) | Q(zone__in=zones_of(lieu).values("pk")), publie=True)


class DemandeFacilitateurQuerySet(models.QuerySet):
    def received_by(self, acteur):
        """Requests put to the body for which this `Acteur` acts."""
        if not acteur.has(Role.FACILITATEUR):
            return self.none()
        return self.filter(facilitateur__organisation=acteur.organisation_id)

    def waiting_first(self):
        return self.order_by(F("traitee_le").desc(nulls_first=True), "-cree_le", "-pk")


class ModeleClauseQuerySet(models.QuerySet):
    def published(self, acteur):
        """Texts of the portal, and of the organisation for which this `Acteur` acts, every version."""
        mine = Q(organisation=None) | Q(organisation=acteur.organisation_id or 0)
        return self.filter(mine).exclude(publie_le=None)

    def editable_by(self, acteur):
        """Drafts of the organisation for which this `Acteur` writes clauses."""
        if not acteur.has(Role.FACILITATEUR, Role.ACHETEUR):
            return self.none()
        return self.filter(organisation=acteur.organisation_id, publie_le=None)

    def current(self, acteur):
        """The last published version of each text, those that were withdrawn left out."""
        newer = self.model.objects.filter(
            code=OuterRef("code"), version__gt=OuterRef("version"), publie_le__isnull=False
        )
        of_portal = Q(organisation=None) & ~Exists(newer.filter(organisation=None))
        of_body = ~Q(organisation=None) & ~Exists(newer.filter(organisation=OuterRef("organisation")))
        return self.published(acteur).filter(of_portal | of_body, retire_le=None)


class ConventionQuerySet(models.QuerySet):
    def in_force(self, on):
        """Signed, begun and not ended on the day `on`."""
        return self.filter(date_debut__lte=on, date_fin__gte=on).exclude(signee_le=None)

    def editable_by(self, acteur):
        """Conventions of the facilitator's body for which this `Acteur` acts."""
        if not acteur.has(Role.FACILITATEUR):
            return self.none()
        return self.filter(facilitateur__organisation=acteur.organisation_id)

    def visible_to(self, acteur):
        """Facilitator: its own. Buyer: those it is a party to, through any of its establishments."""
        if not acteur.has(Role.ACHETEUR):
            return self.editable_by(acteur)
        siren = acteur.organisation.siren
        mine = Q(parties__acheteur__organisation=acteur.organisation_id)
        mine |= Q(parties__acheteur__organisation__siren=siren) if siren else Q()
        return self.filter(mine).distinct()


class EstimationQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        """Estimates of the organisation for which this `Acteur` acts: nobody else's."""
        return self.filter(organisation=acteur.organisation_id) if acteur.organisation_id else self.none()

    editable_by = visible_to


class ClauseSocialeQuerySet(models.QuerySet):
    def of_buyer(self, acheteur):
        """Clauses of this buyer, whichever establishment of it signed."""
        siren = acheteur.organisation.siren
        same = Q(lot__marche__acheteur=acheteur)
        return self.filter(same | Q(lot__marche__acheteur__organisation__siren=siren) if siren else same)

    def with_heures_dues(self, on):
        """Annotate `heures_dues_total`: hours due at this day, all origins together."""
        from clauses.models import HeuresDues

        return self.annotate(
            heures_dues_total=_total(HeuresDues.objects.filter(clause=OuterRef("pk"), date_effet__lte=on))
        )

    def with_heures_declarees(self, on):
        """Annotate `heures_declarees`: opening balance, sent or accepted, up to this day; the last word on a line."""
        counted = _until(on, last_word(_imputations([Etat.TRANSMISE, Etat.ACCEPTEE]))) + _sum(_reprises(on))
        return self.annotate(heures_declarees=Round(counted, 2, output_field=HOURS))

    def with_heures_acceptees(self, on):
        """Annotate `heures_acceptees`: opening balance, then accepted, worked up to this day."""
        counted = _until(on, _imputations([Etat.ACCEPTEE])) + _sum(_reprises(on))
        return self.annotate(heures_acceptees=Round(counted, 2, output_field=HOURS))

    def with_suivi(self, on):
        """The three totals that progress needs."""
        return self.with_heures_dues(on).with_heures_declarees(on).with_heures_acceptees(on)

    def for_cards(self):
        """What a card prints of the contract around the clause."""
        return self.select_related("lot__marche__acheteur__organisation", "facilitateur__organisation")

    def followed_by(self, acteur):
        """Clauses of the facilitator body for which this `Acteur` acts."""
        if not acteur.has(Role.FACILITATEUR):
            return self.none()
        return self.filter(facilitateur__organisation=acteur.organisation_id)

    editable_by = followed_by

    def owed_by(self, acteur):
        """Clauses that the organisation of this `Acteur` has to declare for: holder or member of the group."""
        if not acteur.has(*DECLARENTS):
            return self.none()
        return self.filter(holders_q(acteur.organisation_id))

    def visible_to(self, acteur):
        """Facilitator: its own. Buyer: of its SIREN. Company, structure: those it owes, or where it employs."""
        if acteur.has(Role.FACILITATEUR):
            return self.followed_by(acteur)
        if acteur.has(Role.ACHETEUR):
            siren = acteur.organisation.siren
            buyer = Q(lot__marche__acheteur__organisation=acteur.organisation_id)
            return self.filter(buyer | Q(lot__marche__acheteur__organisation__siren=siren) if siren else buyer)
        if acteur.has(*DECLARENTS):
            from clauses.models import Imputation

            employed = Imputation.objects.filter(ligne__affectation__employeur=acteur.organisation_id)
            return self.filter(holders_q(acteur.organisation_id) | Q(pk__in=employed.values("clause")))
        return self.none()


class ParticipantQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        """Facilitator: the people of its body. Company, structure: those it employs (code only). Else none."""
        if acteur.has(Role.FACILITATEUR):
            return self.editable_by(acteur)
        if acteur.has(*DECLARENTS):
            from clauses.models import Affectation

            employed = Affectation.objects.filter(employeur=acteur.organisation_id)
            return self.filter(pk__in=employed.values("participant"))
        return self.none()

    def editable_by(self, acteur):
        """People of the facilitator body for which this `Acteur` acts: criteria are for them alone."""
        if not acteur.has(Role.FACILITATEUR):
            return self.none()
        return self.filter(facilitateur__organisation=acteur.organisation_id)

    def with_fin_eligibilite(self):
        """Annotate `fin_eligibilite`: the last day of their latest eligibility."""
        return self.annotate(fin_eligibilite=models.Max("eligibilites__valable_au"))


class DeclarationQuerySet(models.QuerySet):
    def with_etat(self):
        """Annotate the counts from which `Declaration.etat` is derived; a refusal already corrected counts no more."""

        from clauses.models import Imputation

        # Counted apart: by a join, each of the other totals of a month would be worked out once a line.
        def lines(**condition):
            rows = Imputation.objects.filter(declaration=OuterRef("pk"), **condition).order_by().values("declaration")
            counted = Subquery(rows.annotate(nombre=Count("pk")).values("nombre"))
            return Coalesce(counted, 0, output_field=IntegerField())

        return self.annotate(
            nb_transmises=lines(etat=Etat.TRANSMISE),
            nb_refusees=lines(etat=Etat.REFUSEE, remplacee_par=None),
            nb_brouillons=lines(etat=Etat.BROUILLON),
            nb_acceptees=lines(etat=Etat.ACCEPTEE),
        )

    def to_check(self):
        """Months with a line to accept or refuse."""
        return self._with_line(Etat.TRANSMISE)

    def to_correct(self):
        """Months with a refused line that nothing corrects yet."""
        return self._with_line(Etat.REFUSEE, remplacee_par=None)

    def drafted(self):
        """Months with a line that was typed and never sent."""
        return self._with_line(Etat.BROUILLON)

    def empty(self):
        """Months without a line, of which nobody said that there is nothing to declare."""
        from clauses.models import Imputation

        return self.filter(~Exists(Imputation.objects.filter(declaration=OuterRef("pk"))), transmise_le=None)

    def _with_line(self, etat, **more):
        """Read from the lines in that state, which are few, rather than month by month."""
        from clauses.models import Imputation

        clauses = self.order_by().values("clause")
        rows = Imputation.objects.filter(clause__in=clauses, etat=etat, **more)
        return self.filter(pk__in=rows.order_by().values("declaration"))

    def with_heures(self):
        """Annotate `heures_declarees` and `heures_acceptees` of the month; a correction sent counts for the old one."""
        from clauses.models import Imputation

        rows = Imputation.objects.filter(declaration=OuterRef("pk"))
        return self.annotate(
            heures_declarees=_total(last_word(rows.filter(etat__in=[Etat.TRANSMISE, Etat.ACCEPTEE])), "declaration"),
            heures_acceptees=_total(rows.filter(etat=Etat.ACCEPTEE), "declaration"),
        )

    def with_jour_attendu(self, on):
        """Annotate `jour_attendu`: the day of the following month by which the convention, or usage, expects hours."""
        return self._with_jour_attendu(jour_usuel(on))

    def _with_jour_attendu(self, usual):
        from clauses.models import Convention

        settled = Convention.objects.filter(
            facilitateur=OuterRef("clause__facilitateur"),
            parties__acheteur=OuterRef("clause__lot__marche__acheteur"),
            date_debut__lte=OuterRef("mois"),
            date_fin__gte=OuterRef("mois"),
            signee_le__isnull=False,
            jour_declaration__isnull=False,
        ).order_by("-date_debut", "-pk")
        expected = Coalesce(Subquery(settled.values("jour_declaration")[:1]), usual, output_field=BigIntegerField())
        return self.annotate(jour_attendu=expected)

    def late(self, on):
        """Annotate `jour_attendu`, and keep months never sent nor said empty whose expected day is before `on`."""
        return self.late_at(add_months(on.replace(day=1), -1), on.day, jour_usuel(on))

    def late_at(self, last, day, usual):
        """The same: `last` is the first of the month before, `day` that of today, `usual` that of usage.

        As they are, for a query written once and asked on other days.
        """
        passed = Q(mois__lt=last) | Q(mois=last, jour_attendu__lt=day)
        from clauses.models import Imputation

        sent = Imputation.objects.filter(declaration=OuterRef("pk")).exclude(etat=Etat.BROUILLON)
        return self._with_jour_attendu(usual).filter(passed, ~Exists(sent), transmise_le=None)

    def visible_to(self, acteur):
        """Facilitator of the clause, and the organisation that declares. Nobody else sees a person's line."""
        if acteur.has(Role.FACILITATEUR):
            return self.filter(clause__facilitateur__organisation=acteur.organisation_id)
        if acteur.has(*DECLARENTS):
            return self.filter(organisation=acteur.organisation_id)
        return self.none()

    def editable_by(self, acteur):
        """Who may type, send and correct: those who see."""
        return self.visible_to(acteur)

    def decidable_by(self, acteur):
        """Who may accept and refuse: the facilitator of the clause alone."""
        return self.visible_to(acteur) if acteur.has(Role.FACILITATEUR) else self.none()


class AttestationQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        """The body that gave them, the organisation they are about, and the buyers of the clauses they count."""
        if acteur.has(Role.FACILITATEUR):
            return self.filter(facilitateur__organisation=acteur.organisation_id)
        if acteur.has(*DECLARENTS):
            return self.filter(organisation=acteur.organisation_id)
        if acteur.has(Role.ACHETEUR):
            siren = acteur.organisation.siren
            mine = Q(acheteurs=acteur.organisation_id)
            return self.filter(mine | Q(acheteurs__siren=siren) if siren else mine).distinct()
        return self.none()

    def editable_by(self, acteur):
        """Who gives and cancels them: the facilitator's body."""
        return self.visible_to(acteur) if acteur.has(Role.FACILITATEUR) else self.none()


class EcartQuerySet(models.QuerySet):
    def visible_to(self, acteur):
        """Its facilitator from the start; once notified, its buyer and those who owe the hours. Nobody else."""
        from clauses.models import ClauseSociale

        if acteur.has(Role.FACILITATEUR):
            return self.editable_by(acteur)
        notified = self.exclude(etape=EtapeEcart.CONSTAT)
        if acteur.has(Role.ACHETEUR):
            return notified.filter(clause__in=ClauseSociale.objects.visible_to(acteur).values("pk"))
        return notified.filter(clause__in=ClauseSociale.objects.owed_by(acteur).values("pk"))

    def editable_by(self, acteur):
        """Who finds, notifies and proposes: the facilitator of the clause."""
        from clauses.models import ClauseSociale

        return self.filter(clause__in=ClauseSociale.objects.followed_by(acteur).values("pk"))

    def decidable_by(self, acteur):
        """Who decides: the buyer alone, never the facilitator."""
        return self.visible_to(acteur) if acteur.has(Role.ACHETEUR) else self.none()

    def observable_by(self, acteur):
        """Who answers the notice: those who owe the hours."""
        return self.visible_to(acteur) if acteur.has(*DECLARENTS) else self.none()

    def awaiting(self, acteur, on):
        """Those that wait for this `Acteur` on the day `on`: the buyer's decision, the answer of who owes the hours."""
        if acteur.has(Role.ACHETEUR):
            return self.decidable_by(acteur).filter(etape=EtapeEcart.PROPOSITION)
        return self.observable_by(acteur).filter(etape=EtapeEcart.NOTIFIE, delai_observations__gte=on)

    def for_page(self):
        """What the page and the letters print around the gap."""
        return self.select_related(
            "clause__lot__marche__acheteur__organisation", "clause__facilitateur__organisation",
            "vers_clause__lot__marche", "constate_par", "notifie_par", "observations_par", "proposee_par",
            "decidee_par", "repartie_par",
        )  # fmt: skip

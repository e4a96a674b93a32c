"""Cross-checks: what two facts of the register say against each other, for a person to look at. Nothing is corrected.

Each check is one condition on lots that the database applies; it says what was found and what to do about it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.core.cache import cache
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, ExtractDay, ExtractMonth, ExtractYear

from marches.enums import NatureContrat, Reservation
from marches.models import ActeSousTraitance, Lot, MembreGroupement, Titulaire
from marches.parametres import seuil
from marches.stats import SUSPECT
from portal.permissions import Acteur, Role
from structures.enums import TypeIdentifiant
from structures.models import Organisation, Structure

SECONDS = 60
# Reservations answered by structures of the directory; a company of the social economy need not be in it.
RESERVES = (
    Reservation.HANDICAP, Reservation.INSERTION, Reservation.LES_DEUX, Reservation.PENITENTIAIRE,
    Reservation.NON_PRECISEE,
)  # fmt: skip
RESERVE_Q = Q(reservation__in=RESERVES)
SANS_MARQUE = Q(reservation=Reservation.AUCUNE, clause_sociale=False, critere_social=False)
DONNEES_DEPUIS = date(2024, 1, 1)  # R. 2196-1 in its present form
SMALLEST_PLAUSIBLE = Decimal(1)


@dataclass(frozen=True)
class Croisement:
    """`condition` on lots; `constat`, `faire` and `source` are the French of the page."""

    cle: str
    titre: str
    constat: str
    faire: str
    source: str
    condition: Callable[[], Q] = field(compare=False)


# What is known of holders -------------------------------------------------------------------------------------------
def _known() -> Q:
    """Rows of holders or members whose organisation is in the directory, or is another establishment of a company
    that is: a holder often signs by its seat."""
    published = Structure.objects.filter(publiee=True).order_by()
    by_siren = published.filter(organisation__siren=OuterRef("organisation__siren")).exclude(organisation__siren="")
    return Q(Exists(by_siren)) | Q(Exists(published.filter(organisation=OuterRef("organisation"))))


def _held(who: Q, of_holders: Q, of_members: Q) -> Q:
    """Lots with a holder, or a member of the group that won, of whom `who` is true; read from these few rows."""
    holders = Titulaire.objects.filter(of_holders).filter(who).order_by()
    members = MembreGroupement.objects.filter(of_members, groupement__retenu=True).filter(who).order_by()
    return Q(pk__in=holders.values("lot")) | Q(pk__in=members.values("groupement__lot"))


def _reserved(who: Q) -> Q:
    return _held(who, Q(lot__reservation__in=RESERVES), Q(groupement__lot__reservation__in=RESERVES))


def reserves_inconnus() -> Q:
    return RESERVE_Q & _reserved(~_known()) & ~_reserved(_known())


def reserves_meles() -> Q:
    return RESERVE_Q & _reserved(_known()) & _reserved(~_known())


def connus_sans_marque() -> Q:
    return SANS_MARQUE & _held(_known(), Q(), Q())


def convention_expiree() -> Q:
    """Every convention of a holder had ended the day of the launch, or of the notification when the launch is unknown.

    A convention without end is in force.
    """
    day = Coalesce("lot__marche__date_lancement", "lot__date_notification")
    of_holder = Structure.objects.filter(publiee=True, organisation=OuterRef("organisation")).order_by()
    ended = of_holder.filter(convention_fin__lt=OuterRef("jour"))
    in_force = of_holder.filter(Q(convention_fin=None) | Q(convention_fin__gte=OuterRef("jour")))
    holders = (
        Titulaire.objects.filter(lot__reservation__in=RESERVES)
        .annotate(jour=day)
        .filter(Exists(ended), ~Exists(in_force))
        .order_by()
    )
    return RESERVE_Q & Q(pk__in=holders.values("lot"))


def publication_tardive() -> Q:
    """`rules.publication_des_donnees`, late: more than two months from date to date. A test makes the two agree.

    Where the month reached has no such day, its last day is the limit, and no later day of that month exists.
    """
    months = (
        (ExtractYear("date_publication") - ExtractYear("date_notification")) * 12
        + ExtractMonth("date_publication")
        - ExtractMonth("date_notification")
    )
    delay = int(seuil("publication_mois", DONNEES_DEPUIS))
    late = (
        Lot.objects.filter(date_publication__gt=F("date_notification") + timedelta(days=28 * delay))
        .annotate(mois=months, j=ExtractDay("date_publication") - ExtractDay("date_notification"))
        .filter(Q(mois__gt=delay) | Q(mois=delay, j__gt=0))
        .order_by()
    )
    return Q(
        date_notification__gte=DONNEES_DEPUIS,
        montant__gte=seuil("publication_donnees", DONNEES_DEPUIS),
        marche__nature__in=(NatureContrat.MARCHE, NatureContrat.PARTENARIAT),
        pk__in=late.values("pk"),
    )


def montants_suspects() -> Q:
    return Q(montant__lte=SMALLEST_PLAUSIBLE) | Q(montant__gt=SUSPECT)


def identifiants_suspects() -> Q:
    """A holder, a subcontractor or a buyer whose SIRET has a wrong key."""
    numbered = Organisation.objects.filter(type_identifiant=TypeIdentifiant.SIRET)  # notices name buyers without any
    wrong = numbered.filter(identifiant_valide=False).order_by().values("pk")
    holders = Titulaire.objects.filter(organisation__in=wrong).order_by().values("lot")
    subcontractors = ActeSousTraitance.objects.filter(sous_traitant__in=wrong).order_by().values("lot")
    return Q(pk__in=holders) | Q(pk__in=subcontractors) | Q(marche__acheteur__organisation__in=wrong)


CROISEMENTS = (
    Croisement(
        "reserve-inconnu", "Lots réservés, titulaire inconnu de l'annuaire",
        "Le lot est réservé, mais aucun de ses titulaires n'est une structure de l'annuaire, ni un autre établissement "
        "de l'une d'elles.",
        "Vérifiez que le titulaire est bien conventionné ou agréé (ou reconnu équivalent). S'il l'est, rattachez son "
        "SIRET à sa fiche ou demandez son inscription\u00a0; sinon, la réservation n'a pas été respectée.",
        "Code de la commande publique, L. 2113-12 à L. 2113-14",
        reserves_inconnus,
    ),
    Croisement(
        "reserve-mele", "Lots réservés, entreprise ordinaire dans le groupement",
        "Parmi les titulaires d'un lot réservé, l'un est dans l'annuaire et un autre n'y est pas.",
        "Chaque membre du groupement doit remplir la condition de la réservation. Vérifiez le statut de l'autre "
        "membre, ou s'il s'agit d'un sous-traitant publié par erreur comme titulaire.",
        "Code de la commande publique, L. 2113-12 à L. 2113-14\u00a0; fiche DAJ du 23/09/2011",
        reserves_meles,
    ),
    Croisement(
        "convention-expiree", "Convention du titulaire expirée",
        "Le lot est réservé et la convention du titulaire, telle que l'annuaire la connaît, avait pris fin au "
        "lancement de la consultation (à la notification quand le lancement n'est pas connu).",
        "Demandez la convention en cours à la structure, et mettez sa fiche à jour\u00a0; l'annuaire peut être en "
        "retard d'un renouvellement.",
        "Code du travail, L. 5132-2 et L. 5213-13\u00a0; code de la commande publique, L. 2113-12 et L. 2113-13",
        convention_expiree,
    ),
    Croisement(
        "connu-sans-marque", "Structures de l'annuaire titulaires, sans mention sociale",
        "Une structure de l'annuaire tient le lot, qui est publié sans réservation, ni clause, ni critère social.",
        "Rien d'irrégulier\u00a0: la structure a gagné en concurrence. Si le lot était réservé ou portait une clause, "
        "corrigez-le\u00a0; il compte alors dans vos objectifs.",
        "Arrêté du 22/12/2022 relatif aux données essentielles, «\u00a0considérations sociales\u00a0»",
        connus_sans_marque,
    ),
    Croisement(
        "publication-tardive", "Publication au-delà de deux mois",
        "Les données essentielles ont été publiées plus de deux mois après la notification, pour un marché d'au moins "
        "40\u00a0000\u00a0€ HT notifié depuis le 1er janvier 2024.",
        "Réglez le rythme de publication de votre profil d'acheteur\u00a0; vérifiez aussi la date de notification.",
        "Code de la commande publique, R. 2196-1",
        publication_tardive,
    ),
    Croisement(
        "montant", "Montants invraisemblables",
        "Le montant est d'un euro ou moins, ou dépasse un milliard d'euros.",
        "Vérifiez l'unité et les zéros dans la publication d'origine, puis corrigez-la\u00a0; le portail ne corrige "
        "rien de lui-même et laisse ces montants hors de ses totaux.",
        "Arrêté du 22/12/2022 relatif aux données essentielles, «\u00a0montant\u00a0»",
        montants_suspects,
    ),
    Croisement(
        "identifiant", "SIRET faux",
        "Le SIRET de l'acheteur, d'un titulaire ou d'un sous-traitant n'a pas une clé valable.",
        "Comparez-le à l'acte d'engagement et corrigez la publication d'origine\u00a0: sans lui, l'entreprise ne peut "
        "être rapprochée de sa fiche.",
        "Arrêté du 22/12/2022 relatif aux données essentielles, identifiants",
        identifiants_suspects,
    ),
)  # fmt: skip
PAR_CLE = {croisement.cle: croisement for croisement in CROISEMENTS}


def lots_reaching(acteur: Acteur) -> QuerySet[Lot]:
    """The lots whose checks this `Acteur` sees: all published ones for administration, a buyer's own."""
    lots = Lot.objects.published() if acteur.has(Role.ADMINISTRATION) else Lot.objects.editable_by(acteur)
    return lots.order_by()


def comptes(lots: QuerySet[Lot], key: str) -> dict[str, int]:
    """Number of lots of each check, by its key; one query each, once a minute for the same question."""
    name = f"marches:croisements:{key}"
    found = cache.get(name)
    if found is None:
        found = {croisement.cle: lots.filter(croisement.condition()).count() for croisement in CROISEMENTS}
        cache.set(name, found, SECONDS)
    return found


def rows(lots: QuerySet[Lot], croisement: Croisement) -> QuerySet[Lot]:
    """The lots of a check, the latest first, with what a row prints."""
    found = lots.filter(croisement.condition()).select_related("marche__acheteur__organisation", "departement")
    return (
        found.with_titulaires().defer("racines", "marche__racines", "marche__presentation")
        .order_by(F("date_notification").desc(nulls_last=True), "-pk")
    )  # fmt: skip

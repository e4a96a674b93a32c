"""Cross-checks: what two facts of the register say against each other, for a person to look at. Nothing is corrected.

Each check is one condition on lots that the database applies; it says what was found, of the whole and of each lot, and
what to do about it. Buyers see their own lots; administration every published one; facilitators and networks too, for
the checks that concern structures: all of it is public, only the page is theirs.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, ExtractDay, ExtractMonth, ExtractYear, NullIf
from django.urls import reverse
from django.utils import timezone

from marches.enums import GenreAcheteur, NatureContrat, Reservation
from marches.models import ActeSousTraitance, Lot, MembreGroupement, Titulaire
from marches.models.lots import NO_AMOUNT
from marches.parametres import seuil
from marches.rules import duree_totale, publication_des_donnees
from marches.rules.decp.valeurs import SUSPECT_AMOUNT
from marches.rules.execution import duree_accord_cadre
from portal.permissions import Acteur, Role
from portal.templatetags.formats import euros
from structures.enums import TypeIdentifiant
from structures.models import Organisation, Structure

SECONDS = 60
MOST_LINKS = 2  # of one kind in a row: a group may have thirty members
# Reservations answered by structures of the directory; a company of the social economy need not be in it.
RESERVES = (
    Reservation.HANDICAP, Reservation.INSERTION, Reservation.LES_DEUX, Reservation.PENITENTIAIRE,
    Reservation.NON_PRECISEE,
)  # fmt: skip
RESERVE_Q = Q(reservation__in=RESERVES)
SANS_MARQUE = Q(reservation=Reservation.AUCUNE, clause_sociale=False, critere_social=False)
DONNEES_DEPUIS = date(2024, 1, 1)  # R. 2196-1 in its present form


@dataclass(frozen=True)
class Croisement:
    """`condition` on lots; `constat`, `faire` and `source` are the French of the page."""

    cle: str
    titre: str
    constat: str
    faire: str
    source: str
    condition: Callable[[], Q] = field(compare=False)
    # What is said of one lot, as `rows` reads it.
    dire: Callable[[Lot], str] = field(compare=False)
    # What facilitators and networks do about it; empty: it is the buyer's own business, and not shown to them.
    tiers: str = ""


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
    return Q(montant__lte=NO_AMOUNT) | Q(montant__gte=SUSPECT_AMOUNT)


def identifiants_suspects() -> Q:
    """A holder, a subcontractor or a buyer whose SIRET has a wrong key."""
    numbered = Organisation.objects.filter(type_identifiant=TypeIdentifiant.SIRET)  # notices name buyers without any
    wrong = numbered.filter(identifiant_valide=False).order_by().values("pk")
    holders = Titulaire.objects.filter(organisation__in=wrong).order_by().values("lot")
    subcontractors = ActeSousTraitance.objects.filter(sous_traitant__in=wrong).order_by().values("lot")
    return Q(pk__in=holders) | Q(pk__in=subcontractors) | Q(marche__acheteur__organisation__in=wrong)


def accords_longs() -> Q:
    """`rules.duree_accord_cadre`, too long: no lot of a framework lasts longer than its kind of buyer may sign for.

    A test makes the two agree. The lengths have not changed since 2016: those of today are read.
    """
    firm = Cast("duree_mois", BigIntegerField())  # wild durations times renewals leave 32 bits
    months = firm + F("reconductions") * Coalesce(NullIf(Cast("reconduction_mois", BigIntegerField()), 0), firm)
    today = timezone.localdate()
    defence, networks = Q(marche__nature=NatureContrat.DEFENSE), Q(marche__acheteur__genre=GenreAcheteur.RESEAUX)
    usual = seuil("accord_cadre_mois", today)
    limit = Case(
        When(defence, then=Value(int(seuil("accord_cadre_mois_defense", today)))),
        When(networks, then=Value(int(seuil("accord_cadre_mois_reseaux", today)))),
        default=Value(int(usual)),
    )
    # The rows that can be too long are few: months are added for them alone.
    frameworks = Lot.objects.filter(
        marche__est_accord_cadre=True, marche__justification_duree="",
        marche__nature__in=(NatureContrat.MARCHE, NatureContrat.DEFENSE), duree_mois__gt=0,
    ).filter(Q(duree_mois__gt=usual) | Q(reconductions__gt=0))  # fmt: skip
    long = frameworks.annotate(mois=months, limite=limit).filter(mois__gt=F("limite")).order_by()
    return Q(pk__in=long.values("pk"))


# What is said of one lot ---------------------------------------------------------------------------------------------
def _names(lot: Lot, known: bool) -> str:
    """Holders that are, or are not, in the directory by this very establishment."""
    bodies = [row.organisation for row in lot.titulaires.all() if bool(row.organisation.fiches) == known]
    return ", ".join(body.fiches[0].nom if body.fiches else body.nom for body in bodies)


def dire_inconnu(lot: Lot) -> str:
    names = _names(lot, known=False)
    return f"{names}\u00a0: pas de fiche dans l'annuaire." if names else "Titulaires sans fiche dans l'annuaire."


def dire_mele(lot: Lot) -> str:
    names = _names(lot, known=False)
    if not names:
        return "Un membre du groupement n'est pas dans l'annuaire."
    return f"{names}\u00a0: pas de fiche, à côté de membres qui en ont une."


def dire_convention(lot: Lot) -> str:
    """The last end that is known, and the day it is held against."""
    day = lot.marche.date_lancement or lot.date_notification
    ends = [
        (structure.convention_fin, structure.nom)
        for row in lot.titulaires.all() for structure in row.organisation.fiches
        if structure.convention_fin and day and structure.convention_fin < day
    ]  # fmt: skip
    if not ends or day is None:
        return "Convention échue."
    end, name = max(ends)
    what = "lancement" if lot.marche.date_lancement else "notification"
    return f"{name}\u00a0: convention connue jusqu'au {end:%d/%m/%Y}, {what} le {day:%d/%m/%Y}."


def dire_sans_marque(lot: Lot) -> str:
    return f"{_names(lot, known=True) or 'Une structure du groupement'}\u00a0: ni réservation, ni clause, ni critère."


def dire_publication(lot: Lot) -> str:
    nature, published = NatureContrat(lot.marche.nature), lot.date_publication
    return publication_des_donnees(lot.date_notification, published, lot.montant, nature, published or date.max).reason


def dire_montant(lot: Lot) -> str:
    return f"Montant publié\u00a0: {euros(lot.montant)}."


def dire_identifiant(lot: Lot) -> str:
    bodies = [("acheteur", lot.marche.acheteur.organisation)]
    bodies += [("titulaire", row.organisation) for row in lot.titulaires.all()]
    bodies += [("sous-traitant", row.sous_traitant) for row in lot.actes_sous_traitance.all()]
    wrong = {
        f"{what} {body.identifiant}": None
        for what, body in bodies
        if body.type_identifiant == TypeIdentifiant.SIRET and not body.identifiant_valide
    }
    return f"Clé fausse\u00a0: {', '.join(wrong)}."


def dire_accord_long(lot: Lot) -> str:
    months = duree_totale(lot.duree_mois, lot.reconductions, lot.reconduction_mois)
    genre, nature = GenreAcheteur(lot.marche.acheteur.genre), NatureContrat(lot.marche.nature)
    return duree_accord_cadre(True, months, "", genre, nature, timezone.localdate()).reason


CROISEMENTS = (
    Croisement(
        "reserve-inconnu", "Lots réservés, titulaire inconnu de l'annuaire",
        "Le lot est réservé, mais aucun de ses titulaires n'est une structure de l'annuaire, ni un autre établissement "
        "de l'une d'elles.",
        "Vérifiez que le titulaire est bien conventionné ou agréé (ou reconnu équivalent). S'il l'est, rattachez son "
        "SIRET à sa fiche ou demandez son inscription\u00a0; sinon, la réservation n'a pas été respectée.",
        "Code de la commande publique, L. 2113-12 à L. 2113-14",
        reserves_inconnus,
        dire_inconnu,
        "Si vous connaissez cette structure, faites inscrire sa fiche ou rattachez-y ce SIRET\u00a0; sinon, signalez "
        "le lot à l'acheteur\u00a0: il a pu confondre réservation et clause.",
    ),
    Croisement(
        "reserve-mele", "Lots réservés, entreprise ordinaire dans le groupement",
        "Parmi les titulaires d'un lot réservé, l'un est dans l'annuaire et un autre n'y est pas.",
        "Chaque membre du groupement doit remplir la condition de la réservation. Vérifiez le statut de l'autre "
        "membre, ou s'il s'agit d'un sous-traitant publié par erreur comme titulaire.",
        "Code de la commande publique, L. 2113-12 à L. 2113-14\u00a0; fiche DAJ du 23/09/2011",
        reserves_meles,
        dire_mele,
        "Dites au groupement que chaque membre est examiné, et aidez l'autre membre à prouver son statut ou à devenir "
        "sous-traitant.",
    ),
    Croisement(
        "convention-expiree", "Convention du titulaire expirée",
        "Le lot est réservé et la convention du titulaire, telle que l'annuaire la connaît, avait pris fin au "
        "lancement de la consultation (à la notification quand le lancement n'est pas connu).",
        "Demandez la convention en cours à la structure, et mettez sa fiche à jour\u00a0; l'annuaire peut être en "
        "retard d'un renouvellement.",
        "Code du travail, L. 5132-2 et L. 5213-13\u00a0; code de la commande publique, L. 2113-12 et L. 2113-13",
        convention_expiree,
        dire_convention,
        "Demandez à la structure sa convention en cours, et faites mettre sa fiche à jour.",
    ),
    Croisement(
        "connu-sans-marque", "Structures de l'annuaire titulaires, sans mention sociale",
        "Une structure de l'annuaire tient le lot, qui est publié sans réservation, ni clause, ni critère social.",
        "Rien d'irrégulier\u00a0: la structure a gagné en concurrence. Si le lot était réservé ou portait une clause, "
        "corrigez-le\u00a0; il compte alors dans vos objectifs.",
        "Arrêté du 22/12/2022 relatif aux données essentielles, «\u00a0considérations sociales\u00a0»",
        connus_sans_marque,
        dire_sans_marque,
        "Une réussite en concurrence\u00a0: racontez-la. Si une clause existe, demandez à l'acheteur de la publier.",
    ),
    Croisement(
        "publication-tardive", "Publication au-delà de deux mois",
        "Les données essentielles ont été publiées plus de deux mois après la notification, pour un marché d'au moins "
        "40\u00a0000\u00a0€\u00a0HT notifié depuis le 1er janvier 2024.",
        "Réglez le rythme de publication de votre profil d'acheteur\u00a0; vérifiez aussi la date de notification.",
        "Code de la commande publique, R. 2196-1",
        publication_tardive,
        dire_publication,
    ),
    Croisement(
        "montant", "Montants invraisemblables",
        "Le montant est d'un euro ou moins, ou atteint 999\u00a0999\u00a0999\u00a0€.",
        "Vérifiez l'unité et les zéros dans la publication d'origine, puis corrigez-la\u00a0; le portail ne corrige "
        "rien de lui-même et laisse ces montants hors de ses totaux.",
        "Arrêté du 22/12/2022 relatif aux données essentielles, «\u00a0montant\u00a0»",
        montants_suspects,
        dire_montant,
    ),
    Croisement(
        "identifiant", "SIRET faux",
        "Le SIRET de l'acheteur, d'un titulaire ou d'un sous-traitant n'a pas une clé valable.",
        "Comparez-le à l'acte d'engagement et corrigez la publication d'origine\u00a0: sans lui, l'entreprise ne peut "
        "être rapprochée de sa fiche.",
        "Arrêté du 22/12/2022 relatif aux données essentielles, identifiants",
        identifiants_suspects,
        dire_identifiant,
    ),
    Croisement(
        "accord-long", "Accords-cadres trop longs, sans justification",
        "L'accord-cadre dure plus de quatre ans, reconductions comprises (sept pour la défense, huit pour un opérateur "
        "de réseaux), et aucune justification n'est notée.",
        "Vérifiez la durée publiée\u00a0; si elle est exacte, écrivez la justification dans la fiche du marché, et "
        "préparez la remise en concurrence.",
        "Code de la commande publique, L. 2125-1, 1°, et L. 2325-1",
        accords_longs,
        dire_accord_long,
    ),
)  # fmt: skip
PAR_CLE = {croisement.cle: croisement for croisement in CROISEMENTS}


def croisements_of(acteur: Acteur) -> tuple[Croisement, ...]:
    """The checks that this `Acteur` can do something about."""
    if acteur.has(Role.ACHETEUR, Role.ADMINISTRATION):
        return CROISEMENTS
    return tuple(croisement for croisement in CROISEMENTS if croisement.tiers)


def lots_reaching(acteur: Acteur) -> QuerySet[Lot]:
    """The lots whose checks this `Acteur` sees: a buyer's own, drafts included; for the others all published ones."""
    lots = Lot.objects.editable_by(acteur) if acteur.has(Role.ACHETEUR) else Lot.objects.published()
    return lots.order_by()


def comptes(lots: QuerySet[Lot], asked: Iterable[Croisement], key: str) -> dict[str, int]:
    """Number of lots of each check, by its key; one query each, once a minute for the same question."""
    name = f"marches:croisements:{key}"
    found = cache.get(name)
    if found is None:
        found = {croisement.cle: lots.filter(croisement.condition()).count() for croisement in asked}
        cache.set(name, found, SECONDS)
    return found


def rows(lots: QuerySet[Lot], croisement: Croisement) -> QuerySet[Lot]:
    """The lots of a check, the latest first, with what a row prints; eight queries, whatever their number."""
    found = lots.filter(croisement.condition()).select_related("marche__acheteur__organisation", "departement")
    return (
        found.with_titulaires("convention_fin").prefetch_related("actes_sous_traitance__sous_traitant")
        .defer("racines", "marche__racines", "marche__presentation")
        .order_by(F("date_notification").desc(nulls_last=True), "-pk")
    )  # fmt: skip


@dataclass(frozen=True)
class Geste:
    """Something to do about one lot: what, and where."""

    libelle: str
    url: str


def gestes(lot: Lot, croisement: Croisement, acteur: Acteur) -> list[Geste]:
    """What this `Acteur` may do about a lot of a check, the most useful first; no query."""
    found = []
    keeper = acteur.has(Role.ACHETEUR, Role.ADMINISTRATION)
    if keeper and croisement.cle == "accord-long":
        found.append(Geste("Justifier la durée", reverse("marches:edit", args=[lot.marche_id])))
    elif keeper:
        found.append(Geste("Modifier le lot", reverse("marches:lot_edit", args=[lot.pk])))
    holders = [row.organisation for row in lot.titulaires.all()]
    if croisement.cle in {"convention-expiree", "connu-sans-marque"}:
        found += [
            Geste(f"Fiche de {structure.nom}", structure.get_absolute_url())
            for body in holders for structure in body.fiches
        ][:MOST_LINKS]  # fmt: skip
    if croisement.cle in {"reserve-inconnu", "reserve-mele"}:
        directory = reverse("structures:list")
        found += [
            Geste(f"Chercher {body.nom} dans l'annuaire", f"{directory}?{urlencode({'q': body.siren or body.nom})}")
            for body in holders if not body.fiches
        ][:MOST_LINKS]  # fmt: skip
    return found

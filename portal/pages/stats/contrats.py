"""What boards say of contracts: renewals, drafts, sites that nobody has; the same cost for any number."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.utils import timezone

from marches.echeances import Echeance, a_venir, horizon, with_echeances
from marches.enums import GenreEcheance
from marches.filters import AppelFilter
from marches.models import Lot, Marche, Question, SiteLot
from portal.pages.stats.listes import Liste
from structures.enums import NiveauLieu
from structures.models import Structure
from structures.toponymes import dans

MONTHS_AHEAD = 6  # decisions that are prepared now
MOST_LOTS = 2_000  # renewable lots read for one board


def decisions(acteur, on: date) -> Liste:
    """Renewals to decide within six months on the lots this `Acteur` follows, the nearest first; two queries."""
    lots = with_echeances(Lot.objects.followed_by(acteur).filter(reconductions__gt=0), on)
    found: list[Echeance] = a_venir(
        lots.order_by("-date_notification", "pk")[:MOST_LOTS], on, horizon(on, MONTHS_AHEAD), [GenreEcheance.DECISION]
    )
    return Liste.cut(found)


def fins(acteur, on: date) -> Liste:
    """Ends within six months that no foreseen renewal follows, the nearest first: lots of this buyer; two queries."""
    until = horizon(on, MONTHS_AHEAD)
    soon = Q(reconductions=0, date_fin__gte=on, date_fin__lte=until) | Q(reconductions__gt=0)
    lots = with_echeances(Lot.objects.editable_by(acteur).filter(soon), on).order_by("-date_notification", "pk")
    return Liste.cut(a_venir(lots[:MOST_LOTS], on, until, [GenreEcheance.FIN]))


def brouillons(acteur) -> Liste:
    """Contracts of this buyer that nobody else sees yet, the latest first."""
    drafts = Marche.objects.editable_by(acteur).filter(publie=False).defer("racines", "presentation")
    return Liste.of(drafts.order_by("-modifie_le", "-pk"))


def questions(acteur) -> Liste:
    """Questions that companies put to this buyer and that wait for an answer, the nearest deadline first."""
    rows = Question.objects.editable_by(acteur).waiting(timezone.now()).select_related("marche")
    return Liste.of(rows.defer("marche__racines", "marche__presentation"))


def sites_libres(acteur) -> Liste:
    """Lots of this buyer where sites fall to nobody, with `libres`, how many; the most first."""
    free = SiteLot.objects.filter(organisation=None).order_by().values("lot")
    lots = Lot.objects.editable_by(acteur).filter(pk__in=free).select_related("marche")
    lots = lots.defer("racines", "marche__racines").annotate(libres=Count("sites", filter=Q(sites__organisation=None)))
    return Liste.of(lots.order_by("-libres", "pk"))


def mes_sites(acteur, on: date) -> Liste:
    """Sites that fall to this organisation on lots not over, by lot then by name."""
    rows = SiteLot.objects.filter(organisation=acteur.organisation_id, lot__in=Lot.objects.published().values("pk"))
    running = Q(lot__date_fin=None) | Q(lot__date_fin__gte=on) | Q(lot__reconductions__gt=0)
    rows = rows.filter(running).select_related("lot", "site__commune", "referent").defer("lot__racines")
    return Liste.of(rows.order_by("-lot__date_notification", "lot", "site__nom", "pk"))


@dataclass(frozen=True)
class AppelsProches:
    """Calls still open performed in the département `code`, « dans le Calvados », and those of the whole country."""

    code: str
    nom: str
    nombre: int
    total: int


def appels_proches(acteur) -> AppelsProches | None:
    """Open calls around the first card of this organisation; None when its département is unknown."""
    cards = Structure.objects.filter(organisation=acteur.organisation_id, remplacee_par=None)
    card = cards.exclude(departement=None).select_related("departement").only("departement").order_by("pk").first()
    if card is None:
        return None
    code = card.departement_id
    calls = Marche.objects.visible_to(acteur).filter(date_limite__gte=timezone.now())
    near = AppelFilter({"departement": code}, queryset=calls)
    name = dans(NiveauLieu.DEPARTEMENT, code, card.departement.nom)
    return AppelsProches(code, name, near.qs.count(), calls.count())

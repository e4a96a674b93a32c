"""The feed of new structures, whole or of sectors and places, for those who follow the directory from a reader."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.contrib.syndication.views import Feed
from django.http import Http404
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.http import quote_etag

from structures.directory import Question, search
from structures.lieux import Lieu, resolve
from structures.models import Secteur, Structure

MOST_ENTRIES, MOST_VALUES = 50, 10
SINCE = datetime(2026, 1, 1, tzinfo=UTC)  # what an empty feed says of its last change
SITE = "Portail des achats socialement responsables"


class Flux(Atom1Feed):
    """Atom (RFC 4287); an empty feed keeps the same date."""

    def latest_post_date(self):
        return max((item["updateddate"] for item in self.items), default=SINCE)


@dataclass(frozen=True)
class Suivi:
    """What is followed: sectors and places, both empty for the whole directory."""

    secteurs: tuple[Secteur, ...]
    lieux: tuple[Lieu, ...]
    hote: str

    @property
    def titre(self) -> str:
        said = [str(each) for each in self.secteurs] + [lieu.libelle for lieu in self.lieux]
        return f"Nouvelles structures{' : ' if said else ''}{', '.join(said)} – {SITE}"

    @property
    def parametres(self) -> str:
        pairs = [("secteur", each.code) for each in self.secteurs] + [("lieu", each.parametre) for each in self.lieux]
        return urlencode(pairs)

    def identifiant(self, name: str) -> str:
        """A name that never changes, whatever the address (RFC 4151)."""
        return f"tag:{self.hote},2026:{name}"


class FluxStructures(Feed):
    """The latest cards first; entries are given, already read."""

    feed_type = Flux
    author_name = SITE
    subtitle = "Structures inclusives entrées dans l'annuaire."

    def __init__(self, suivi: Suivi, entries: list[Structure]):
        self.suivi, self.entries = suivi, entries

    def title(self):
        return self.suivi.titre

    def link(self):
        return f"{reverse('structures:list')}{'?' if self.suivi.parametres else ''}{self.suivi.parametres}"

    def feed_url(self):
        return f"{reverse('structures:flux')}{'?' if self.suivi.parametres else ''}{self.suivi.parametres}"

    def feed_guid(self):
        return self.suivi.identifiant(f"flux?{self.suivi.parametres}")

    def items(self):
        return self.entries

    def item_title(self, item):
        return f"{item.nom} ({item.kind})"

    def item_description(self, item):
        place = f" à {item.ville}" if item.ville else ""
        trades = ", ".join(dict.fromkeys(activite.secteur.nom for activite in item.activites.all()))
        # Readers take a summary for HTML.
        return escape(f"{item.get_kind_display()}{place}{' : ' if trades else ''}{trades}.")

    def item_guid(self, item):
        return self.suivi.identifiant(f"structure/{item.pk}")

    def item_pubdate(self, item):
        return item.creee_le

    def item_updateddate(self, item):
        return item.modifiee_le


@login_not_required
def flux(request):
    """`secteur` (code) and `lieu` (« departement-14 », or a name), each any number of times; 304 when nothing moved."""
    suivi = _followed(request)
    found = search(Structure.objects.listed(), Question(secteurs=suivi.secteurs, lieux=suivi.lieux))
    newest = list(found.order_by("-creee_le", "-pk").values_list("pk", "modifiee_le")[:MOST_ENTRIES])
    etag = quote_etag(sha256(repr((suivi.parametres, request.get_host(), newest)).encode()).hexdigest()[:32])
    last = max((changed for _, changed in newest), default=SINCE)
    response = get_conditional_response(request, etag=etag, last_modified=int(last.timestamp()))
    if response is None:
        cards = Structure.objects.filter(pk__in=[pk for pk, _ in newest]).prefetch_related("activites__secteur")
        response = FluxStructures(suivi, list(cards.order_by("-creee_le", "-pk")))(request)
    response["ETag"] = etag
    return response


def _followed(request) -> Suivi:
    codes = [code.replace("\x00", "") for code in request.GET.getlist("secteur")[:MOST_VALUES] if code]
    secteurs = tuple(Secteur.objects.filter(code__in=codes).only("code", "nom", "parent_id", "ordre"))
    lieux = [resolve(text).lieu for text in request.GET.getlist("lieu")[:MOST_VALUES] if text.strip()]
    if len(secteurs) < len(set(codes)) or None in lieux:
        raise Http404("Ce secteur ou ce lieu n'existe pas\u00a0: choisissez-le dans l'annuaire.")
    host = request.get_host().partition(":")[0]
    return Suivi(secteurs, tuple(lieu for lieu in dict.fromkeys(lieux) if lieu is not None), host)

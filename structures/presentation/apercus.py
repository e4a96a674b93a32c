"""What a result of the directory prints: every word ready, so that the template of a card does nothing but write."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from portal.templatetags.formats import pluriel
from structures.directory import Ligne, Question, Reponse
from structures.directory.lignes import ActiviteLue
from structures.enums import Kind, Origine
from structures.models import Secteur
from structures.rules import kinds_reservables

OLD_AFTER_YEARS = 3
KIND_LABELS = dict(Kind.choices)


Secteurs = Mapping[int, str]  # key → name


@dataclass(frozen=True, slots=True)
class Apercu:
    """A card, most of it already written: twenty of them through a template cost more than all the rest of the page."""

    pk: int
    nom: str
    url: str
    resume: SafeString  # kind, place, sectors, reasons
    badges: SafeString

    def html(self, comparer: str = "") -> str:
        """The card in its list; `comparer` is the address that one more structure to compare is added to."""
        name = escape(self.nom)
        compare = (
            f'<a href="{comparer}s={self.pk}">Comparer<span class="visually-hidden"> {name}</span></a>'
            if comparer
            else ""
        )
        return (
            f'<li><article class="result"><h3 class="result-title"><a href="{self.url}">{name}</a></h3>\n'
            f'  {self.resume}\n  <p class="result-tags">{self.badges}{compare}</p>\n</article></li>'
        )


def sector_names() -> dict[int, str]:
    """Key → name of every sector; one query."""
    return dict(Secteur.objects.order_by().values_list("pk", "nom"))


def apercus(reponses: Iterable[Reponse], question: Question, secteurs: Secteurs, on: date) -> list[Apercu]:
    """One for each answer; `secteurs` has the name of every sector, as `sector_names` reads them."""
    laws = {sector: kinds_reservables(sector, on) for sector in ("handicap", "insertion")}
    address = reverse("structures:detail", kwargs={"pk": 0, "slug": "0"})
    return [
        Apercu(
            pk=reponse.structure.pk,
            nom=reponse.structure.nom,
            url=address.replace("0-0", f"{reponse.structure.pk}-{reponse.structure.slug}"),
            resume=mark_safe("".join(_resume(reponse, question, secteurs))),
            badges=mark_safe("".join(_tag(tone, words) for tone, words in _badges(reponse.structure, laws, on))),
        )
        for reponse in reponses
    ]


def _resume(reponse: Reponse, question: Question, secteurs: Secteurs) -> Iterator[str]:
    structure = reponse.structure
    place = f"{structure.ville} ({structure.departement_id})" if structure.departement_id else structure.ville
    if reponse.distance_km is not None and not question.is_around and place:
        place += f", siège à {max(1, round(reponse.distance_km))}\u00a0km"
    yield f'<p class="result-meta">{_tag(structure.tone, f"{structure.kind} · {KIND_LABELS[structure.kind]}")}'
    yield from (f"<span>{escape(words)}</span>" for words in (place, structure.enseigne) if words)
    yield "</p>"
    if reponse.activites:
        said = ", ".join(_sector(activite, secteurs) for activite in reponse.activites)
        more = pluriel(reponse.autres, "autre secteur,autres secteurs") if reponse.autres else ""
        yield f'<p class="result-text">{said}{more and f" et {more}"}</p>'
    for reason in reponse.raisons:
        yield f'<p class="result-why">{escape(reason[:1].upper() + reason[1:])}</p>'


def _sector(activite: ActiviteLue, secteurs: Secteurs) -> str:
    name = escape(secteurs.get(activite.secteur_id, ""))
    if activite.origine == Origine.DEDUITE:
        return f'{name} <span class="muted small">(déduit du code d’activité)</span>'
    return str(name)


@lru_cache(maxsize=500)
def _tag(tone: str, words: str) -> str:
    return f'<span class="tag tag-{tone}">{escape(words)}</span>'


def _badges(structure: Ligne, laws: dict[str, frozenset], on: date):
    for sector, kinds in laws.items():
        if structure.kind in kinds:
            yield sector, f"Réservable\u00a0: {sector}"
    if structure.titulaire_jusqu_au and structure.titulaire_jusqu_au >= on:
        yield "ok", "Tient un marché public"
    elif structure.titulaire_depuis:
        yield "ok", "A tenu un marché public"
    if structure.convention_fin and structure.convention_fin < on:
        yield "avertissement", f"Convention expirée le {structure.convention_fin:%d/%m/%Y}"
    if structure.donnees_du and (on - structure.donnees_du).days > OLD_AFTER_YEARS * 365:
        yield "neutre", f"Données de {structure.donnees_du.year}"
    if structure.fictive:
        yield "neutre", "Données de démonstration"

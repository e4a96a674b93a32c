"""The query string of the directory, read and checked; its meaning is in `directory`."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

import django_filters
from django import forms
from django.forms.utils import flatatt
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe

from portal.text import de_lieu
from structures.directory import Question, search, search_corrected, whole
from structures.enums import Kind, Mode, NiveauLieu
from structures.lieux import Recherche, from_parametre, resolve
from structures.models import Secteur, Structure

FARTHEST_KM = 300
UNKNOWN = {"invalid_choice": "« %(value)s » n'est pas dans la liste : choisissez une autre valeur."}


def sector_choices(secteurs: Iterable[Secteur]) -> list:
    """Families as groups, each opening with itself."""
    groups: dict[int, tuple[str, list[tuple[str, str]]]] = {}
    for secteur in secteurs:
        if secteur.parent_id is None:
            groups[secteur.pk] = (secteur.nom, [(secteur.code, f"{secteur.nom} : tout")])
        elif secteur.parent_id in groups:
            groups[secteur.parent_id][1].append((secteur.code, secteur.nom))
    return list(groups.values())


@dataclass(frozen=True)
class Puce:
    """An active filter, and the address of the same search without it."""

    libelle: str
    url: str


class WholeNumberFilter(django_filters.NumberFilter):
    field_class = forms.IntegerField


class LongSelect(forms.Select):
    """A select of a hundred and more options, written in one go: a template for each of them costs half the page."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = "" if value is None else str(value)
        written = mark_safe("".join(self._written(key, label, chosen) for key, label in self.choices))
        return format_html(
            '<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), written
        )

    def _written(self, key, label, chosen: str) -> str:
        """An option, or a group of options when the label is a list; escaped."""
        if isinstance(label, list | tuple):
            inside = "".join(self._written(value, text, chosen) for value, text in label)
            return f'<optgroup label="{escape(key)}">{inside}</optgroup>'
        selected = " selected" if str(key) == chosen else ""
        return f'<option value="{escape(key)}"{selected}>{escape(label)}</option>'


class StructureFilter(django_filters.FilterSet):
    """`filter.question` says what was understood, `filter.place` what the typed place may mean."""

    q = django_filters.CharFilter(label="Métier, nom ou SIRET", max_length=200)
    ou = django_filters.CharFilter(label="Commune, département ou région", max_length=100)
    rayon = WholeNumberFilter(
        label="Rayon autour de la commune (km)",
        min_value=1,
        max_value=FARTHEST_KM,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            f"Le rayon est un nombre entier de kilomètres, de 1 à {FARTHEST_KM} ; il n'a pas été pris en compte.",
        ),
    )
    secteur = django_filters.ChoiceFilter(
        label="Secteur d'achat", choices=[], empty_label="Tous", widget=LongSelect, error_messages=UNKNOWN
    )
    kind = django_filters.MultipleChoiceFilter(
        label="Type de structure",
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages=UNKNOWN,
    )
    mode = django_filters.ChoiceFilter(
        label="Mode de réponse", choices=Mode.choices, empty_label="Tous", error_messages=UNKNOWN
    )
    reseau = django_filters.CharFilter(label="Réseau", max_length=60, widget=forms.HiddenInput)

    class Meta:
        model = Structure
        fields = []

    def __init__(self, data, **options):
        data = data.copy()
        self._given_lieu = None
        if data.get("lieu") and not data.get("ou"):
            self._given_lieu = from_parametre(data["lieu"])
            data["ou"] = self._given_lieu.libelle if self._given_lieu else data["lieu"][:100]
        super().__init__(data, **options)
        self._secteurs = {secteur.code: secteur for secteur in Secteur.objects.defer("racines", "synonymes", "cpv")}
        self.filters["secteur"].extra["choices"] = sector_choices(self._secteurs.values())

    def filter_queryset(self, queryset):
        given = self.form.cleaned_data
        self.place = self._place(given.get("ou") or "", bool(given.get("rayon")))
        self.question = Question(
            words=(given.get("q") or "").strip(),
            secteur=self._secteurs.get(given.get("secteur") or ""),
            mode=given.get("mode") or "",
            kinds=tuple(given.get("kind") or ()),
            lieu=self.place.lieu,
            rayon_km=given.get("rayon"),
            reseau=given.get("reseau") or "",
        )
        return search(queryset, self.question)

    def corrected(self):
        """The same search with mistyped words replaced; None when nothing can be."""
        return search_corrected(self.queryset.all(), self.question)

    def url(self, **changes) -> str:
        """The address of this search with these parameters changed, None taking one away; always from page 1."""
        query = self.data.copy()
        query.pop("page", None)
        query.pop("lieu", None)
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        kept = [(name, value) for name, values in query.lists() for value in values if value]
        return f"?{urlencode(kept)}"

    @property
    def map_url(self) -> str:
        return self.url(vue="carte")

    @property
    def list_url(self) -> str:
        return self.url(vue=None)

    def puces(self) -> list[Puce]:
        """The active filters, in words."""
        question, found = self.question, []
        if question.words:
            found.append(Puce(f"« {question.words} »", self.url(q=None)))
        if question.secteur:
            found.append(Puce(question.secteur.nom, self.url(secteur=None)))
        if question.lieu:
            around = f"{question.rayon_km} km autour {de_lieu(question.lieu.nom)}" if question.is_around else ""
            found.append(Puce(around or question.lieu.libelle, self.url(ou=None, rayon=None)))
        for kind in question.kinds:
            others = [other for other in question.kinds if other != kind]
            found.append(Puce(Kind(kind).label, self._without_kind(others)))
        if question.mode:
            found.append(Puce(Mode(question.mode).label, self.url(mode=None)))
        if question.reseau:
            found.append(Puce(f"réseau {question.reseau}", self.url(reseau=None)))
        return found

    def _without_kind(self, others: list[str]) -> str:
        address = self.url(kind=None)
        return address + ("&" if address != "?" else "") + urlencode([("kind", kind) for kind in others])

    def propositions(self) -> list[Puce]:
        """What to try when nothing was found."""
        question, found = self.question, []
        if question.is_around and question.rayon_km < FARTHEST_KM:
            wider = min(FARTHEST_KM, question.rayon_km * 2)
            found.append(Puce(f"Élargir le rayon à {wider} km", self.url(rayon=wider)))
        elif question.lieu and question.lieu.departement and question.lieu.niveau != NiveauLieu.DEPARTEMENT:
            name = question.lieu.noms.get((NiveauLieu.DEPARTEMENT.value, question.lieu.departement), "")
            found.append(Puce(f"Chercher dans tout le département ({name})", self.url(ou=name, rayon=None)))
        if question.secteur:
            found.append(Puce("Chercher dans tous les secteurs", self.url(secteur=None)))
        if question.mode:
            found.append(Puce("Accepter tous les modes de réponse", self.url(mode=None)))
        if question.kinds:
            found.append(Puce("Accepter tous les types de structure", self.url(kind=None)))
        if question.lieu:
            found.append(Puce("Chercher dans toute la France", self.url(ou=None, rayon=None)))
        if question.words:
            found.append(Puce("Retirer les mots cherchés", self.url(q=None)))
        return found

    def avis(self) -> list[str]:
        """What the reader must know of how their question was understood."""
        question, place, said = self.question, self.place, []
        for messages in self.form.errors.values():
            said += list(messages)
        if place.is_unknown:
            said.append(
                f"Aucun lieu connu ne s'appelle « {place.texte} » : essayez un nom de commune, un code postal, un "
                "département ou une région. La recherche porte sur toute la France."
            )
        if question.rayon_km and not question.is_around and not place.is_unknown:
            said.append(
                "Un rayon se compte autour d'une commune : indiquez-en une."
                if not question.lieu
                else f"Un rayon se compte autour d'une commune : la recherche porte sur {whole(question.lieu)}."
            )
        return said

    def homonymes(self) -> list[Puce]:
        """Other places that the typed name may mean."""
        return [
            Puce(f"{lieu.libelle}, {lieu.precision}", self.url(ou=None, lieu=lieu.parametre))
            for lieu in self.place.candidats
            if self.place.is_ambiguous and lieu != self.place.lieu
        ]

    def _place(self, typed: str, around: bool) -> Recherche:
        """The place meant; with a radius, one that has a centre wins over one that has none."""
        if self._given_lieu and typed == self._given_lieu.libelle:
            return Recherche(typed, self._given_lieu, (self._given_lieu,))
        place = resolve(typed)
        centred = next((lieu for lieu in place.candidats if lieu.has_point), None)
        if around and place.lieu and not place.lieu.has_point and centred:
            return Recherche(place.texte, centred, place.candidats)
        return place

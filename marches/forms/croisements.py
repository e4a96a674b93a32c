"""The criteria of the cross-checks and of the register of exemptions."""

from collections.abc import Collection

from django import forms
from django.db.models import Q, QuerySet

from marches.enums import MotifDispense
from marches.models import DispenseSociale, Lot
from portal.siret import clean
from portal.text import fold, tokens
from structures.models import Departement

FIRST_YEAR, LAST_YEAR = 1990, 2100
LONGEST = 200
MOST_NAMED = 6


def buyer_q(text: str, path: str) -> Q:
    """Buyers by name or by number; `path` leads to the organisation."""
    number = clean(text)
    if number.isascii() and number.isdigit() and len(number) in {9, 14}:
        return Q(**{f"{path}__siren": number[:9]})
    asked = Q()
    for token in tokens(text)[:10]:
        asked &= Q(**{f"{path}__nom_tri__contains": token})
    return asked


PARTOUT = "france"


class CroisementForm(forms.Form):
    """`propres`: codes of the départements where one works, which are proposed first and taken when nothing is said."""

    territoire = forms.ChoiceField(label="Territoire du lot", required=False)
    acheteur = forms.CharField(label="Acheteur (nom ou SIREN)", max_length=LONGEST, required=False)
    annee = forms.IntegerField(label="Année de notification", min_value=FIRST_YEAR, max_value=LAST_YEAR, required=False)

    def __init__(self, data=None, *, several_buyers: bool = True, propres: Collection[str] = ()):
        super().__init__(data)
        self.propres = sorted(propres)
        if not several_buyers:
            del self.fields["acheteur"]
        places = list(Departement.objects.select_related("region").order_by("code"))
        self.of_region: dict[str, list[str]] = {}
        regions: dict[str, str] = {}
        for place in places:
            self.of_region.setdefault(place.region_id, []).append(place.code)
            regions[place.region_id] = place.region.nom
        whole = [(PARTOUT, "Toute la France")] if self.propres else []
        first = f"Mon territoire ({_listed(self.propres)})" if self.propres else "Toute la France"
        self.fields["territoire"].choices = [
            ("", first), *whole,
            ("Régions", [(f"r-{code}", nom) for code, nom in sorted(regions.items(), key=lambda row: fold(row[1]))]),
            ("Départements", [(place.code, f"{place.nom} ({place.code})") for place in places]),
        ]  # fmt: skip

    def filter(self, lots: QuerySet[Lot]) -> QuerySet[Lot]:
        """`lots` that meet the criteria that make sense; the others are told beside their field."""
        if self.is_bound:
            self.full_clean()
        values = self.cleaned_data if self.is_bound else {}
        if text := values.get("acheteur"):
            lots = lots.filter(buyer_q(text, "marche__acheteur__organisation"))
        if year := values.get("annee"):
            lots = lots.filter(date_notification__year=year)
        place = values.get("territoire", "")
        if place.startswith("r-"):
            return lots.filter(departement__in=self.of_region[place[2:]])
        if place and place != PARTOUT:
            return lots.filter(departement=place)
        return lots.filter(departement__in=self.propres) if self.propres and not place else lots

    @property
    def key(self) -> str:
        """What is asked, in a form to remember it by."""
        given = self.cleaned_data if self.is_bound else {}
        return "|".join([*(str(given.get(name) or "") for name in self.fields), *self.propres])


def _listed(codes: list[str]) -> str:
    """« 14, 50, 61 », « 14, 27, 50 et 12 autres »."""
    if len(codes) <= MOST_NAMED:
        return ", ".join(codes)
    return f"{', '.join(codes[: MOST_NAMED - 1])} et {len(codes) - MOST_NAMED + 1} autres"


class DispenseFilterForm(forms.Form):
    acheteur = forms.CharField(label="Acheteur (nom ou SIREN)", max_length=LONGEST, required=False)
    annee = forms.IntegerField(label="Année", min_value=FIRST_YEAR, max_value=LAST_YEAR, required=False)
    motif = forms.ChoiceField(label="Motif", choices=[("", "Tous les motifs"), *MotifDispense.choices], required=False)

    def __init__(self, data=None, *, several_buyers: bool = True):
        super().__init__(data)
        if not several_buyers:
            del self.fields["acheteur"]

    def filter(self, rows: QuerySet[DispenseSociale]) -> QuerySet[DispenseSociale]:
        if not self.is_bound:
            return rows
        self.full_clean()
        values = self.cleaned_data
        if text := values.get("acheteur"):
            rows = rows.filter(buyer_q(text, "marche__acheteur__organisation"))
        if year := values.get("annee"):
            rows = rows.filter(constatee_le__year=year)
        if motif := values.get("motif"):
            rows = rows.filter(motif=motif)
        return rows

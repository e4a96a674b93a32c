"""The criteria of the cross-checks and of the register of exemptions."""

from django import forms
from django.db.models import Q, QuerySet

from marches.enums import MotifDispense
from marches.models import DispenseSociale, Lot
from portal.siret import clean
from portal.text import tokens
from structures.models import Departement

FIRST_YEAR, LAST_YEAR = 1990, 2100
LONGEST = 200


def buyer_q(text: str, path: str) -> Q:
    """Buyers by name or by number; `path` leads to the organisation."""
    number = clean(text)
    if number.isascii() and number.isdigit() and len(number) in {9, 14}:
        return Q(**{f"{path}__siren": number[:9]})
    asked = Q()
    for token in tokens(text)[:10]:
        asked &= Q(**{f"{path}__nom_tri__contains": token})
    return asked


class CroisementForm(forms.Form):
    acheteur = forms.CharField(label="Acheteur (nom ou SIREN)", max_length=LONGEST, required=False)
    annee = forms.IntegerField(label="Année de notification", min_value=FIRST_YEAR, max_value=LAST_YEAR, required=False)
    departement = forms.ChoiceField(label="Département du lot", required=False)

    def __init__(self, data=None, *, several_buyers: bool = True):
        super().__init__(data)
        if not several_buyers:
            del self.fields["acheteur"]
        places = Departement.objects.order_by("code").values_list("code", "nom")
        self.fields["departement"].choices = [
            ("", "Tous"), *((code, f"{nom} ({code})") for code, nom in places),
        ]  # fmt: skip

    def filter(self, lots: QuerySet[Lot]) -> QuerySet[Lot]:
        """`lots` that meet the criteria that make sense; the others are told beside their field."""
        if not self.is_bound:
            return lots
        self.full_clean()
        values = self.cleaned_data
        if text := values.get("acheteur"):
            lots = lots.filter(buyer_q(text, "marche__acheteur__organisation"))
        if year := values.get("annee"):
            lots = lots.filter(date_notification__year=year)
        if code := values.get("departement"):
            lots = lots.filter(departement=code)
        return lots

    @property
    def key(self) -> str:
        """What is asked, in a form to remember it by."""
        given = self.cleaned_data if self.is_bound else {}
        return "|".join(str(given.get(name) or "") for name in self.fields)


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

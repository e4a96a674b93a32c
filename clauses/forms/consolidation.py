"""What no line of hours tells of a year: size of companies, who pays for the work. All of it is optional."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django import forms

from clauses.enums import SourceFinancement, TailleEntreprise
from portal.fields import NombreField


class CompleterForm(forms.Form):
    """One list a company, one box and one amount a source."""

    use_required_attribute = False

    def __init__(
        self, data=None, *, organisations: Iterable, tailles: Mapping[int, str],
        financements: Mapping[str, Decimal | None],
    ):  # fmt: skip
        super().__init__(data)
        self.organisations = list(organisations)
        sizes = [("", "Non renseignée"), *TailleEntreprise.choices]
        for each in self.organisations:
            self.fields[f"taille_{each.pk}"] = forms.ChoiceField(
                label=str(each), choices=sizes, required=False, initial=tailles.get(each.pk, "")
            )
        for source, label in SourceFinancement.choices:
            self.fields[f"source_{source}"] = forms.BooleanField(
                label=label, required=False, initial=source in financements
            )
            self.fields[f"montant_{source}"] = NombreField(
                label=f"Montant (€), {label}", required=False, initial=financements.get(source)
            )

    def clean(self):
        data = super().clean()
        for source, label in SourceFinancement.choices:
            if data.get(f"montant_{source}") is not None and not data.get(f"source_{source}"):
                self.add_error(f"source_{source}", f"Cochez «\u00a0{label}\u00a0», ou effacez son montant.")
        return data

    def tailles(self) -> dict[int, str]:
        return {each.pk: self.cleaned_data[f"taille_{each.pk}"] for each in self.organisations}

    def financements(self) -> dict[str, Decimal | None]:
        said = self.cleaned_data
        return {source: said[f"montant_{source}"] for source in SourceFinancement.values if said[f"source_{source}"]}

    @property
    def lignes_tailles(self) -> list:
        return [self[f"taille_{each.pk}"] for each in self.organisations]

    @property
    def lignes_sources(self) -> list[tuple]:
        return [(self[f"source_{source}"], self[f"montant_{source}"]) for source in SourceFinancement.values]

"""The calculator, a lot at a time."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from clauses import parametres
from portal.fields import NombreField
from structures.models import Secteur

CENT = Decimal(100)


class CalculLotForm(forms.Form):
    """One lot of the calculator. Percentages are typed from 0 to 100; what is left empty takes the dated default."""

    use_required_attribute = False
    nom = forms.CharField(label="Nom du lot", max_length=120, required=False)
    montant = NombreField(
        label="Montant du lot (€ HT)", maximum="999999999999.99", help_text="Exemple\u00a0: 1\u00a0000\u00a0000"
    )
    secteur = forms.ChoiceField(label="Métier principal", required=False)
    part = NombreField(label="Part de main-d'œuvre (%)", maximum="100", required=False)
    taux = NombreField(label="Taux d'insertion (%)", maximum="100", required=False)
    cout = NombreField(label="Coût d'une heure (€)", maximum="1000", minimum="0.01", required=False)
    heures = NombreField(
        label="Ou heures visées",
        maximum="9999999",
        required=False,
        help_text="Si vous les indiquez, c'est le taux d'insertion qui est calculé.",
    )

    def __init__(self, *args, secteurs=(), on: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.empty_permitted = False  # a lot left empty is a mistake, not a lot less
        self.on = on
        self.secteurs = {s.code: s for family in secteurs for s in (family, *family.sous_secteurs)}
        choices: list[tuple[str, Any]] = [("", "À choisir, ou indiquez la part")]
        for family in secteurs:
            choices.append((family.nom, [(s.code, s.nom) for s in (family, *family.sous_secteurs)]))
        self.fields["secteur"].choices = choices
        self.fields["secteur"].error_messages["invalid_choice"] = "Choisissez un métier de la liste."
        self.fields["montant"].error_messages["required"] = "Indiquez le montant du lot."
        cost, rate = parametres.cout_horaire(on), parametres.taux_insertion(on)
        self.fields["part"].help_text = "Laissez vide pour reprendre la valeur du métier."
        self.fields["taux"].help_text = f"Laissez vide pour {_percent(rate.valeur)}\u00a0%\u00a0: {rate.source}."
        self.fields["cout"].help_text = f"Laissez vide pour {_plain(cost.valeur)}\u00a0€\u00a0: {cost.source}."

    def clean(self):
        data = super().clean()
        data["part_source"] = "valeur saisie"
        if data.get("part") is None and "part" not in self.errors:
            found = self.default_share(data.get("secteur") or "")
            if found is None:
                self.add_error(
                    "part", "Indiquez la part de main-d'œuvre\u00a0: ce métier n'a pas de valeur par défaut."
                )
            else:
                data["part"], data["part_source"] = found
        if data.get("taux") is None and "taux" not in self.errors:
            data["taux"] = parametres.taux_insertion(self.on).valeur * CENT
        if data.get("cout") is None and "cout" not in self.errors:
            data["cout"] = parametres.cout_horaire(self.on).valeur
        return data

    def default_share(self, code: str) -> tuple[Decimal, str] | None:
        """Percentage and its source: what is published with the sector, else the dated table."""
        secteur = self.secteurs.get(code)
        if secteur is not None and secteur.part_main_oeuvre is not None:
            return secteur.part_main_oeuvre * CENT, secteur.source_part
        found = parametres.part_main_oeuvre(code, self.on) if code else None
        return (found.valeur * CENT, f"{found.source} ({found.confiance})") if found else None


def secteurs_with_children():
    """The families with `sous_secteurs`, in order: two queries, shared by all the forms of a page."""
    families = {s.pk: s for s in Secteur.objects.filter(parent=None).order_by("ordre")}
    for family in families.values():
        family.sous_secteurs = []
    for secteur in Secteur.objects.exclude(parent=None).order_by("ordre"):
        families[secteur.parent_id].sous_secteurs.append(secteur)
    return list(families.values())


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")


def _percent(share: Decimal) -> str:
    return _plain(share * CENT)

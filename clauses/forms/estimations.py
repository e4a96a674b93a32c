"""An estimate of several lots that becomes as many clauses."""

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory

from clauses.enums import TypeClause
from clauses.forms.clauses import SANS_CHIFFRE
from clauses.models import ClauseSociale, ModeleClause
from marches.models import Lot
from marches.rules import fin_prevue
from portal.fields import JourField, NombreField

PREFIX = "c"


class LotField(forms.ModelChoiceField):
    def label_from_instance(self, lot):
        return str(lot)[:120]


class ClausesForm(forms.Form):
    """What all the clauses share."""

    type = forms.ChoiceField(label="Type de clause", choices=TypeClause.choices)
    modele = forms.ModelChoiceField(
        label="Modèle de texte",
        queryset=ModeleClause.objects.none(),
        required=False,
        empty_label="Sans texte pour l'instant",
        help_text="Il est rempli pour chaque lot, et gardé tel quel avec sa clause.",
    )
    publics = forms.CharField(
        label="Publics éligibles",
        max_length=4_000,
        widget=forms.Textarea({"rows": 3}),
        help_text="Sans nom de personne\u00a0: profils ou critères seulement.",
    )

    def __init__(self, *args, modeles, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["modele"].queryset = modeles


class ClauseLotForm(forms.Form):
    """One line of the estimate: the lot it is for, its hours, its dates."""

    use_required_attribute = False
    lot = LotField(label="Lot", queryset=Lot.objects.none(), required=False, empty_label="Ne pas créer de clause")
    heures = NombreField(label="Heures dues", minimum="0.01", maximum="9999999.99", required=False)
    date_debut = JourField(label="Début", required=False, help_text="Vide\u00a0: celui du lot.")
    date_fin = JourField(label="Fin", required=False, help_text="Vide\u00a0: celle du lot.")

    def __init__(self, *args, lots, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["lot"].queryset = lots
        self.fields["heures"].error_messages["min_value"] = SANS_CHIFFRE

    def clean(self):
        data = super().clean()
        lot = data.get("lot")
        if lot is None or self.errors:
            return data
        if not data.get("heures"):
            self.add_error("heures", SANS_CHIFFRE)
        start = data["date_debut"] = data.get("date_debut") or lot.date_debut or lot.date_notification
        end = data["date_fin"] = data.get("date_fin") or lot.date_fin or fin_prevue(start, lot.duree_mois)
        if start is None:
            self.add_error("date_debut", "Ce lot n'a pas de date de début\u00a0: indiquez celle de la clause.")
        if end is None:
            self.add_error("date_fin", "Ce lot n'a pas de date de fin\u00a0: indiquez celle de la clause.")
        if start and end and end < start:
            self.add_error("date_fin", "La fin de la clause ne peut précéder son début.")
        return data


class _ClausesLots(BaseFormSet):
    @property
    def chosen(self):
        return [form for form in self.forms if form.cleaned_data.get("lot")]

    def clean(self):
        if any(self.errors):
            return
        if not self.chosen:
            raise ValidationError("Choisissez au moins un lot.")
        lots = [form.cleaned_data["lot"] for form in self.chosen]
        taken = set(ClauseSociale.objects.filter(lot__in=lots).values_list("lot", flat=True))
        for rank, form in enumerate(self.chosen):
            if lots[rank].pk in taken:
                form.add_error("lot", "Ce lot porte déjà une clause\u00a0: ajoutez-y des heures dues, par avenant.")
            elif lots[rank] in lots[:rank]:
                form.add_error("lot", "Ce lot est déjà choisi au-dessus\u00a0: une clause par lot.")
        if any(form.errors for form in self.chosen):
            raise ValidationError("Vérifiez les lots signalés.")


ClausesLotsFormSet = formset_factory(ClauseLotForm, formset=_ClausesLots, extra=0, max_num=20, absolute_max=20)


def lots_form(data, lines, lots):
    """A form a line of the estimate, its lot guessed: the same name, else the same rank when there are as many."""
    known = list(lots)
    by_name = {str(lot).casefold(): lot for lot in known} | {lot.objet.casefold(): lot for lot in known if lot.objet}
    initial = []
    for rank, line in enumerate(lines):
        lot = by_name.get(line["nom"].casefold()) or (known[rank] if len(known) == len(lines) else None)
        initial.append({"lot": lot, "heures": line["heures"] or None})
    formset = ClausesLotsFormSet(
        data and _counted(data, len(lines)), prefix=PREFIX, initial=initial, form_kwargs={"lots": lots}
    )
    for form in formset:
        form.empty_permitted = False
    return formset


def _counted(data, count):
    """The lines are those of the estimate, whatever the page sends back."""
    data = data.copy()
    data[f"{PREFIX}-TOTAL_FORMS"] = data[f"{PREFIX}-INITIAL_FORMS"] = str(count)
    return data

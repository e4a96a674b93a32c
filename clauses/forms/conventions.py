"""A convention as the facilitator's body types it, with the share of each buyer."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory

from clauses.enums import ServiceDelegue
from clauses.forms.champs import LieuxField, lieux_ecrits
from clauses.models import Convention
from clauses.rules.conventions import Partage, periode_suivante, repartir
from marches.models import Acheteur
from portal import siret
from portal.fields import JourField, JourPasseField, NombreField
from portal.templatetags.formats import nombre

MOST_BUYERS = 30
SPARE_ROWS = 3  # lines left free under the buyers already there
PREFIX = "parties"


class PartField(NombreField):
    """« 40 % » or « 5 000 »: the number, and whether it is a percentage."""

    def clean(self, value):
        found = super().clean(value)
        return found, isinstance(value, str) and value.strip().endswith("%")


class ConventionForm(forms.ModelForm):
    date_debut = JourField(label="Début")
    date_fin = JourField(label="Fin")
    signee_le = JourPasseField(label="Signée le", required=False, help_text="Vide tant qu'elle est en projet.")
    contribution_an = NombreField(
        label="Contribution financière de tous (€ par an)",
        maximum="9999999999.99",
        required=False,
        help_text="Vide si la convention n'en prévoit pas.",
    )
    services = forms.MultipleChoiceField(
        label="Services confiés", choices=ServiceDelegue.choices, widget=forms.CheckboxSelectMultiple
    )
    territoire = LieuxField(label="Territoire", required=False)
    eligibilite_mois = forms.IntegerField(
        label="Durée d'éligibilité (mois)", min_value=1, max_value=120, required=False
    )
    cdi_mois = forms.IntegerField(
        label="Heures comptées après un CDI (mois)", min_value=1, max_value=120, required=False
    )
    jour_declaration = forms.IntegerField(
        label="Déclarations attendues le (jour du mois suivant)", min_value=1, max_value=28, required=False
    )
    preavis_mois = forms.IntegerField(label="Préavis (mois)", min_value=0, max_value=24, initial=3)

    class Meta:
        model = Convention
        fields = [
            "intitule", "date_debut", "date_fin", "signee_le", "tacite", "preavis_mois", "contribution_an",
            "eligibilite_mois", "cdi_mois", "jour_declaration",
        ]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("eligibilite_mois", "cdi_mois", "jour_declaration", "preavis_mois"):
            self.fields[name].widget = forms.TextInput({"inputmode": "numeric", "autocomplete": "off"})
        if self.instance.pk:
            said = {
                "services": list(self.instance.services.values_list("service", flat=True)),
                "territoire": lieux_ecrits(self.instance.zone),
            }
            self.initial = {**self.initial, **said}

    def clean(self):
        data = super().clean()
        start, end = data.get("date_debut"), data.get("date_fin")
        if start and end and end < start:
            self.add_error("date_fin", "La fin de la convention ne peut précéder son début.")
        return data


class PartieForm(forms.Form):
    """A buyer that signs, and what it pays."""

    use_required_attribute = False
    siret = forms.CharField(label="SIRET de l'acheteur", max_length=20, required=False)
    part = PartField(label="Sa part (€ par an ou %)", maximum="9999999999.99", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["siret"].widget.attrs |= {"list": "acheteurs-connus", "inputmode": "numeric", "autocomplete": "off"}

    def clean(self):
        data = super().clean()
        data["siret"] = siret.clean(data.get("siret") or "")
        value, _ = data.get("part") or (None, False)
        if value is not None and not data["siret"] and "siret" not in self.errors:
            self.add_error("siret", "Dites à quel acheteur revient cette part.")
        return data


class _Parties(BaseFormSet):
    """The rows of buyers; `parties`, once valid: (buyer, its share in euros or None), in order."""

    total: Decimal | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.parties: list[tuple[Acheteur, Decimal | None]] = []

    def clean(self):
        if any(self.errors):
            return
        rows = [form for form in self.forms if form.cleaned_data.get("siret")]
        if not rows:
            raise ValidationError("Indiquez au moins un acheteur signataire.")
        asked = [form.cleaned_data["siret"] for form in rows]
        known = Acheteur.objects.filter(organisation__identifiant__in=asked).select_related("organisation")
        found = {acheteur.organisation.identifiant: acheteur for acheteur in known}
        for rank, form in enumerate(rows):
            if asked[rank] not in found:
                form.add_error("siret", "Ce numéro n'est pas celui d'un acheteur du registre des marchés.")
            elif asked[rank] in asked[:rank]:
                form.add_error("siret", "Cet acheteur est déjà dans la liste.")
        if any(form.errors for form in rows):
            raise ValidationError("Vérifiez les acheteurs signalés.")
        try:
            shares = repartir(self.total, [form.cleaned_data["part"] for form in rows])
        except Partage as error:
            raise ValidationError(str(error)) from error
        self.parties = [(found[number], share) for number, share in zip(asked, shares, strict=True)]


PartiesFormSet = formset_factory(
    PartieForm, formset=_Parties, extra=SPARE_ROWS, max_num=MOST_BUYERS, absolute_max=MOST_BUYERS
)


def parties_form(data, form: ConventionForm, convention: Convention | None):
    """The rows of buyers beside `form`; those of `convention` at first."""
    total = form.cleaned_data.get("contribution_an") if form.is_bound and form.is_valid() else None
    initial = []
    if convention is not None and data is None:  # a row sent back unchanged still counts
        for partie in convention.parties.select_related("acheteur__organisation"):
            share = partie.contribution_an
            part = "" if share is None else nombre(share).replace("\u202f", " ")
            initial.append({"siret": partie.acheteur.organisation.identifiant, "part": part})
    formset = PartiesFormSet(data, prefix=PREFIX, initial=initial)
    formset.total = total
    return formset


def suite_proposee(former: Convention) -> dict[str, Any]:
    """First values of the convention that follows `former`: as long, from the day after; nothing signed, unless it is
    tacitly renewed, as the first signature then still binds."""
    start, end = periode_suivante(former.date_debut, former.date_fin)
    kept = ("tacite", "preavis_mois", "contribution_an", "eligibilite_mois", "cdi_mois", "jour_declaration")
    return {name: getattr(former, name) for name in kept} | {
        "intitule": former.intitule,
        "date_debut": start,
        "date_fin": end,
        "signee_le": former.signee_le if former.tacite else None,
        "services": list(former.services.values_list("service", flat=True)),
        "territoire": lieux_ecrits(former.zone),
    }

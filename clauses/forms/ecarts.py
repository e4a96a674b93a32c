"""What is typed at each step of a gap."""

from django import forms
from django.core.exceptions import ValidationError

from clauses.actions import ecarts as actions
from clauses.enums import SuiteEcart
from portal.fields import JourField, NombreField

LONGEST = 8_000
JOURS = "Écrivez un nombre de jours, de 0 à 3\u00a0650."


class TexteField(forms.CharField):
    def __init__(self, **options):
        options.setdefault("max_length", LONGEST)
        super().__init__(widget=forms.Textarea({"rows": 6}), **options)


class EtapeForm(forms.Form):
    """A step of the gap; `given()` is what its action takes."""

    def given(self) -> dict:
        return self.cleaned_data


class ConstatForm(forms.Form):
    on = JourField(label="Écart constaté au", help_text="Heures dues et acceptées sont comptées jusqu'à ce jour.")
    jours_retard_documents = forms.IntegerField(
        label="Jours de retard des documents", min_value=0, max_value=3_650, required=False,
        help_text="Laissez vide si tous les documents sont arrivés à temps.",
        error_messages=dict.fromkeys(["invalid", "min_value", "max_value"], JOURS),
    )  # fmt: skip

    def __init__(self, *args, aujourdhui, **kwargs):
        super().__init__(*args, **kwargs)
        self.aujourdhui = aujourdhui

    def clean_on(self):
        on = self.cleaned_data["on"]
        if on > self.aujourdhui:
            raise ValidationError("Un écart se constate au plus tard aujourd'hui.")
        return on

    def clean_jours_retard_documents(self):
        return self.cleaned_data["jours_retard_documents"] or 0


class ObservationsForm(EtapeForm):
    texte = TexteField(
        label="Vos observations",
        help_text="Ce qui explique l'écart, ce que vous proposez. Ne nommez personne. Elles partent une seule fois.",
    )


class SuiteForm(EtapeForm):
    """The proposal of the facilitator."""

    suite = forms.ChoiceField(label="Suite proposée", choices=SuiteEcart.choices, widget=forms.RadioSelect)
    vers_clause = forms.ModelChoiceField(
        queryset=None, required=False, label="Clause qui reçoit les heures", empty_label="Aucune",
        help_text="Pour un report\u00a0: clauses en cours du même acheteur et du même titulaire.",
    )  # fmt: skip
    texte = TexteField(label="Raisons", help_text="Jointes à la lettre\u00a0; ne nommez personne.")

    def __init__(self, *args, ecart, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.ecart = ecart
        targets = actions.cibles(ecart.clause, on)
        self.fields["vers_clause"].queryset = targets
        impossible = set() if actions.prevue(ecart) else {SuiteEcart.PENALITE}
        if not targets.exists():
            impossible.add(SuiteEcart.REPORT)
            del self.fields["vers_clause"]
        self.fields["suite"].choices = [choice for choice in SuiteEcart.choices if choice[0] not in impossible]

    def clean(self):
        data = super().clean()
        asked = data.get("suite") == SuiteEcart.REPORT and "vers_clause" in self.fields
        if asked and not data.get("vers_clause") and "vers_clause" not in self.errors:
            self.add_error("vers_clause", "Choisissez la clause qui reçoit les heures.")
        return data


class DecisionForm(SuiteForm):
    """The decision of the buyer: the proposal, or something else."""

    montant = NombreField(label="Montant de la pénalité (€)", maximum="9999999999.99", required=False)
    field_order = ["suite", "montant", "vers_clause", "texte"]

    def __init__(self, *args, ecart, on, **kwargs):
        prevue = actions.prevue(ecart)
        kwargs["initial"] = {
            "suite": ecart.proposition, "vers_clause": ecart.vers_clause_id, "montant": prevue and prevue.montant,
        } | kwargs.get("initial", {})  # fmt: skip
        super().__init__(*args, ecart=ecart, on=on, **kwargs)
        self.fields["suite"].label = "Votre décision"
        self.fields["texte"].label = "Raisons de la décision"
        if prevue:
            self.fields["montant"].help_text = "Celui du contrat, ou moins\u00a0; pour une pénalité seulement."
        else:
            del self.fields["montant"]

    def clean(self):
        data = super().clean()
        if data.get("suite") == SuiteEcart.PENALITE and data.get("montant") is None and "montant" not in self.errors:
            self.add_error("montant", "Indiquez le montant de la pénalité.")
        return data


class RepartitionForm(EtapeForm):
    """One amount a member of the group."""

    def __init__(self, *args, ecart, organisations, **kwargs):
        super().__init__(*args, **kwargs)
        self.organisations = organisations
        known = {part.organisation_id: part.montant for part in ecart.parts.all()}
        for organisation in organisations:
            self.fields[f"part_{organisation.pk}"] = NombreField(
                label=f"{organisation.nom} (€)", maximum="9999999999.99", initial=known.get(organisation.pk, 0)
            )

    def given(self) -> dict:
        return {"montants": {o.pk: self.cleaned_data[f"part_{o.pk}"] for o in self.organisations}}

"""What a buyer aims at, and which step is over."""

from django import forms

from clauses.enums import EtapeProcedure
from clauses.models import Convention, Facilitateur
from portal.fields import JourField


class ProcedureForm(forms.Form):
    notification_le = JourField(
        label="Notification voulue le", error_messages={"required": "Donnez le jour voulu pour la notification."}
    )
    formalisee = forms.BooleanField(
        label="Procédure formalisée", required=False,
        help_text="Trente jours au moins pour répondre, puis onze jours d'attente avant de signer.",
    )  # fmt: skip
    facilitateur = forms.ModelChoiceField(
        queryset=Facilitateur.objects.none(), label="Facilitateur", required=False, empty_label="Pas encore choisi",
        help_text="Il lira le titre et les dates de ce marché, même en brouillon. Vos conventions viennent d'abord.",
    )  # fmt: skip

    def __init__(self, *args, acheteur, on, **given):
        super().__init__(*args, **given)
        agreed = Convention.objects.in_force(on).filter(parties__acheteur=acheteur).order_by().values("facilitateur")
        field = self.fields["facilitateur"]
        field.queryset = Facilitateur.objects.select_related("organisation").order_by("organisation__nom_tri", "pk")
        first = set(field.queryset.filter(pk__in=agreed).values_list("pk", flat=True))
        rows = sorted(field.queryset, key=lambda row: row.pk not in first)  # stable: by name inside
        field.choices = [("", field.empty_label), *((row.pk, str(row)) for row in rows)]


class EtapeForm(forms.Form):
    etape = forms.ChoiceField(choices=EtapeProcedure.choices)
    faite_le = JourField(label="Faite le", required=False)

    def clean_etape(self) -> EtapeProcedure:
        return EtapeProcedure(self.cleaned_data["etape"])

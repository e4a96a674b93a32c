"""What companies ask of a consultation, what its buyer answers; plain text, bounded."""

from django import forms

from marches.enums import MotifEcart, SujetQuestion
from marches.forms.champs import day_field
from marches.models import Lot
from marches.models.questions import LONGEST


def _text(label: str, rows: int, required: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=LONGEST, help_text=help_text, error_messages={"required": required},
        widget=forms.Textarea(attrs={"rows": rows}),
    )  # fmt: skip


class _Lines(forms.Form):
    """Line ends as one character, so that the same text is the same."""

    def clean(self):
        return {
            name: value.replace("\r\n", "\n") if isinstance(value, str) else value
            for name, value in super().clean().items()
        }


class LotField(forms.ModelChoiceField):
    def label_from_instance(self, lot: Lot) -> str:
        return str(lot)[:120]


class QuestionForm(_Lines):
    lot = LotField(queryset=Lot.objects.none(), label="Lot concerné", required=False, empty_label="Tous les lots")
    sujet = forms.ChoiceField(
        label="Sujet",
        choices=[("", "Choisir"), *SujetQuestion.choices],
        error_messages={"required": "Choisissez un sujet."},
    )
    texte = _text(
        "Votre question", 8, "Écrivez votre question.",
        "Elle sera publiée avec sa réponse\u00a0: n'y mettez ni votre nom, ni rien qui vous ferait reconnaître.",
    )  # fmt: skip

    def __init__(self, *args, lots, **given):
        super().__init__(*args, **given)
        if len(lots) > 1:
            field = self.fields["lot"]
            field.queryset = Lot.objects.filter(pk__in=[lot.pk for lot in lots]).defer("racines")
        else:
            del self.fields["lot"]


class ReponseForm(_Lines):
    texte_publie = _text(
        "Question telle qu'elle sera publiée", 5, "Gardez le texte de la question\u00a0: tous doivent la comprendre.",
        "Retirez seulement ce qui ferait reconnaître qui la pose.",
    )  # fmt: skip
    reponse = _text("Réponse", 8, "Écrivez la réponse.", "La même pour tous, publiée et envoyée aussitôt.")


class EcartForm(_Lines):
    motif = forms.ChoiceField(
        label="Motif", choices=[("", "Choisir"), *MotifEcart.choices], error_messages={"required": "Dites pourquoi."}
    )
    precision = forms.CharField(
        label="Précision", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Envoyée à qui a posé la question, à personne d'autre.",
    )  # fmt: skip

    def clean(self):
        values = super().clean()
        if values.get("motif") == MotifEcart.AUTRE and not values.get("precision"):
            self.add_error("precision", "Précisez la raison en une phrase.")
        return values


class ReglageForm(forms.Form):
    jusqu_au = day_field(label="Dernier jour pour poser une question")
    urgence = forms.BooleanField(
        label="Délai de remise des offres réduit pour urgence", required=False,
        help_text="Les réponses partent alors quatre jours avant la remise, au lieu de six (R.\u00a02132-6).",
    )  # fmt: skip
    ailleurs = forms.URLField(
        label="Questions posées ailleurs", required=False, max_length=500, assume_scheme="https",
        help_text="L'adresse de la consultation sur votre profil d'acheteur, si les questions y sont reçues.",
        error_messages={"invalid": "Écrivez une adresse complète, par exemple https://marches.exemple.fr/123."},
    )  # fmt: skip

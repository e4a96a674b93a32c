"""What is written to a structure, and what it answers; plain text, bounded."""

from django import forms

from structures.models import Echange, MessageEchange

LONGEST = MessageEchange._meta.get_field("texte").max_length
LONGEST_SUBJECT = Echange._meta.get_field("sujet").max_length


class ReponseForm(forms.Form):
    message = forms.CharField(
        label="Votre message",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "Écrivez votre message."},
        help_text="Texte simple, sans mise en forme.",
    )

    def clean_message(self):
        return self.cleaned_data["message"].replace("\r\n", "\n")


class EchangeForm(ReponseForm):
    sujet = forms.CharField(
        label="Objet",
        max_length=LONGEST_SUBJECT,
        error_messages={"required": "Donnez un objet\u00a0: il dit en une ligne ce que vous cherchez."},
        help_text="Par exemple\u00a0: Entretien de nos espaces verts à partir d'avril 2027.",
    )
    field_order = ["sujet", "message"]

    def clean_sujet(self):
        return " ".join(self.cleaned_data["sujet"].split())

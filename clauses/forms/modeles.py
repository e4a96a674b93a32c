"""A model text as an organisation writes its own."""

from django import forms
from django.core.exceptions import ValidationError

from clauses.models import ModeleClause
from clauses.rules.modeles import VARIABLES, variables


class ModeleForm(forms.ModelForm):
    class Meta:
        model = ModeleClause
        fields = ["titre", "type", "texte"]
        widgets = {"texte": forms.Textarea({"rows": 16, "maxlength": 20_000})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        known = ", ".join(f"{{{name}}} ({said})" for name, said in VARIABLES.items())
        self.fields["texte"].help_text = f"Ces mots seront remplis depuis le lot\u00a0: {known}."

    def clean_texte(self):
        texte = self.cleaned_data["texte"]
        if len(texte) > 20_000:
            raise ValidationError("20\u202f000 caractères au plus.")
        try:
            variables(texte)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return texte

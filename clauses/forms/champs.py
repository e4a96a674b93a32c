"""Fields that several forms of this floor share."""

import re

from django import forms
from django.core.exceptions import ValidationError

from clauses.rules import premier_du_mois
from portal.fields import JourField
from structures.lieux import Lieu, from_parametre, resolve
from structures.models import Zone, ZoneLieu

MOST_PLACES, LONGEST_PLACES = 60, 4_000  # places, characters


class MoisField(JourField):
    """A month, as its first day."""

    def __init__(self, **options):
        widget = forms.DateInput(format="%Y-%m", attrs={"type": "month", "placeholder": "2026-03"})
        super().__init__(widget=widget, input_formats=["%Y-%m", "%m/%Y", "%Y-%m-%d"], **options)
        self.error_messages["invalid"] = "Écrivez un mois comme 2026-03."

    def to_python(self, value):
        day = super().to_python(value)
        return premier_du_mois(day) if day else day


class LieuxField(forms.CharField):
    """Places typed one a line (« Calvados », « Évreux (27) », « 2A ») as a list of `Lieu`, each once."""

    def __init__(self, **options):
        options.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        options.setdefault("max_length", LONGEST_PLACES)
        options.setdefault(
            "help_text",
            "Communes, intercommunalités, départements ou régions, un par ligne\u00a0: «\u00a0Calvados\u00a0», "
            "«\u00a0Évreux (27)\u00a0». Les numéros de département conviennent aussi.",
        )
        super().__init__(**options)

    def clean(self, value) -> list[Lieu]:
        texts = [" ".join(part.split()) for part in re.split(r"[;\n\r]+", super().clean(value) or "") if part.strip()]
        if len(texts) > MOST_PLACES:
            raise ValidationError(
                f"{MOST_PLACES} lieux au plus\u00a0: remplacez-les par leur département ou leur région."
            )
        found, faults = {}, []
        for text in dict.fromkeys(texts):
            said = resolve(text)
            if said.lieu is None or said.corrige:
                faults.append(
                    f"Lieu inconnu\u00a0: «\u00a0{text[:60]}\u00a0». Corrigez le nom, ou écrivez le département."
                )
            elif said.is_ambiguous and not _is_exact(text, said.lieu):
                choices = ", ".join(f"{lieu.libelle} ({lieu.parametre})" for lieu in said.candidats[:5])
                faults.append(
                    f"Plusieurs lieux répondent à «\u00a0{text[:60]}\u00a0»\u00a0: {choices}. "
                    "Recopiez le code entre parenthèses."
                )
            else:
                found[said.lieu.parametre] = said.lieu
        if faults:
            raise ValidationError(faults)
        return list(found.values())


def lieux_ecrits(zone: Zone | None) -> str:
    """What `LieuxField` shows for the places that `zone` declares; the code of a place that its name does not tell."""
    if zone is None:
        return ""
    rows = ZoneLieu.objects.filter(zone=zone, declare=True).order_by("niveau", "code").values_list("niveau", "code")
    lieux = [from_parametre(f"{niveau}-{code}" if code else niveau) for niveau, code in rows]
    return "\n".join(lieu.parametre if lieu.niveau == "epci" else lieu.libelle for lieu in lieux if lieu)


def _is_exact(text: str, lieu: Lieu) -> bool:
    """Whether `text` names this very place: its code, its whole label, or a département or région of that name."""
    return text in (lieu.parametre, lieu.libelle) or (lieu.niveau in ("departement", "region") and text == lieu.nom)

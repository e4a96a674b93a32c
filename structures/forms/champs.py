"""Fields that several forms of the directory and of the floors above share."""

import re

from django import forms
from django.core.exceptions import ValidationError

from portal.siret import SIRET_LENGTH, clean
from structures.enums import Kind
from structures.models import Structure

LONGEST_ID = 18  # digits that a database key can hold
_ADDRESS = re.compile(rf"/structures/(\d{{1,{LONGEST_ID}}})-[\w-]*/?$")
_KIND = re.compile(rf"\b({'|'.join(Kind.values)})\b", re.IGNORECASE)


class StructureField(forms.CharField):
    """One structure named by its SIRET, with its kind when several share it, or by the address of its page."""

    default_error_messages = {
        "unknown": "Aucune structure de l'annuaire ne correspond\u00a0: donnez son SIRET, ou l'adresse de sa page.",
        "several": "Plusieurs structures ont ce SIRET\u00a0: ajoutez le type, par exemple «\u00a0{}\u00a0».",
        "not_yours": (
            "«\u00a0{}\u00a0» n'est pas une structure que vous pouvez engager\u00a0: seuls ses membres le peuvent."
        ),
    }

    def __init__(self, *, queryset=None, **given):
        self.queryset = queryset  # those one may name; every published one by default
        given.setdefault("max_length", 300)
        given.setdefault("help_text", "SIRET, suivi du type s'il y en a plusieurs, ou adresse de la page.")
        super().__init__(**given)

    def clean(self, value) -> Structure | None:
        text = super().clean(value)
        return find_structure(text, self.queryset) if text else None

    def prepare_value(self, value):
        return written(value) if isinstance(value, Structure) else value


def written(structure: Structure) -> str:
    """A structure as `StructureField` reads it back."""
    organisation = structure.organisation
    alone = organisation is None or organisation.type_identifiant != "SIRET"
    return structure.get_absolute_url() if alone else f"{organisation.identifiant} {structure.kind}"


def find_structure(text: str, allowed=None) -> Structure:
    """The structure that `text` names, among the published ones; ValidationError says what to write instead."""
    messages = StructureField.default_error_messages
    listed = Structure.objects.listed() if allowed is None else Structure.objects.filter(remplacee_par=None)
    found = _matching(text.strip(), listed.select_related("organisation"))
    if not found:
        raise ValidationError(messages["unknown"])
    if len(found) > 1:
        raise ValidationError(messages["several"].format(f"{found[0].organisation.identifiant} {found[0].kind}"))
    if allowed is not None and not allowed.filter(pk=found[0].pk).exists():
        raise ValidationError(messages["not_yours"].format(found[0].nom))
    return found[0]


def _matching(text: str, listed) -> list[Structure]:
    kind = _KIND.search(text)
    digits = clean(_KIND.sub("", text))
    if len(digits) == SIRET_LENGTH and digits.isdigit():
        rows = listed.identified_by(digits)
        return list((rows.filter(kind=kind[1].upper()) if kind else rows).order_by("kind", "pk")[:10])
    if address := _ADDRESS.search(text.split("?")[0]):
        return list(listed.filter(pk=int(address[1])))
    return []

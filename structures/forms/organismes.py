"""An organisation named by what people have at hand: a structure of the directory, else a SIRET."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from portal.siret import clean, is_siret
from structures.enums import TypeIdentifiant
from structures.forms.champs import find_structure, written
from structures.models import Organisation, Structure


@dataclass(frozen=True)
class Organisme:
    """What was typed: a structure of the directory with its organisation, or a SIRET that the directory does not know.

    `organisation()` makes the row of an unknown SIRET: to be called inside the transaction that needs it.
    """

    siret: str
    structure: Structure | None = None
    connue: Organisation | None = None

    @property
    def cle(self) -> object:
        """The same for two ways of naming one organisation."""
        return self.connue.pk if self.connue else self.siret

    @property
    def nom(self) -> str:
        if self.structure is not None:
            return self.structure.nom
        return self.connue.nom if self.connue else f"SIRET {self.siret}"

    @property
    def siren(self) -> str:
        return self.connue.siren if self.connue else self.siret[:9]

    def organisation(self) -> Organisation:
        if self.connue is not None:
            return self.connue
        try:
            with transaction.atomic():  # two people may name the same new SIRET at once
                return Organisation.objects.create(type_identifiant=TypeIdentifiant.SIRET, identifiant=self.siret)
        except IntegrityError:
            return Organisation.objects.get(type_identifiant=TypeIdentifiant.SIRET, identifiant=self.siret)


class OrganismeField(forms.CharField):
    """A structure of the directory (SIRET, with its kind when several share it, or address of its page), else a SIRET.

    Gives an `Organisme`; one that only a source identifier names (no organisation) is refused.
    """

    default_error_messages = {
        "invalid": "Donnez un SIRET de 14 chiffres, ou l'adresse d'une page de l'annuaire.",
        "sans_siret": "«\u00a0{}\u00a0» n'a pas de SIRET dans l'annuaire\u00a0: elle ne peut pas être désignée ici.",
    }

    def __init__(self, **given):
        given.setdefault("max_length", 300)
        given.setdefault("help_text", "SIRET, ou adresse de la page dans l'annuaire.")
        super().__init__(**given)

    def clean(self, value) -> Organisme | None:
        text = super().clean(value)
        return find_organisme(text) if text else None

    def prepare_value(self, value):
        if isinstance(value, Structure):
            return written(value)
        return value.identifiant if isinstance(value, Organisation) else value


def find_organisme(text: str) -> Organisme:
    """What `text` names; ValidationError says what to write instead. Four queries at most."""
    number = clean(text)
    try:
        structure = find_structure(text)
    except ValidationError:
        if not is_siret(number):
            raise ValidationError(OrganismeField.default_error_messages["invalid"]) from None
        if Structure.objects.listed().identified_by(number).exists():
            raise  # several structures share it: their kind decides what they may answer
        rows = Organisation.objects.filter(type_identifiant=TypeIdentifiant.SIRET, identifiant=number)
        return Organisme(number, None, rows.first())
    if structure.organisation is None:
        raise ValidationError(OrganismeField.default_error_messages["sans_siret"].format(structure.nom))
    return Organisme(structure.organisation.identifiant, structure, structure.organisation)

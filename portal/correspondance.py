"""Which column of a free table holds what we look for: guessed from the headers, chosen by a person, then applied."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Layout
from django import forms
from rapidfuzz import fuzz

from portal.tables import Row
from portal.text import fold

NEAREST = 86  # of 100: « fournisseur » and « fournisseurs » are the same, « siret » and « siren » (80) are not
EXACT, CONTAINED = 300.0, 200.0
CODED, CODES = 0.2, {"code", "id", "identifiant"}  # « commune code » says a commune less well than « commune libelle »
NONE = "— aucune colonne —"
MOST_LISTED = 40  # headers: beyond, twenty lists of them would weigh more than the rest of the page


@dataclass(frozen=True)
class Champ:
    """Something an import looks for in a table; `synonymes` are other headers people give it."""

    nom: str
    libelle: str
    synonymes: Sequence[str] = ()
    obligatoire: bool = False
    aide: str = ""

    @property
    def noms(self) -> list[str]:
        """Every folded way of calling it, the best first."""
        return [name for name in dict.fromkeys(map(fold, (self.libelle, *self.synonymes, self.nom))) if name]


def propose(entetes: Iterable[str], champs: Iterable[Champ]) -> dict[str, str]:
    """The header that each field most likely stands under (champ nom → header); no header twice.

    The same words win over a header that holds them among others (« SIRET du titulaire »), which wins over a header
    almost written the same.
    """
    pairs = [
        (score, -rank, -place, champ.nom, header)
        for rank, champ in enumerate(champs)
        for place, header in enumerate(dict.fromkeys(entetes))
        if (score := _likeness(fold(header), champ.noms))
    ]
    found: dict[str, str] = {}
    for _, _, _, name, header in sorted(pairs, reverse=True):
        if name not in found and header not in found.values():
            found[name] = header
    return found


def _likeness(header: str, names: list[str]) -> float:
    if not header:
        return 0
    if header in names:
        return EXACT - names.index(header)
    words = set(header.split())
    parts = [set(name.split()) for name in names]
    inside = [len(part) / len(words) - CODED * bool(CODES & (words - part)) for part in parts if part <= words]
    if inside:
        return CONTAINED + max(inside)
    nearest = max((fuzz.ratio(header, name) for name in names), default=0)
    return nearest if nearest >= NEAREST else 0


def apply(row: Row | Mapping[str, str], mapping: Mapping[str, str]) -> dict[str, str]:
    """The cells of one row by field name; "" for a column that this row lacks."""
    values = row.values if isinstance(row, Row) else row
    return {name: values.get(header, "") for name, header in mapping.items()}


class CorrespondanceForm(forms.Form):
    """One list of headers for each field, filled with the best guess; `mapping` is the answer, without the unused.

    Field names are the names of the `champs`. A header serves once. The headers of a wide table are written out once,
    as suggestions for fields where one types.
    """

    def __init__(self, entetes: Iterable[str], champs: Iterable[Champ], *args: Any, **options: Any):
        self.entetes = [header for header in dict.fromkeys(entetes) if header]
        self.champs = list(champs)
        options["initial"] = propose(self.entetes, self.champs) | (options.get("initial") or {})
        super().__init__(*args, **options)
        headers = [(header, header) for header in self.entetes]
        for champ in self.champs:
            self.fields[champ.nom] = forms.ChoiceField(
                label=champ.libelle,
                required=champ.obligatoire,
                choices=[("", NONE), *headers],
                widget=forms.TextInput(attrs={"list": "colonnes", "autocomplete": "off"}) if self.is_wide else None,
                help_text=champ.aide,
                error_messages={
                    "required": f"Indiquez la colonne de votre fichier qui contient «\u00a0{champ.libelle}\u00a0».",
                    "invalid_choice": (
                        "Cette colonne n'est pas dans votre fichier\u00a0: choisissez-en une de la liste."
                    ),
                },
            )
        self.lay_out()

    @property
    def is_wide(self) -> bool:
        return len(self.entetes) > MOST_LISTED

    def lay_out(self) -> None:
        """The fields in their order; to be called again once that has changed."""
        self.helper = FormHelper()
        self.helper.form_tag = False
        suggestions = [HTML('{% include "includes/_colonnes.html" with entetes=form.entetes only %}')] * self.is_wide
        self.helper.layout = Layout(*suggestions, *self.fields)

    @property
    def mapping(self) -> dict[str, str]:
        """Champ nom → header, for a valid form."""
        return {champ.nom: header for champ in self.champs if (header := self.cleaned_data.get(champ.nom))}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first: dict[str, Champ] = {}
        for champ in self.champs:
            header = cleaned.get(champ.nom)
            if header and header in first:
                self.add_error(
                    champ.nom,
                    f"La colonne «\u00a0{header}\u00a0» est déjà prise pour "
                    f"«\u00a0{first[header].libelle}\u00a0»\u00a0: choisissez-en une autre, ou aucune.",
                )
            elif header:
                first[header] = champ
        return cleaned

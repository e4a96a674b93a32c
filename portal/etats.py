"""What a row says at one moment: told in words, sealed in a form, compared with another moment, kept in its history.

Two people may open the same form. What each one read travels in a hidden field, signed; whoever saves second is shown
what the first one changed (`Conflit`) instead of writing over it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db import models
from django.utils import timezone

from portal.templatetags.formats import montant_ht, nombre

LONGEST_VALUE = 300  # characters of a value in a comparison
REPRISE = "reprise"  # what files changed between two writings by people
Noms = Mapping[tuple[str, Any], str]  # (column, key) → the row it points to, in words


@dataclass(frozen=True)
class Difference:
    """A fact that changed, in words: `avant` and `apres` are never empty."""

    champ: str
    libelle: str
    avant: str
    apres: str


class Conflit(Exception):
    """Somebody else wrote the same row meanwhile; `differences` says what they changed."""

    def __init__(self, differences: list[Difference]):
        self.differences = differences
        super().__init__(differences)


# One moment -----------------------------------------------------------------------------------------------------------
def etat(row: Any, names: Iterable[str]) -> dict[str, Any]:
    """The values of these columns, as plain JSON: equal states mean that nobody wrote in between."""
    return {name: plain(getattr(row, _attname(row, name))) for name in names}


def _attname(row: Any, name: str) -> str:
    """The column of a field: a foreign key is read by its key alone, without a query."""
    return f"{name}_id" if hasattr(row, f"{name}_id") else name


def plain(value: Any) -> Any:
    """A value as JSON keeps it; amounts and files as text."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, models.Model):
        return value.pk
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return str(value)


def sealed(state: Mapping[str, Any], salt: str) -> str:
    """A state, for a hidden field: signed, so that it comes back as it left."""
    return signing.dumps(state, salt=salt, compress=True)


def unsealed(text: str | None, salt: str) -> dict[str, Any] | None:
    """What `sealed` wrote; None when it is missing, forged, or was written for something else."""
    try:
        return signing.loads(text or "", salt=salt)
    except signing.BadSignature:
        return None


# Two moments ----------------------------------------------------------------------------------------------------------
def differences(
    model: type[models.Model], before: Mapping[str, Any], after: Mapping[str, Any], noms: Noms | None = None
) -> list[Difference]:
    """What differs between two states of a row of `model`, in words."""
    return [
        Difference(name, libelle(model, name), en_mots(model, name, before.get(name), noms), said)
        for name in after
        if before.get(name) != after.get(name)
        for said in [en_mots(model, name, after.get(name), noms)]
    ]


def libelle(model: type[models.Model], name: str) -> str:
    """The French name of a column; `name` itself for what is none."""
    field = _field(model, name)
    return str(field.verbose_name) if field else name


def en_mots(model: type[models.Model], name: str, value: Any, noms: Noms | None = None) -> str:
    """A value as French readers expect it; « vide » when there is none."""
    field = _field(model, name)
    if value is None or value == "" or value == [] or value == {}:
        return "vide"
    if field is None:
        return cut(value)
    if hasattr(field, "en_mots"):  # a column that tells its own values
        return cut(field.en_mots(value))
    if field.is_relation:
        return cut((noms or {}).get((name, value)) or value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    kind = field.get_internal_type()
    if kind == "BooleanField":
        return "oui" if value else "non"
    if kind == "DateField":
        return f"{field.to_python(value):%d/%m/%Y}"
    if kind == "DateTimeField":
        return f"{field.to_python(value):%d/%m/%Y à %H:%M}"
    if kind == "DecimalField":
        return montant_ht(Decimal(value))
    if kind.endswith("IntegerField"):
        return str(value) if name.startswith("annee") else nombre(value)
    return cut(value)


def noms_of(model: type[models.Model], states: Collection[Mapping[str, Any]]) -> dict[tuple[str, Any], str]:
    """The rows that these states point to, in words; one query for each foreign key that holds something."""
    found: dict[tuple[str, Any], str] = {}
    for name in {name for state in states for name in state}:
        field = _field(model, name)
        if field is None or not field.is_relation:
            continue
        if keys := {state.get(name) for state in states} - {None}:
            for key, row in field.related_model._default_manager.in_bulk(keys).items():
                found[name, key] = str(row)
    return found


def cut(value: Any) -> str:
    """A text on one line, shortened; « vide » without any."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    short = " ".join(text.split())
    return (short if len(short) <= LONGEST_VALUE else f"{short[: LONGEST_VALUE - 1]}…") or "vide"


def _field(model: type[models.Model], name: str) -> Any:
    return next((field for field in model._meta.concrete_fields if field.name == name), None)


# History --------------------------------------------------------------------------------------------------------------
def remember_imports(row: Any, names: Iterable[str], changed_at: datetime | None) -> None:
    """Keep in the history what files changed since the last writing: nobody answers for what they did not type.

    One query, and one row when one of these columns changed. `changed_at` is when the row was last written.
    """
    history = type(row).history
    last = history.filter(id=row.pk).order_by("-history_date", "-history_id").first()
    columns = [_attname(row, name) for name in names]
    if last is not None and all(getattr(last, name) == getattr(row, name) for name in columns):
        return
    when = changed_at or timezone.now()
    if last is not None and when <= last.history_date:
        when = last.history_date + timedelta(microseconds=1)
    row._history_user = None
    history.bulk_history_create(
        [row], update=last is not None, default_change_reason=REPRISE, default_date=min(when, timezone.now())
    )

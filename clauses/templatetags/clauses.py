"""Words and tones of this floor, for its templates."""

from typing import Any

from django import template

from clauses.enums import Etat, EtatDeclaration
from portal.templatetags.formats import THIN, nombre

register = template.Library()

TONES: dict[str, str] = {
    EtatDeclaration.A_VERIFIER: "accent",
    EtatDeclaration.A_CORRIGER: "blocage",
    EtatDeclaration.EN_SAISIE: "information",
    EtatDeclaration.ACCEPTEE: "ok",
    EtatDeclaration.OUVERTE: "neutre",
    Etat.BROUILLON: "information",
    Etat.TRANSMISE: "accent",
    Etat.ACCEPTEE: "ok",
    Etat.REFUSEE: "blocage",
    Etat.REMPLACEE: "neutre",
    Etat.RENONCEE: "neutre",
    EtatDeclaration.SANS_HEURES: "ok",
}
PACES = {"ok": "rythme tenu", "information": "information", "avertissement": "retard", "blocage": "fort retard"}


@register.filter
def etat_ton(etat: Any) -> str:
    """The tone of a badge for the state of a line or of a month."""
    return TONES.get(str(etat), "neutre")


@register.filter
def allure_mot(level: Any) -> str:
    """The word for a pace: « retard » rather than « avertissement »."""
    return PACES.get(str(level), "information")


@register.filter
def pourcent_fin(share: Any) -> str:
    """A rate from 0 to 1 with two decimals: 0.0667 → « 6,67 % »."""
    return f"{nombre(share * 100 if not isinstance(share, str) else float(share) * 100)}{THIN}%"

"""Deadlines of notices as moments, their offset kept as written."""

from datetime import datetime
from zoneinfo import ZoneInfo

from marches.rules.avis import moment, sans_heure

PARIS = ZoneInfo("Europe/Paris")


def lire_limite(limite: str) -> tuple[datetime | None, str]:
    """The moment of a deadline with the offset as written; Paris time without one, the end of the day without hour."""
    found = moment(limite)
    if found is None:
        return None, ""
    if sans_heure(limite):
        found = found.replace(hour=23, minute=59)
    if found.tzinfo is None:
        return found.replace(tzinfo=PARIS), ""
    return found, limite[-6:] if limite[-6] in "+-" else "+00:00"

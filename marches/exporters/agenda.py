"""Days of contracts as an iCalendar file (RFC 5545), for the calendars that people already use."""

from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import Any

from icalendar import Alarm, Calendar, Event

PRODID = "-//Portail des achats socialement responsables//Echeances//FR"
REFRESH = timedelta(hours=12)
REMINDERS = {"decision": timedelta(days=-30), "fin": timedelta(days=-30)}  # before the day itself


def as_ics(echeances: Iterable[Any], *, nom: str, site: str, hote: str) -> bytes:
    """The file: one whole-day event for each day, its identity kept when the date moves.

    Each item has `le`, `genre`, `titre`, `consigne`, `identifiant` and `lot` with its contract and buyer. `site` opens
    the addresses, `hote` ends the identities. Stamps are in UTC; the library folds long lines at 75 octets.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", nom)
    calendar.add("x-wr-calname", nom)
    calendar.add("refresh-interval", REFRESH)
    for each in echeances:
        calendar.add_component(_event(each, site, hote))
    return calendar.to_ical()


def _event(each: Any, site: str, hote: str) -> Event:
    lot, marche = each.lot, each.lot.marche
    event = Event()
    event.add("uid", f"{each.identifiant}@{hote}")
    event.add("dtstamp", lot.modifie_le.astimezone(UTC).replace(microsecond=0))
    event.add("last-modified", lot.modifie_le.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", each.le)
    event.add("dtend", each.le + timedelta(days=1))
    event.add("summary", f"{each.titre}\u00a0: {lot.objet[:120]}")
    event.add("description", f"{each.consigne}\n{marche.objet}\n{marche.acheteur.organisation.nom}")
    event.add("url", f"{site}{lot.get_absolute_url()}")
    event.add("categories", [str(each.genre.label)])
    event.add("transp", "TRANSPARENT")
    if (before := REMINDERS.get(each.genre.value)) is not None:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", each.titre)
        alarm.add("trigger", before)
        event.add_component(alarm)
    return event

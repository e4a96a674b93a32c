"""Addresses and telephone numbers that reach nobody."""

import random

from portal.text import slugify_fr
from structures.models import Structure

# First digits of the numbers kept for fiction, by region: Arcep, plan national de numérotation (décision 2018-0881).
_NORTH_WEST, _NORTH_EAST, _SOUTH_EAST, _SOUTH_WEST, _MOBILE = "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98"
RANGES = {
    "11": "01 99 00", "24": _NORTH_WEST, "28": _NORTH_WEST, "52": _NORTH_WEST, "53": _NORTH_WEST, "27": _NORTH_EAST,
    "32": _NORTH_EAST, "44": _NORTH_EAST, "84": _SOUTH_EAST, "93": _SOUTH_EAST, "94": _SOUTH_EAST, "75": _SOUTH_WEST,
    "76": _SOUTH_WEST,
}  # fmt: skip
LONGEST_LABEL = 60  # characters; a part of a domain name has 63 at most


def domain(card: Structure) -> str:
    """« Bessin Services » → "bessin-services.invalid", which no name server will ever know (RFC 2606)."""
    return f"{slugify_fr(card.nom)[:LONGEST_LABEL].strip('-')}.invalid"


def contact(card: Structure, draw: random.Random) -> dict[str, str]:
    """The public e-mail address and telephone number of an invented card."""
    region = card.departement.region_id if card.departement else ""
    number = f"{draw.randrange(10_000):04d}"
    return {
        "courriel": f"contact@{domain(card)}",
        "telephone": f"{RANGES.get(region, _MOBILE)} {number[:2]} {number[2:]}",
    }

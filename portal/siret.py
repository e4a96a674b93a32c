"""SIRET and SIREN numbers: cleaned, checked, repaired, printed.

Checks are those of python-stdnum: Luhn's key, except for La Poste (SIREN 356 000 000), whose establishments follow
a rule of their own (sum of the digits a multiple of 5).
"""

import re
import unicodedata

from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

SIRET_LENGTH, SIREN_LENGTH = 14, 9
MOST_LOST_ZEROS = 3  # the lowest SIREN in use begin with three zeros
SPACE = "\u00a0"


def clean(value: object) -> str:
    """`value` without spaces of any kind, dots, nor invisible characters; "" for None.

    What is left may still be anything but digits: `is_siret` and `is_siren` say.
    """
    text = "" if value is None else str(value)
    return "".join(char for char in text if char != "." and unicodedata.category(char) not in {"Zs", "Cc", "Cf"})


def is_siret(value: object) -> bool:
    """Whether `value`, once cleaned, is a SIRET with the right key."""
    number = clean(value)
    return _is_digits(number, SIRET_LENGTH) and stdnum_siret.is_valid(number) and is_siren(number[:SIREN_LENGTH])


def is_siren(value: object) -> bool:
    """Whether `value`, once cleaned, is a SIREN with the right key; nine zeros are not one."""
    number = clean(value)
    return _is_digits(number, SIREN_LENGTH) and int(number) > 0 and stdnum_siren.is_valid(number)


def siren_of(siret: object) -> str:
    """The SIREN that opens a SIRET of 14 digits, valid or not; "" for anything else."""
    number = clean(siret)
    return number[:SIREN_LENGTH] if _is_digits(number, SIRET_LENGTH) else ""


def print_siret(value: object) -> str:
    """A SIRET as people read it, « 123 456 789 00011 » with no-break spaces; what is not 14 digits is left as given."""
    number = clean(value)
    if not _is_digits(number, SIRET_LENGTH):
        return "" if value is None else str(value)
    return print_siren(number[:SIREN_LENGTH]) + SPACE + number[SIREN_LENGTH:]


def print_siren(value: object) -> str:
    """A SIREN as people read it, « 123 456 789 » with no-break spaces; what is not 9 digits is left as given."""
    number = clean(value)
    if not _is_digits(number, SIREN_LENGTH):
        return "" if value is None else str(value)
    return SPACE.join((number[:3], number[3:6], number[6:]))


def repair(value: object, length: int = SIRET_LENGTH) -> tuple[str, bool]:
    """The number of `length` digits (14 or 9) that a spreadsheet may have damaged, and whether it is valid.

    Gives back the leading zeros a spreadsheet drops (three at most) and removes the « .0 » it adds, only when the
    result has the right key; otherwise the cleaned value comes back unchanged, with False.
    """
    is_valid = {SIRET_LENGTH: is_siret, SIREN_LENGTH: is_siren}[length]
    number = clean(re.sub(r"[.,]0\s*$", "", "" if value is None else str(value)))
    lost_zeros = length - len(number)
    candidate = number.zfill(length) if lost_zeros <= MOST_LOST_ZEROS else number
    return (candidate, True) if is_valid(candidate) else (clean(value), False)


def _is_digits(number: str, length: int) -> bool:
    return len(number) == length and number.isascii() and number.isdigit()

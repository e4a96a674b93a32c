"""Numbers that are right, and the count that tells one row from another."""

from itertools import count

PASSWORD = "une phrase de passe pour les tests"
_n = count(1)


def luhn_key(digits: str) -> str:
    """The digit that makes `digits` + itself pass Luhn's check."""
    total = 0
    for rank, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if rank % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def make_siren(number: int | None = None) -> str:
    """A valid SIREN; the same `number` gives the same one. The sample files write theirs above 80 million."""
    digits = f"{60_000_000 + (next(_n) if number is None else number):08d}"
    return digits + luhn_key(digits)


def make_siret(siren: str | None = None, nic: int = 1) -> str:
    """A valid SIRET, the `nic`-th establishment of `siren` or of a new one."""
    digits = f"{siren or make_siren()}{nic:04d}"
    return digits + luhn_key(digits)

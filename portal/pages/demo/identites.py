"""Identifiers for invented bodies: well formed, and never those of somebody else."""

from itertools import count

from stdnum import luhn

from structures.models import Organisation

RANGE = "99"  # no SIREN that starts with 99 is attributed today


class Registre:
    """Hands out organisations with SIRET numbers of the demonstration range, always the same ones in the same order."""

    def __init__(self):
        self._numbers = count(1)
        self._made: dict[str, Organisation] = {}

    def siret(self) -> str:
        """The next number: 99, a rank on 6 digits, check digit, then establishment 0001 and its own check digit."""
        siren = f"{RANGE}{next(self._numbers):06d}"
        siren += luhn.calc_check_digit(siren)
        nic = f"{siren}0001"
        return nic + luhn.calc_check_digit(nic)

    def organisation(self, nom: str, commune=None, siret: str = "", **fields) -> Organisation:
        """The organisation of this name, made at its first mention; `siret` when its own number is public."""
        if nom in self._made and not siret:
            return self._made[nom]
        defaults = {
            "denomination": nom,
            "source_denomination": "démonstration",
            "commune": commune,
            "code_postal": commune.codes_postaux.split()[0] if commune and commune.codes_postaux else "",
            "fictive": not siret,
            **fields,
        }
        organisation, _ = Organisation.objects.get_or_create(
            type_identifiant="SIRET", identifiant=siret or self.siret(), defaults=defaults
        )
        self._made[nom] = organisation
        return organisation

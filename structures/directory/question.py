"""A question asked of the directory, and what a card answers."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from portal.siret import clean
from structures.enums import NiveauLieu
from structures.lieux import Lieu
from structures.models import Secteur

TRIS = {
    "pertinence": "Pertinence",
    "distance": "Distance",
    "nom": "Nom",
    "recent": "Données les plus récentes",
}


@dataclass
class Question:
    """What is looked for: everything given must hold; the values of one criterion add up (OR), save the months.

    `corrected` holds what was typed → what was looked for instead.
    """

    words: str = ""
    # Sector, mode and place are matched on one activity.
    secteurs: tuple[Secteur, ...] = ()
    mode: str = ""
    lieux: tuple[Lieu, ...] = ()
    rayon_km: int | None = None  # around the places that have a centre: seats inside the circle
    # The others are facts of the structure.
    kinds: tuple[str, ...] = ()
    famille: str = ""  # insertion, handicap
    reseaux: tuple[str, ...] = ()  # slugs
    labels: tuple[str, ...] = ()  # codes
    ges: bool = False
    a_cotraite: bool = False
    titulaire: str = ""  # tient, a_tenu
    mise_a_disposition: bool = False
    capacite_min: int | None = None
    effectif_min: int | None = None
    effectif_max: int | None = None
    mois: tuple[int, ...] = ()  # 1 to 12: all of them are months of low activity
    formee: bool = False
    qpv: bool = False
    zrr: bool = False
    completude_min: int | None = None
    reservable: str = ""  # handicap, insertion, les_deux
    tri: str = ""  # a key of TRIS
    corrected: dict[str, str] = field(default_factory=dict)

    @property
    def secteur(self) -> Secteur | None:
        """The sector, when one alone is asked for."""
        return self.secteurs[0] if len(self.secteurs) == 1 else None

    @property
    def lieu(self) -> Lieu | None:
        """The place, when one alone is asked for."""
        return self.lieux[0] if len(self.lieux) == 1 else None

    @property
    def territoires(self) -> tuple[Lieu, ...]:
        """The places that limit the search: none when the whole country is among them."""
        return () if any(lieu.niveau == NiveauLieu.FRANCE for lieu in self.lieux) else self.lieux

    @property
    def centre(self) -> Lieu | None:
        """The commune distances are counted from: the one place asked for, when it has a centre."""
        return self.lieu if self.lieu is not None and self.lieu.has_point else None

    @property
    def is_around(self) -> bool:
        """Whether the radius applies to a place at least."""
        return bool(self.rayon_km) and any(lieu.has_point for lieu in self.territoires)

    @property
    def is_number(self) -> bool:
        """Whether the words are a SIRET or a SIREN."""
        digits = clean(self.words)
        return digits.isascii() and digits.isdigit() and len(digits) in {9, 14}

    @property
    def asks_need(self) -> bool:
        """Whether a trade or a place is asked for: what the potential of a territory is computed from."""
        return bool(self.secteurs or self.territoires)

    @property
    def besoin(self) -> str:
        """The trade, the place and the mode as a query string that the directory and the potential both read."""
        asked = [("secteur", secteur.code) for secteur in self.secteurs]
        asked += [("lieu", lieu.parametre) for lieu in self.lieux]
        asked += [("mode", self.mode)] if self.mode else []
        return urlencode(asked)

    @property
    def asks_activity(self) -> bool:
        return bool(self.secteurs or self.mode)

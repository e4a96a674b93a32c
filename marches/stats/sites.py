"""Who has which sites of a lot, and how much work that is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from marches.models import SiteLot

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Charge:
    """What falls to one holder. `heures`: None when no site tells them; `part`: its share of the work (%).

    `prevue` is the share agreed in the group (%).
    """

    organisation: int | None
    nom: str
    sites: int
    agents: int
    heures: Decimal | None
    part: Decimal | None
    prevue: Decimal | None

    @property
    def ecart(self) -> Decimal | None:
        """Points between the work and what was agreed; None when one is unknown."""
        return None if self.part is None or self.prevue is None else self.part - self.prevue


@dataclass(frozen=True)
class Charges:
    """The work of everybody, those without any site included; `mesure` says by what shares are counted."""

    lignes: tuple[Charge, ...]
    mesure: str
    sites: int
    agents: int
    heures: Decimal | None
    libres: int


def charges(rows: Iterable[SiteLot], noms: Mapping[int, str], parts: Mapping[int, Decimal | None]) -> Charges:
    """The workload of each of these holders (id → name) over the sites of a lot, with `site` fetched; no query.

    Shares are counted by hours when every assigned site tells them, else by agents on the same condition, else by
    number of sites.
    """
    rows = list(rows)
    given = [row for row in rows if row.organisation_id]
    if given and all(row.heures_an is not None for row in given):
        mesure, weights = "heures", {row.pk: row.heures_an for row in given}
    elif given and all(row.site.agents is not None for row in given):
        mesure, weights = "agents", {row.pk: Decimal(row.site.agents) for row in given}
    else:
        mesure, weights = "sites", {row.pk: Decimal(1) for row in given}
    total = sum(weights.values(), Decimal(0))
    bodies = dict(noms) | {row.organisation_id: row.organisation.nom for row in given}
    found = []
    for pk, nom in bodies.items():
        mine = [row for row in given if row.organisation_id == pk]
        weight = sum((weights[row.pk] for row in mine), Decimal(0))
        found.append(
            Charge(
                organisation=pk,
                nom=nom,
                sites=len(mine),
                agents=sum(row.site.agents or 0 for row in mine),
                heures=_heures(mine),
                part=round(weight * HUNDRED / total, 1) if total else None,
                prevue=parts.get(pk),
            )
        )
    return Charges(
        lignes=tuple(sorted(found, key=lambda charge: (-charge.sites, charge.nom))),
        mesure=mesure,
        sites=len(rows),
        agents=sum(row.site.agents or 0 for row in rows),
        heures=_heures(rows),
        libres=len(rows) - len(given),
    )


def _heures(rows: Iterable[SiteLot]) -> Decimal | None:
    """Hours a year told for these sites; None when none is."""
    known = [row.heures_an for row in rows if row.heures_an is not None]
    return sum(known, Decimal(0)) if known else None

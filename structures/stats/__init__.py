"""Counts of the directory, as plain values: whole, by place, by sector, and what a territory can answer."""

from structures.stats.annuaire import by_departement, by_departement_cached, by_kind, by_sector, total

__all__ = ["by_departement", "by_departement_cached", "by_kind", "by_sector", "total"]

"""A list cut to its first rows, as the boards show it."""

from dataclasses import dataclass, field

SHOWN = 5  # rows of a list; the rest stands on the page it links to


@dataclass(frozen=True)
class Liste:
    """The first rows of a list, and how many there are in all."""

    rows: list = field(default_factory=list)
    total: int = 0

    @classmethod
    def of(cls, rows) -> "Liste":
        """Two queries for a queryset: its rows, its count."""
        shown = list(rows[: SHOWN + 1])
        return cls(shown[:SHOWN], len(shown) if len(shown) <= SHOWN else rows.count())

    @classmethod
    def cut(cls, rows: list) -> "Liste":
        """Rows that are all here already."""
        return cls(rows[:SHOWN], len(rows))

    @property
    def hidden(self) -> int:
        return self.total - len(self.rows)

"""Queries written once and asked many times, for the pages where writing SQL costs more than running it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet

FIRST_MARK = 10**15


class Prepared:
    """A `values_list` over lists of keys, compiled at its first use; the engine's own types are converted as usual.

    `build` is given one list of keys for each (type, size) and answers the queryset. A list shorter than its size is
    asked with its last key repeated, so that the text of the query never changes; a longer one is a ValueError.

        names = Prepared(lambda pks: Structure.objects.filter(pk__in=pks).values_list("pk", "nom"), (int, 20))
        names.rows([3, 8])
    """

    def __init__(self, build: Callable[..., QuerySet], *lists: tuple[type, int]):
        self.build, self.lists = build, lists
        self._compiled: dict[str, tuple] = {}

    def rows(self, *given: Sequence) -> list[Sequence]:
        """The rows for these keys; none, and no query, when a list is empty."""
        if not all(given):
            return []
        compiler, converters, sql, params = self._compile()
        values = {
            mark: value
            for (kind, size), marks, keys in zip(self.lists, self._marks(), given, strict=True)
            for mark, value in zip(marks, _filled(keys, size), strict=True)
        }
        with connection.cursor() as cursor:
            cursor.execute(sql, [values.get(param, param) for param in params])
            found = cursor.fetchall()
        return list(compiler.apply_converters(found, converters)) if converters else found

    def chunked(self, keys: Sequence) -> list[Sequence]:
        """`rows` for any number of keys of a query that takes one list."""
        size = self.lists[0][1]
        return [row for start in range(0, len(keys), size) for row in self.rows(keys[start : start + size])]

    def _compile(self) -> tuple[Any, dict, str, tuple]:
        """What Django would do at each request; per engine, since tests may know several."""
        if connection.vendor not in self._compiled:
            compiler = self.build(*self._marks()).query.get_compiler(connection=connection)
            sql, params = compiler.as_sql()
            converters = compiler.get_converters([column for column, *_ in compiler.select])
            self._compiled[connection.vendor] = (compiler, converters, sql, params)
        return self._compiled[connection.vendor]

    def _marks(self) -> list[list]:
        """Keys that nothing else in the query is equal to, to be found again among its parameters."""
        marks, rank = [], FIRST_MARK
        for kind, size in self.lists:
            marks.append([kind(-number) for number in range(rank, rank + size)])
            rank += size
        return marks


def _filled(keys: Sequence, size: int) -> Iterator:
    if len(keys) > size:
        raise ValueError(f"{len(keys)} keys for a query written for {size}.")
    yield from keys
    for _ in range(size - len(keys)):
        yield keys[-1]

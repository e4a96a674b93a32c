"""Queries written once and asked many times, for the pages where writing SQL costs more than running it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.query import get_related_populators

FIRST_MARK = 10**15


class Prepared:
    """A `values_list` over lists of keys, compiled at its first use; the engine's own types are converted as usual.

    Django writes its SQL once for each process, and PostgreSQL plans it once for each connection.

    `build` is given one list of keys for each (type, size) and answers the queryset. A list longer than its size is a
    ValueError; a shorter one is asked with its last key repeated, so that the text of the query never changes
    (PostgreSQL takes it as one array). Keys are whole numbers, texts or days; `build` must hand them to the query as
    they are: what it would compute from them would be computed once for all.

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
        compiler, converters, sql, slots = self._compile()
        given = tuple(_adapted(keys) for keys in given)
        filled = [_filled(keys, size) for keys, (_, size) in zip(given, self.lists, strict=True)]
        params = [slot.value(given, filled) for slot in slots]
        with _cursor() as cursor:
            cursor.execute(sql, params)
            found = cursor.fetchall()
        return list(compiler.apply_converters(found, converters)) if converters else found

    def chunked(self, keys: Sequence) -> list[Sequence]:
        """`rows` for any number of keys of a query that takes one list."""
        size = self.lists[0][1]
        return [row for start in range(0, len(keys), size) for row in self.rows(keys[start : start + size])]

    def _compile(self) -> tuple[Any, dict, str, list["Slot"]]:
        """What Django would do at each request; per engine, since tests may know several."""
        if connection.vendor not in self._compiled:
            marks = self._marks()
            compiler = self.build(*marks).query.get_compiler(connection=connection)
            sql, params = compiler.as_sql()
            places = {
                mark: (rank, at) for rank, several in enumerate(marks) for at, mark in enumerate(_adapted(several))
            }
            slots = [Slot(*places[param]) if param in places else Slot(constant=param) for param in params]
            if connection.vendor == "postgresql":
                sql, slots = _with_arrays(sql, slots, [size for _, size in self.lists])
            converters = compiler.get_converters([column for column, *_ in compiler.select])
            self._compiled[connection.vendor] = (compiler, converters, sql, slots)
        return self._compiled[connection.vendor]

    def _marks(self) -> list[list]:
        """Keys that nothing else in the query is equal to, to be found again among its parameters."""
        marks, rank = [], FIRST_MARK
        for kind, size in self.lists:
            marks.append([_mark(kind, number) for number in range(rank, rank + size)])
            rank += size
        return marks


class PreparedObjects(Prepared):
    """The same for a queryset of objects, with its `select_related`, deferred columns and annotations."""

    def objects(self, *given: Sequence) -> list[Any]:
        rows = self.rows(*given)
        if not rows:
            return []
        compiler = self._compile()[0]
        select, info, using = compiler.select, compiler.klass_info, connection.alias
        own = info["select_fields"]
        first, last = own[0], own[-1] + 1
        names = [column.target.attname for column, *_ in select[first:last]]
        related = get_related_populators(info, select, using)  # type: ignore[call-arg]  # the stubs are those of Django 6
        found = []
        for row in rows:
            made = info["model"].from_db(using, names, row[first:last])
            for populator in related:
                populator.populate(row, made)
            for name, at in compiler.annotation_col_map.items():
                setattr(made, name, row[at])
            found.append(made)
        return found


@dataclass(frozen=True, slots=True)
class Slot:
    """What a parameter of the query stands for: a constant, the key `at` of a list, or the whole list."""

    rank: int | None = None
    at: int | None = None
    constant: Any = None

    def value(self, given: Sequence[Sequence], filled: Sequence[Sequence]) -> Any:
        if self.rank is None:
            return self.constant
        return list(given[self.rank]) if self.at is None else filled[self.rank][self.at]


def _mark(kind: type, number: int) -> Any:
    return date.min + timedelta(days=number - FIRST_MARK) if kind is date else kind(-number)


def _adapted(keys: Sequence) -> Sequence:
    """Days as the engine is given them: SQLite knows them as texts."""
    if keys and isinstance(keys[0], date):
        return [connection.ops.adapt_datefield_value(key) for key in keys]
    return keys


def _filled(keys: Sequence, size: int) -> Sequence:
    if len(keys) > size:
        raise ValueError(f"{len(keys)} keys for a query written for {size}.")
    return [*keys, *[keys[-1]] * (size - len(keys))]


# PostgreSQL ---------------------------------------------------------------------------------------------------------
def _with_arrays(sql: str, slots: list[Slot], sizes: list[int]) -> tuple[str, list[Slot]]:
    """The same query where a whole list is one parameter: « IN (%s, %s, %s) » becomes « = ANY(%s) »."""
    kept, done = [], 0

    def shortened(found: re.Match) -> str:
        nonlocal done
        number = found[0].count("%s")
        some = slots[done : done + number]
        done += number
        first = some[0]
        # A key alone stays one: as an array it would be thought to be ten, and planned again each time.
        if number > 1 and some == [Slot(first.rank, at) for at in range(sizes[first.rank or 0])]:
            kept.append(Slot(first.rank))
            return "= ANY(%s)"
        kept.extend(some)
        return found[0]

    return re.sub(r"IN \(%s(?:, %s)*\)|%s", shortened, sql), kept


def _cursor():
    """A cursor of the connection; that of PostgreSQL keeps the plans of its queries."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    return connection._prepare_cursor(_planned_once()(connection.connection))


@cache
def _planned_once():
    from django.db.backends.postgresql.base import ServerBindingCursor
    from psycopg.types.numeric import Int8

    def typed(value: Any) -> Any:
        """One type for all integers: otherwise the size of a key would make another query, planned again."""
        if isinstance(value, list):
            return [typed(each) for each in value]
        return Int8(value) if type(value) is int else value

    class PlannedOnce(ServerBindingCursor):
        def __init__(self, connection):
            super().__init__(connection)  # type: ignore[call-arg]  # psycopg's, hidden by the stubs
            connection.prepare_threshold = connection.prepare_threshold or 0  # None, Django's, forbids keeping any

        def execute(self, query, params=None, **options):
            return super().execute(query, typed(params), prepare=True, **options)

    return PlannedOnce

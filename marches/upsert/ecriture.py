"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite; no history, imports leave their records.

Django's own `bulk_create` and `bulk_update` build an expression for each value: on rows of forty columns they cost more
than all the rest of an import. Callers hold the transaction.
"""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection, models
from django.utils import timezone

FEW = 20  # rows; below, a temporary table costs more than it brings


def insert(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Insert these unsaved objects, and give them their ids."""
    if not rows:
        return
    for row, pk in zip(rows, _new_ids(model, len(rows)), strict=True):
        row.pk = pk
    now = timezone.now()
    fields = list(model._meta.concrete_fields)
    for field in fields:
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            for row in rows:
                setattr(row, field.attname, now)
    _write(model, fields, _lines(fields, map(_reader(fields), rows)))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def pour(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows given as tuples of these columns (`lot_id`, not `lot`); the other columns take their default.

    Without objects: for tables of which nothing is asked again. A JSON column may be given as its text.
    """
    if not rows:
        return
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    others = [field for field in by_name.values() if field.attname not in names and not field.primary_key]
    usual = [field.get_default() for field in others]
    fields = [*(by_name[name] for name in names), *others]
    _write(model, fields, _lines(fields, ((*row, *usual) for row in rows)))


def _write(model: type[models.Model], fields: Sequence[Any], lines: Any) -> None:
    names = ", ".join(f'"{field.column}"' for field in fields)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for line in lines:
                    copy.write_row(line)
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', lines)


def update(model: type[models.Model], rows: Sequence[Any], names: Iterable[str]) -> None:
    """Write these columns of these objects, and `modifie_le` where there is one."""
    if not rows:
        return
    fields: list[Any] = [model._meta.get_field(name) for name in dict.fromkeys(names)]
    stamped = next((field for field in model._meta.concrete_fields if field.name == "modifie_le"), None)
    if stamped is not None:
        now = timezone.now()
        for row in rows:
            row.modifie_le = now
        fields.append(stamped)
    key: Any = model._meta.pk
    table, columns = model._meta.db_table, [field.column for field in fields]
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql" or len(rows) < FEW:
            sets = ", ".join(f'"{column}" = %s' for column in columns)
            lines = _lines([*fields, key], map(_reader([*fields, key]), rows))
            cursor.executemany(f'UPDATE "{table}" SET {sets} WHERE "{key.column}" = %s', list(lines))
            return
        names_sql = ", ".join(f'"{column}"' for column in [key.column, *columns])
        cursor.execute(f'CREATE TEMPORARY TABLE "a_ecrire" AS SELECT {names_sql} FROM "{table}" WITH NO DATA')
        with cursor.copy(f'COPY "a_ecrire" ({names_sql}) FROM STDIN') as copy:
            for line in _lines([key, *fields], map(_reader([key, *fields]), rows)):
                copy.write_row(line)
        sets = ", ".join(f'"{column}" = "a_ecrire"."{column}"' for column in columns)
        cursor.execute(
            f'UPDATE "{table}" SET {sets} FROM "a_ecrire" WHERE "{table}"."{key.column}" = "a_ecrire"."{key.column}"'
        )
        cursor.execute('DROP TABLE "a_ecrire"')


def _new_ids(model: type[models.Model], number: int) -> Collection[int]:
    """Ids that nobody else will take: from the sequence, or after the last one while SQLite's only writer is us."""
    table, column = model._meta.db_table, model._meta.pk.column  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [f'"{table}"', column, number],
            )
            return [pk for (pk,) in cursor.fetchall()]
        cursor.execute("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        start = cursor.fetchone()[0] + 1
        return range(start, start + number)


def _reader(fields: Sequence[Any]) -> Callable[[Any], tuple]:
    return attrgetter(*(field.attname for field in fields))


def _lines(fields: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    """The values of each row as the driver takes them."""
    prepared = [(rank, prepare) for rank, field in enumerate(fields) if (prepare := _preparation(field))]
    for row in rows:
        values = list(row)
        for rank, prepare in prepared:
            if values[rank] is not None:
                values[rank] = prepare(values[rank])
        yield values


def _json(value: Any) -> str:
    return value if isinstance(value, str) else _encode(value)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _preparation(field: Any) -> Callable[[Any], Any] | None:
    """How a value that is not None is handed to the driver; None when as it is."""
    if isinstance(field, models.JSONField):
        return _json
    if connection.vendor == "postgresql" and not isinstance(field, models.FileField):
        return None
    if isinstance(field, (models.DecimalField, models.DateField, models.FileField)):
        return lambda value: field.get_db_prep_save(value, connection)
    return None

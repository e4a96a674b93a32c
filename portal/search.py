"""Full-text search with the same answers on PostgreSQL and elsewhere: a column of stems, and one lookup to read it."""

from collections.abc import Collection, Iterable

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import models
from django.db.migrations import RunPython
from django.db.models import Lookup
from rapidfuzz import fuzz, process

from portal.text import stems

ANY = "%"  # of LIKE; the spaces beside it are those between the stems of the column
MOST_WORDS = 20  # words of a question that are looked for; the next ones change nothing for a person
NEAREST = 72  # of 100: below, two stems are different words and not a typing mistake


class RacinesField(models.TextField):
    """Stems as `portal.text.racines` writes them; read with the lookup `contient_racines`."""


class RacinesMixin(models.Model):
    """A model searched by its words: `racines` is refreshed by whoever writes the row."""

    racines = RacinesField(blank=True, default="", editable=False)

    class Meta:
        abstract = True


@RacinesField.register_lookup
class ContientRacines(Lookup):
    """Rows that hold every given stem, as a list or separated by spaces; without stem, every row."""

    lookup_name = "contient_racines"
    prepare_rhs = False

    def get_prep_lookup(self) -> list[str]:
        words = self.rhs if isinstance(self.rhs, str) else " ".join(self.rhs)
        return words.replace("\x00", "").split()

    def as_sql(self, compiler, connection):
        column, params = self._column(compiler, connection)
        sql = " AND ".join([f"{column} LIKE %s"] * len(self.rhs))
        return f"({sql})", [value for stem in self.rhs for value in (*params, f"{ANY} {stem} {ANY}")]

    def as_postgresql(self, compiler, connection):
        column, params = self._column(compiler, connection)
        question = " & ".join(f"'{stem}'" for stem in self.rhs)
        return f"to_tsvector('simple', {column}) @@ to_tsquery('simple', %s)", [*params, question]

    def _column(self, compiler, connection):
        if not self.rhs:
            raise FullResultSet
        # Stems are letters and digits: nothing else is ever found, and nothing needs escaping for either engine.
        if not all(stem.isalnum() for stem in self.rhs):
            raise EmptyResultSet
        return self.process_lhs(compiler, connection)


@models.CharField.register_lookup
class ContientMots(Lookup):
    """Rows whose folded text holds each of these folded words, the last one being perhaps only begun.

    A sieve, served by the index that `racines_index` makes: it says nothing of the order of the words, nor, on another
    engine than PostgreSQL, of where a word begins.
    """

    lookup_name = "contient_mots"

    def as_sql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        words = self._words()
        sql = " AND ".join([f"{column} LIKE %s"] * len(words))
        return f"({sql})", [value for word in words for value in (*params, f"{ANY}{word}{ANY}")]

    def as_postgresql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        question = " & ".join(f"'{word}'" for word in self._words()) + ":*"
        return f"to_tsvector('simple', {column}) @@ to_tsquery('simple', %s)", [*params, question]

    def _words(self) -> list[str]:
        words = str(self.rhs).split()
        if not words:
            raise FullResultSet
        if not all(word.isalnum() for word in words):  # nothing else is in a folded text, nor needs escaping
            raise EmptyResultSet
        return words


def filter_words(queryset: models.QuerySet, text: str | None, field: str = "racines") -> models.QuerySet:
    """The rows whose `field` holds every word of `text`; all of them when `text` has no word to look for."""
    return filter_stems(queryset, stems(text), field)


def filter_stems(queryset: models.QuerySet, stem_list: list[str], field: str = "racines") -> models.QuerySet:
    """`filter_words` for stems already known, those of `correct` for instance."""
    if not stem_list:
        return queryset
    return queryset.filter(**{f"{field}__contient_racines": stem_list[:MOST_WORDS]})


def racines_index(table: str, name: str, column: str = "racines") -> RunPython:
    """Migration operation: the index `name` that serves `contient_racines` (and `contient_mots` on a column of folded
    text), on PostgreSQL only; reversible."""

    def create(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            index, on, stems_column = map(schema_editor.quote_name, (name, table, column))
            schema_editor.execute(f"CREATE INDEX {index} ON {on} USING gin (to_tsvector('simple', {stems_column}))")

    def drop(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP INDEX IF EXISTS {schema_editor.quote_name(name)}")

    return RunPython(create, drop)


def correct(stem_list: Iterable[str], vocabulary: Collection[str]) -> tuple[list[str], dict[str, str]]:
    """Stems where the unknown ones give way to the nearest of `vocabulary`, and what was replaced by what.

    An unknown stem with nothing near it stays, and so does a number. A `vocabulary` given as a dictionary from stem to
    word lets the page print `vocabulary[new]` rather than a bare stem.
    """
    known = vocabulary if isinstance(vocabulary, (set, frozenset, dict)) else set(vocabulary)
    stem_list = list(stem_list)
    unknown = [stem for stem in dict.fromkeys(stem_list) if stem not in known and not stem.isdigit()]
    choices = sorted(known) if unknown else []  # sorted: the same answer whatever the order of the vocabulary
    found = ((stem, process.extractOne(stem, choices, scorer=fuzz.ratio, score_cutoff=NEAREST)) for stem in unknown)
    replaced = {stem: nearest[0] for stem, nearest in found if nearest}
    return [replaced.get(stem, stem) for stem in stem_list], replaced

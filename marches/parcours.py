"""The first answers of a search of the register, in its order, without reading all of them: what a million costs.

Answers are read in order, latest first, and the reading stops when there are as many as are counted; or they are
gathered in any order, up to as many, then put in order. The first is cheap where many contracts answer, the second
where few do. Which of both is not guessed: the first thousand that may answer are read, and how many of them do says
it. Both ways give the same contracts in the same order, those of the plain query.

What is asked of a lot is looked for among lots: `Lot.recence` repeats that of the contract, so that the index of one
criterion is in the order of the register.
"""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from django.core.cache import caches
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.http import HttpRequest

from marches.models import Lot, Marche
from marches.rules.dates import jour_entier
from portal.pagination import PER_PAGE, Page, page_of
from portal.search import MOST_WORDS, filter_stems

SAMPLE = 2_000  # rows read in order before choosing a way
LONGEST = 12_000  # rows read in order for less than gathering costs
MANY = 10  # times what is counted: gathered and put in order for less than reading on
RARE = 0.003  # of the rows read: words that answer less often are looked for by their index
EVERY = 10**9
SECONDS = 15  # that many contracts answer is kept so long

Cle = tuple[int, int]  # recence, id of a contract: sorted downwards, the order of the register


@dataclass(frozen=True)
class Question:
    """What is asked: `contrats` are those one sees, with every criterion of a contract but the words; `vus` are the
    lots of these contracts.

    `lots` is what one and the same lot has to answer, None when nothing is asked of it. `ordre` is that of it whose
    index is in the order of the register; `rangee` when `lots` is no more than this and the days `du` and `au`.
    `nommee`: a buyer or a holder is named, so that few answer.
    """

    contrats: QuerySet[Marche]
    vus: QuerySet[Lot]
    racines: tuple[str, ...] = ()
    lots: Q | None = None
    ordre: Q | None = None
    du: date | None = None
    au: date | None = None
    rangee: bool = False
    nommee: bool = False


class Parcours:
    """The answers of a question, counted up to `plafond`: `nombre` is at most one more."""

    def __init__(self, question: Question, plafond: int):
        self.question, self.plafond = question, plafond
        self.racines = question.racines[:MOST_WORDS]
        self.contrats, self.vus = question.contrats.order_by(), question.vus.order_by()
        self.est_lisible = est_lisible(self.racines)
        self.part = 0.0  # of the rows read in order, those that answer
        self.avant: list[Cle] = []  # the answers of `_etales`
        self.debut: list[Cle] = []  # the first answers, these to begin with
        self.nombre = self._compter()

    def page(self, request: HttpRequest, rows: QuerySet[Marche], per_page: int = PER_PAGE) -> Page:
        """The page that `request` asks for; `rows` is what it shows of a contract."""

        def shown(start: int, stop: int) -> list[Marche]:
            keys = [pk for _, pk in self.cles(stop)[start:]]
            found = {marche.pk: marche for marche in rows.filter(pk__in=keys).order_by()}
            return [found[pk] for pk in keys if pk in found]  # one may have gone meanwhile

        return page_of(request, self.nombre, shown, per_page=per_page, plafond=self.plafond)

    def cles(self, stop: int) -> list[Cle]:
        """The first answers, `stop` of them where there are as many."""
        if len(self.debut) < stop and len(self.debut) < self.nombre:
            self.debut = self._premieres(stop)
        return self.debut[:stop]

    def _compter(self) -> int:
        """How many answer, up to one more than `plafond`; the first of them are kept, as far as they were met."""
        most = self.plafond + 1
        self.avant = self.debut = before = self._etales(most)
        if len(before) == most:
            return most
        most -= len(before)
        if self.est_lisible and not self.question.nommee:
            found, is_all = self._lire_d_abord(most)
            self.debut = before + found
            if is_all or len(found) == most:
                return len(self.debut)
        found = self._reunir(most)
        if len(found) < most:
            self.debut = before + found
        return len(before) + len(found)

    def _lire_d_abord(self, most: int) -> tuple[list[Cle], bool]:
        """Answers in order as far as reading them is worth it, and whether they are all."""
        if self.question.rangee and not self.racines:  # the rows read answer, all but some
            read = max(SAMPLE, 4 * most)
            found = self._lire(read, most)
            self.part = len(found) / read
            return (found, True) if len(found) == most else (self._lire(EVERY, most), True)
        found, are_all = self._essayer()
        found = found[:most]
        self.part = len(found) / SAMPLE
        if are_all:
            return found, True
        return self._lire(LONGEST, most) if len(found) < most <= self.part * LONGEST else found, False

    def _premieres(self, stop: int) -> list[Cle]:
        """The first answers where there are more than are counted."""
        before = self.avant
        stop -= len(before)
        if stop <= self.part * LONGEST:
            found = self._lire(LONGEST, stop)
            if len(found) == stop:
                return before + found
        found = self._reunir(MANY * self.plafond)
        if len(found) == MANY * self.plafond:
            found = self._lire(EVERY, stop) if self.est_lisible else self._reunir(EVERY)
        return before + found[:stop]

    # Read in order ---------------------------------------------------------------------------------------------------
    def _essayer(self) -> tuple[list[Cle], bool]:
        """Those that answer among the first `SAMPLE` rows, and whether there is no other row."""
        try:
            sql, params = self._rangees()[:SAMPLE].query.sql_with_params()
        except EmptyResultSet:
            return [], True
        with connection.cursor() as cursor:
            # The first row comes with those that answer: it tells how many were read.
            cursor.execute(
                "SELECT jour, contrat, repond, lues FROM (SELECT jour, contrat, repond, COUNT(*) OVER () AS lues, "
                f"ROW_NUMBER() OVER () AS rang FROM ({sql}) rangees) comptees WHERE repond OR rang = 1 "
                "ORDER BY jour DESC, contrat DESC",
                params,
            )
            rows = cursor.fetchall()
        found = list(dict.fromkeys((jour, contrat) for jour, contrat, repond, _ in rows if repond))
        return found, not rows or rows[0][3] < SAMPLE

    def _lire(self, read: int, most: int, rows: QuerySet | None = None) -> list[Cle]:
        """Those that answer, up to `most`, among the first `read` rows."""
        try:
            sql, params = (self._rangees() if rows is None else rows)[:read].query.sql_with_params()
        except EmptyResultSet:
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT DISTINCT jour, contrat FROM ({sql}) rangees WHERE repond "
                f"ORDER BY jour DESC, contrat DESC LIMIT {most:d}",
                params,
            )
            return cursor.fetchall()

    def _rangees(self) -> QuerySet:
        """(recence, id of the contract, whether it answers) of what may answer, in order.

        The question is a column, out of the planner's reach: as a condition it would be thought rare, and asked first
        of everything.
        """
        if self.question.lots is None:
            return _en_ordre(self.contrats, "pk", says(self.racines, "racines"))
        answers = self.question.lots & says(self.racines, "marche__racines")
        return _en_ordre(self.vus.filter(self.question.ordre or Q(), self._jours()), "marche_id", answers)

    # Gathered --------------------------------------------------------------------------------------------------------
    def _reunir(self, most: int) -> list[Cle]:
        """Up to `most` answers: all of them in order, or any of them where there are more."""
        if self.question.lots is None:
            keys = _cles(filter_stems(self.contrats, list(self.racines)), "pk", most)
            return keys if len(keys) == most else sorted(keys, reverse=True)  # too many: only counted
        lots = self.vus.filter(self.question.lots, self._jours())
        if self.racines and self.part > RARE:  # a text read for each lot: its vector would be dearer
            lots = lots.filter(says(self.racines, "marche__racines"))
        elif self.racines:
            lots = lots.filter(marche__in=filter_stems(Marche.objects.order_by(), list(self.racines)))
        read = most
        while True:
            rows = _cles(lots, "marche_id", read)
            found = set(rows)
            if len(rows) < read or len(found) >= most:
                return sorted(found, reverse=True)[:most]
            read *= 8  # many lots for one contract

    # Days ------------------------------------------------------------------------------------------------------------
    def _jours(self) -> Q:
        """Of lots notified in the period, those of contracts whose last notification is in it."""
        asked = Q()
        if self.question.du:
            asked &= Q(recence__gte=jour_entier(self.question.du))
        if self.question.au:
            asked &= Q(recence__lte=jour_entier(self.question.au))
        return asked

    def _etales(self, most: int) -> list[Cle]:
        """The answers that `_jours` leaves out, the first of all: contracts notified in the period and after it."""
        if self.question.au is None or self.question.lots is None:
            return []
        end = jour_entier(self.question.au)
        spread: QuerySet[Marche] = Marche.objects.filter(
            premiere__gt=0, premiere__lt=F("recence"), premiere__lte=end, recence__gt=end
        )
        if not self.est_lisible:
            spread = filter_stems(spread, list(self.racines))
        # Named one by one: the planner takes them for many, and would read every lot of these days.
        few = list(spread.order_by().values_list("pk", flat=True)[: LONGEST + 1])
        if not few:
            return []
        if self.est_lisible and len(few) <= LONGEST:
            answers = self.question.lots & says(self.racines, "marche__racines")
            return self._lire(EVERY, most, _en_ordre(self.vus.filter(marche__in=few), "marche_id", answers))
        within = few if len(few) <= LONGEST else spread.order_by().values("pk")
        lots = self.vus.filter(self.question.lots, recence__gt=end, marche__in=within)
        if self.est_lisible:
            lots = lots.filter(says(self.racines, "marche__racines"))
        keys = lots.order_by("-recence", "-marche_id").values_list("recence", "marche_id")
        return list(keys.distinct()[:most])


class Tri:
    """The answers of a question in another order, that of an index of the contracts; counted as by `Parcours`.

    `reponses` are the contracts that answer, by a plain query; `ordre` its two columns, the last one the id.
    """

    def __init__(self, question: Question, reponses: QuerySet[Marche], ordre: tuple[str, str], plafond: int):
        self.question, self.reponses, self.ordre, self.plafond = question, reponses.order_by(), ordre, plafond
        self.racines = question.racines[:MOST_WORDS]
        self.toutes = self._reunir(plafond + 1)
        self.nombre = len(self.toutes)

    def page(self, request: HttpRequest, rows: QuerySet[Marche], per_page: int = PER_PAGE) -> Page:
        """The page that `request` asks for; `rows` is what it shows of a contract."""

        def shown(start: int, stop: int) -> list[Marche]:
            keys = self.cles(stop)[start:]
            found = {marche.pk: marche for marche in rows.filter(pk__in=keys).order_by()}
            return [found[pk] for pk in keys if pk in found]  # one may have gone meanwhile

        return page_of(request, self.nombre, shown, per_page=per_page, plafond=self.plafond)

    def cles(self, stop: int) -> list[int]:
        """The ids of the first answers, `stop` of them where there are as many."""
        if self.nombre <= self.plafond:
            return self._triees(self.toutes, stop)
        if est_lisible(self.racines):
            found = self._lire(LONGEST, stop)
            if len(found) == stop:
                return found
        found = self._reunir(MANY * self.plafond)
        if len(found) < MANY * self.plafond:
            return self._triees(found, stop)
        if est_lisible(self.racines):
            return self._lire(EVERY, stop)
        return list(self.reponses.order_by(*self.ordre).values_list("pk", flat=True)[:stop])

    def _reunir(self, most: int) -> list[int]:
        """Up to `most` answers, in any order."""
        return list(self.reponses.values_list("pk", flat=True)[:most])

    def _triees(self, keys: list[int], stop: int) -> list[int]:
        few = Marche.objects.filter(pk__in=keys).order_by(*self.ordre)
        return list(few.values_list("pk", flat=True)[:stop])

    def _lire(self, read: int, stop: int) -> list[int]:
        """The first that answer among the first `read` contracts of the order, the question out of the planner's
        reach: it would gather them all."""
        answers = says(self.racines, "racines")
        if self.question.lots is not None:
            answers &= Q(Exists(Lot.objects.filter(self.question.lots, marche=OuterRef("pk")).order_by()))
        column, *_ = self.ordre
        down = "DESC" if column.startswith("-") else "ASC"
        repond = _booleen(answers)
        rows = self.question.contrats.order_by(*self.ordre).annotate(
            rang=F(column.removeprefix("-")), contrat=F("pk"), repond=repond
        )  # fmt: skip
        try:
            sql, params = rows.values_list("rang", "contrat", "repond")[:read].query.sql_with_params()
        except EmptyResultSet:
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT contrat FROM ({sql}) rangees WHERE repond ORDER BY rang {down}, contrat {down} LIMIT {stop:d}",
                params,
            )
            return [pk for (pk,) in cursor.fetchall()]


def parcours_of(
    question: Question, reponses: QuerySet[Marche], ordre: tuple[str, str] | None, plafond: int
) -> Parcours | Tri:
    """How the pages of a search are read: `ordre`, another order than the usual."""
    return Tri(question, reponses, ordre, plafond) if ordre else Parcours(question, plafond)


def est_lisible(racines: tuple[str, ...]) -> bool:
    """Whether texts read one by one may be asked for these stems as they are: a vector of each would be dearer."""
    return all(stem.isascii() and stem.isalnum() for stem in racines)


def says(racines: tuple[str, ...], column: str) -> Q:
    """That the text of stems in this column holds them all."""
    return Q(*(Q(**{f"{column}__contains": f" {stem} "}) for stem in racines))


def _booleen(answers: Q) -> Case | Value:
    """Whether a row answers, as a column; a `Case`, since a condition that nothing can meet would be written 0."""
    if not answers:
        return Value(True)
    return Case(When(answers, then=Value(True)), default=Value(False), output_field=BooleanField())


def _cles(rows: QuerySet, key: str, most: int) -> list[Cle]:
    """Up to `most` keys, in any order; straight from the driver, whose rows need no conversion.

    That there are as many is kept a moment, for the pages that are turned next; fewer are read each time.
    """
    try:
        sql, params = rows.values_list("recence", key)[:most].query.sql_with_params()
    except EmptyResultSet:
        return []
    near, name = caches["proche"], f"registre:{sha256(f'{sql}{params}'.encode()).hexdigest()}"
    if (found := near.get(name)) is not None:
        return found
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = cursor.fetchall()
    if len(found) == most:
        near.set(name, found, SECONDS)
    return found


def _en_ordre(rows: QuerySet, key: str, answers: Q) -> QuerySet:
    repond = _booleen(answers)
    named = rows.annotate(jour=F("recence"), contrat=F(key), repond=repond)
    return named.order_by("-recence", f"-{key}").values_list("jour", "contrat", "repond")

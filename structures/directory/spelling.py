"""When nothing was found: the words that the directory knows, near those that were typed."""

import re
from collections import Counter
from collections.abc import Iterable

from django.core.cache import cache
from django.db.models import QuerySet

from portal.search import correct, filter_stems
from portal.text import STOP_WORDS, stems, tokens
from structures.directory.matching import ordered, restrict
from structures.directory.question import Question
from structures.enums import Kind
from structures.models import Offre, ReferenceClient, Secteur, Structure

VOCABULARY_KEY, VOCABULARY_SECONDS = "structures:vocabulaire", 600
CARD_TEXTS = ("nom", "enseigne", "ville", "departement__nom", "description")
MOST_READ = 20  # cards


def search_corrected(queryset: QuerySet[Structure], question: Question) -> QuerySet[Structure] | None:
    """When nothing was found: the same search with its unknown words replaced by the nearest known ones.

    None when no word can be corrected; otherwise `question.corrected` says which. For the page that found nothing only:
    the vocabulary costs one reading of the directory every ten minutes.
    """
    wanted = stems(question.words)
    if not wanted or question.is_number:
        return None
    known = vocabulary()
    corrected, replaced = correct(wanted, known)
    if not replaced:
        return None
    typed = dict(zip(wanted, [word for word in tokens(question.words) if word not in STOP_WORDS], strict=True))
    words = {new: word_of(new) for new in replaced.values()}
    question.corrected = {typed[old]: words[new] for old, new in replaced.items()}
    looked_for = " ".join(words.get(stem, typed.get(stem, stem)) for stem in corrected)
    return ordered(filter_stems(restrict(queryset, question), corrected), question, looked_for)


def vocabulary() -> set[str]:
    """Every stem of the directory; kept ten minutes."""
    known = cache.get(VOCABULARY_KEY)
    if known is None:
        known = set()
        for column in Structure.objects.listed().order_by().values_list("racines", flat=True).iterator():
            known.update(column.split())
        cache.set(VOCABULARY_KEY, known, VOCABULARY_SECONDS)
    return known


def word_of(stem: str) -> str:
    """The word that has this stem most often, as it is written, in the sectors or on some cards that hold it; four
    queries at most."""
    texts = [text for row in _holding(Secteur, stem).values_list("nom", "synonymes") for text in row]
    if not (found := _most_written(stem, texts)):
        cards = list(_holding(Structure.objects.listed(), stem).values_list("pk", *CARD_TEXTS)[:MOST_READ])
        texts = [text for _, *row in cards for text in row if text] + [kind.label for kind in Kind]
        found = _most_written(stem, texts) or _most_written(stem, _around([pk for pk, *_ in cards]))
    return found or stem


def _holding(model, stem: str) -> QuerySet:
    return filter_stems(model.objects.all() if isinstance(model, type) else model, [stem]).order_by("pk")


def _around(pks: list[int]) -> list[str]:
    offers = Offre.objects.filter(structure__in=pks).values_list("nom", "description")
    references = ReferenceClient.objects.filter(structure__in=pks).values_list("client", "objet")
    return [text for row in [*offers, *references] for text in row]


def _most_written(stem: str, texts: Iterable[str]) -> str:
    """The word of `texts` that has this stem most often, in lower case; "" when there is none."""
    written = Counter(word for text in texts for word in re.findall(r"[^\W_]+", text.lower()) if stems(word) == [stem])
    return max(written, key=lambda word: (written[word], word), default="")

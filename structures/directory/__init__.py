"""What a buyer asks of the directory, which structures answer it, in which order, and why.

question = Question(words="nettoyage", lieux=(lieu,), mode=Mode.PRESTATION)
found = search(Structure.objects.listed(), question)     # filtered and ordered, nothing read yet
total = count_up_to(found, MOST_COUNTED)                  # exact below the limit, the limit + 1 above
page = paginate(found.for_cards(), request, count=total)  # reads twenty rows
reponses = answers(page, question)                        # reasons of these twenty: two queries at most
"""

from structures.directory.criteres import activities, criteres
from structures.directory.matching import MOST_COUNTED, count_up_to, order_explained, restrict, search, tri_of
from structures.directory.question import TRIS, Question, Reponse
from structures.directory.reasons import answers, whole
from structures.directory.resultats import Resultats
from structures.directory.spelling import search_corrected, vocabulary

__all__ = [
    "MOST_COUNTED", "TRIS", "Question", "Reponse", "Resultats", "activities", "answers", "count_up_to", "criteres",
    "order_explained", "restrict", "search", "search_corrected", "tri_of", "vocabulary", "whole",
]  # fmt: skip

"""What a buyer asks of the directory, which structures answer it, in which order, and why.

question = Question(words="nettoyage", lieux=(lieu,), mode=Mode.PRESTATION)
found = search(Structure.objects.listed(), question)     # filtered and ordered, nothing read yet
reponses = answers(found.for_cards()[:20], question)      # reasons of these twenty: two queries at most
"""

from structures.directory.criteres import activities, criteres
from structures.directory.matching import order_explained, restrict, search, tri_of
from structures.directory.question import TRIS, Question, Reponse
from structures.directory.reasons import answers, whole
from structures.directory.spelling import search_corrected, vocabulary

__all__ = [
    "TRIS", "Question", "Reponse", "activities", "answers", "criteres",
    "order_explained", "restrict", "search", "search_corrected", "tri_of", "vocabulary", "whole",
]  # fmt: skip

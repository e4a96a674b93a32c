"""What a buyer asks of the directory, which structures answer it, in which order, and why.

question = Question(words="nettoyage", lieux=(lieu,), mode=Mode.PRESTATION)
found = search(Structure.objects.listed(), question)     # filtered and ordered, nothing read yet
reponses = answers(lignes(pks), question)                 # reasons of one page of keys: four queries at most
"""

from structures.directory.criteres import activities, criteres, sector_ids
from structures.directory.lignes import Ligne, lignes
from structures.directory.matching import order_explained, restrict, search, tri_of
from structures.directory.parcours import Parcours, shorter_way
from structures.directory.question import TRIS, Question
from structures.directory.reasons import Reponse, answers, whole
from structures.directory.spelling import search_corrected, vocabulary

__all__ = [
    "TRIS", "Ligne", "Parcours", "Question", "Reponse", "activities", "answers", "criteres", "lignes",
    "order_explained", "restrict", "search", "search_corrected", "sector_ids", "shorter_way", "tri_of", "vocabulary",
    "whole",
]  # fmt: skip

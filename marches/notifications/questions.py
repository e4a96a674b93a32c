"""Messages about the questions of a consultation: to who answers, then the same answer to all who follow it.

Who else answers is told by upper floors, which this one does not know:

    @lecteurs
    def facilitators(question): ...  # accounts to write to when a question comes
"""

from collections.abc import Callable, Iterable

from marches.models import Question, SuiviQuestions
from marches.notifications.destinataires import de_l_acheteur
from portal import mail

Lecteurs = Callable[[Question], Iterable]
_lecteurs: list[Lecteurs] = []


def lecteurs(function: Lecteurs) -> Lecteurs:
    """Decorator: the accounts that the function answers are told of new questions too."""
    if function not in _lecteurs:
        _lecteurs.append(function)
    return function


def tell_question(question: Question) -> list:
    """To the buyer, and to who else may answer; nothing in it tells who asks."""
    told = [*de_l_acheteur(question.marche.acheteur), *(user for each in _lecteurs for user in each(question))]
    return mail.send("question_posee", told, cle=f"question:{question.pk}", question=question)


def tell_answer(question: Question) -> list:
    """To everybody who follows the questions of the contract, its author among them, in the same words."""
    rows = SuiviQuestions.objects.filter(marche=question.marche_id).select_related("user").order_by("pk")
    moment = question.modifiee_le or question.repondue_le
    cle = f"question:{question.pk}:{moment.isoformat() if moment else ''}"
    return mail.send("question_reponse", [row.user for row in rows], cle=cle, question=question)


def tell_refusal(question: Question) -> list:
    """To who asked, alone."""
    return mail.send("question_ecartee", question.auteur or [], cle=f"question:{question.pk}:refus", question=question)

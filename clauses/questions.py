"""Questions of a consultation that the facilitator of its clause answers: those on the clause, and no others."""

from django.db.models import Q

from clauses.models import ClauseSociale, Facilitateur
from clauses.notifications.destinataires import du_facilitateur
from marches.enums import SujetQuestion
from marches.models import Question
from marches.notifications.questions import lecteurs


def questions_of(acteur):
    """On the lots whose clause this `Acteur` follows, or on all the lots of such a contract."""
    lots = ClauseSociale.objects.followed_by(acteur).order_by().values("lot")
    marches = ClauseSociale.objects.followed_by(acteur).order_by().values("lot__marche")
    meant = Q(lot__in=lots) | Q(lot=None, marche__in=marches)
    rows = Question.objects.filter(meant, sujet=SujetQuestion.CLAUSE, marche__publie=True)
    return rows.select_related("marche__acheteur__organisation", "lot")


@lecteurs
def facilitators(question: Question) -> list:
    """The teams that follow the clause a question is about; two queries and one for each team."""
    if question.sujet != SujetQuestion.CLAUSE:
        return []
    clauses = ClauseSociale.objects.filter(lot__marche=question.marche_id)
    if question.lot_id:
        clauses = clauses.filter(lot=question.lot_id)
    bodies = Facilitateur.objects.filter(pk__in=clauses.order_by().values("facilitateur"))
    return [user for body in bodies for user in du_facilitateur(body)]

"""Questions put during a consultation: until when one may ask, until when one may answer, everybody alike."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from marches.parametres import dire, seuil
from portal.templatetags.formats import jour
from portal.verdict import Verdict

EGALITE = "Chaque question et sa réponse sont publiées à l'identique pour tous, sans le nom de qui l'a posée."
EGALITE_SOURCE = "Code de la commande publique, L. 3 (égalité de traitement et transparence)"


@dataclass(frozen=True)
class Delais:
    """Last days to ask and to answer, included, and the moment when offers close."""

    question: date
    reponse: date
    limite: datetime
    lancement: date
    adaptee: bool = False


def delais(
    limite: datetime, lancement: date | None, *, jusqu_au: date | None = None, urgence: bool = False, adaptee=False
) -> Delais:
    """Days counted back from the deadline: answers six days before (four in urgency), questions ten days before.

    `jusqu_au` is the buyer's own last day to ask, never after the last day to answer. `lancement` dates the
    parameters, the day of the deadline when it is unknown.
    Source: Code de la commande publique, R. 2132-6 (formal procedures); the ten days are a usage.
    """
    last = timezone.localtime(limite).date()
    on = lancement or last
    answers = last - timedelta(days=int(seuil("reponses_jours_urgence" if urgence else "reponses_jours", on)))
    asked = jusqu_au or last - timedelta(days=int(seuil("questions_jours", on)))
    return Delais(min(asked, answers), answers, limite, on, adaptee)


def peut_demander(given: Delais, now: datetime) -> Verdict:
    """Whether a question may still be put at the moment `now`.

    Source: Code de la commande publique, R. 2132-6 (« demande en temps utile »).
    """
    if timezone.localtime(now).date() <= given.question:
        return Verdict.ok()
    return dire(
        "questions_closes", given.lancement, f"Les questions sont closes depuis le {jour(given.question)} au soir."
    )


def peut_repondre(given: Delais, now: datetime) -> Verdict:
    """Whether an answer may still be published at `now`: in time, late with what it entails, or no more.

    Source: Code de la commande publique, L. 3, R. 2132-6; R. 2151-4 (the deadline is put off when an answer asked in
    time comes late); R. 2151-1 (adapted procedures: a time suited to the contract).
    """
    if now > given.limite:
        return dire(
            "reponse_close", given.lancement,
            f"Les offres sont closes depuis le {jour(given.limite)}\u00a0: une réponse n'éclairerait plus personne.",
        )  # fmt: skip
    if timezone.localtime(now).date() <= given.reponse:
        return Verdict.ok()
    remede = (
        "Si la réponse est nécessaire pour faire une offre, prolongez le délai de remise et publiez un rectificatif."
    )
    last = f"Le dernier jour pour répondre à tous à temps était le {jour(given.reponse)}."
    return dire("reponse_tardive_adaptee" if given.adaptee else "reponse_tardive", given.lancement, last, remede=remede)

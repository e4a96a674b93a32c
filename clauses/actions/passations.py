"""A clause handed over by one facilitator's body to another, and the opening balance of the one who arrives midway.

What goes along: the clause with its months, gaps, meetings and tasks, which open to whoever follows it; and the people
counted on it alone. People also counted on another clause of the giving body stay with it: their file is one, and the
other body sees of them what the months say. The giving body no longer opens the clause; the reports it has signed are
frozen and stay its own.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from clauses.accords import conventions_for
from clauses.actions.clauses import _save_with_history, declarants
from clauses.models import ClauseSociale, Facilitateur, Participant, Passation, RepriseHeures
from clauses.notifications import passations as notifications
from portal.permissions import Acteur


@transaction.atomic
def proposer(clause: ClauseSociale, *, vers: Facilitateur, motif: str, by: Acteur) -> Passation:
    """Offer a clause to another body; nothing changes until it answers."""
    locked = ClauseSociale.objects.select_for_update().get(pk=clause.pk)
    if locked.facilitateur_id == vers.pk:
        raise ValidationError("Cet organisme suit déjà la clause.")
    if locked.ecarts.exclude(etape="clos").exists():
        raise ValidationError("Un écart est en cours sur cette clause\u00a0: menez-le à son terme avant de la confier.")
    passation = Passation(clause=locked, de=locked.facilitateur, vers=vers, motif=motif, proposee_par=by.user)
    passation.full_clean(exclude=["repondue_par"])
    passation.save()
    notifications.offered(passation)
    return passation


@transaction.atomic
def repondre(passation: Passation, *, acceptee: bool, reponse: str, by: Acteur) -> Passation:
    """The answer of the body that receives; once. Accepted, the clause is its own from now on."""
    fresh = Passation.objects.select_for_update().get(pk=passation.pk)
    if fresh.acceptee is not None:
        raise ValidationError("Une réponse a déjà été donnée.")
    clause = ClauseSociale.objects.select_for_update().get(pk=fresh.clause_id)
    if clause.facilitateur_id != fresh.de_id:
        raise ValidationError("La clause n'est plus suivie par l'organisme qui la confiait.")
    if not acceptee and not reponse:
        raise ValidationError("Dites pourquoi vous refusez\u00a0: l'autre organisme saura quoi faire.")
    fresh.acceptee, fresh.reponse = acceptee, reponse
    fresh.repondue_le, fresh.repondue_par = timezone.now(), by.user
    fresh.save()
    if acceptee:
        followed_here_alone(clause, fresh.de).update(facilitateur=fresh.vers)
        agreed = conventions_for(fresh.vers, clause.lot.marche.acheteur).in_force(timezone.localdate())
        clause.facilitateur, clause.convention = fresh.vers, agreed.first()  # the former was the other body's
        _save_with_history(clause, by, "passation")
        notifications.announced(fresh, declarants(clause))
    notifications.answered(fresh)
    return fresh


@transaction.atomic
def retirer(passation: Passation) -> None:
    """The body that offered thinks better of it, before any answer."""
    fresh = Passation.objects.select_for_update().get(pk=passation.pk)
    if fresh.acceptee is not None:
        raise ValidationError("Une réponse a déjà été donnée.")
    fresh.delete()


def followed_here_alone(clause: ClauseSociale, facilitateur: Facilitateur):
    """People of this body counted on this clause and on no other that it follows."""
    others = ClauseSociale.objects.filter(facilitateur=facilitateur).exclude(pk=clause.pk)
    counted = "affectations__lignes__imputations__clause"
    elsewhere = Participant.objects.filter(**{f"{counted}__in": others})
    here = Participant.objects.filter(**{counted: clause}, facilitateur=facilitateur)
    return Participant.objects.filter(pk__in=here.values("pk")).exclude(pk__in=elsewhere.values("pk"))


@transaction.atomic
def reprendre(clause: ClauseSociale, *, on: date, by: Acteur, **fields) -> RepriseHeures:
    """Hours done before the portal knew the clause, their proof seen: they count as accepted from `arretee_au` on."""
    ClauseSociale.objects.select_for_update().get(pk=clause.pk)
    reprise = RepriseHeures(clause=clause, par=by.user, **fields)
    if not clause.date_debut <= reprise.arretee_au <= min(on, clause.date_fin):
        raise ValidationError(
            {"arretee_au": "Les heures s'arrêtent à un jour passé, entre le début et la fin de la clause."}
        )
    if not reprise.arretee_au <= reprise.justificatif_vu_le <= on:
        raise ValidationError({"justificatif_vu_le": "Écrivez un jour entre la date d'arrêté et aujourd'hui."})
    if clause.reprises.filter(organisation__isnull=reprise.organisation_id is not None).exists():
        raise ValidationError(
            {"organisation": "Une reprise vaut pour l'ensemble du lot ou pour chaque entreprise, jamais les deux."}
        )
    earlier = clause.imputations.filter(ligne__du__lte=reprise.arretee_au, etat__in=["transmise", "acceptee"])
    if reprise.organisation_id:
        earlier = earlier.filter(declaration__organisation=reprise.organisation_id)
    if earlier.exists():
        raise ValidationError(
            {"arretee_au": "Des heures sont déjà déclarées ici avant ce jour\u00a0: elles compteraient deux fois."}
        )
    reprise.full_clean(exclude=["par"])
    reprise.save()
    _save_with_history(clause, by, "reprise")
    return reprise

"""Questions put to the buyer of the demonstration on its open calls: answered, waiting, set aside, closed."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from clauses.enums import TypeClause
from clauses.models import ClauseSociale, HeuresDues
from marches.enums import EtatQuestion, MotifEcart, SujetQuestion
from marches.models import Lot, Marche, Question, SuiviQuestions
from portal.models import User
from structures.models import Organisation

S = SujetQuestion
# title of the call; number of the lot, subject, days since it was asked, who asked, question, answer
FILS = [
    ("Réfection des sols des collèges", [
        ("1", S.CLAUSE, 9, "structure", "Les heures de formation au poste comptent-elles dans les 260 heures\u00a0?",
         "Oui, dans la limite d'un quart des heures, si la formation a lieu pendant le contrat et prépare au métier de "
         "solier. Gardez l'attestation du centre\u00a0: le facilitateur la demandera."),
        ("1", S.PRESTATION, 7, "entreprise", "Les collèges sont-ils vidés de leur mobilier avant les travaux\u00a0?",
         "Oui. Les agents du collège dégagent chaque salle la veille\u00a0; les armoires fixées restent en place."),
        ("2", S.PROCEDURE, 3, "structure", "Un ESAT et une EA peuvent-ils répondre ensemble\u00a0?", ""),
        ("1", S.CLAUSE, 2, "entreprise",
         "Une personne déjà salariée de notre entreprise pour une autre clause peut-elle être comptée\u00a0?", ""),
    ]),
    ("Entretien des espaces verts des collèges", [
        ("2", S.CLAUSE, 10, "structure", "Le lot est réservé aux deux secteurs\u00a0: une association "
         "intermédiaire seule peut-elle répondre\u00a0?",
         "Oui pour la main-d'œuvre, en prêtant des personnes\u00a0; le Département fournit le matériel de ce lot. "
         "Vous pouvez aussi répondre en groupement."),
    ]),
]  # fmt: skip
ECARTEE = "Quel prix l'offre retenue l'an dernier demandait-elle au mètre carré\u00a0?"
HEURES = 260


def load(people: dict[str, Organisation], today: date) -> int:
    """Ask and answer on the open calls of the buyer; number of questions."""
    by_role = {role: User.objects.get(email=f"{role}@demo.invalid") for role in ("structure", "entreprise", "acheteur")}
    made = 0
    for title, rows in FILS:
        marche = Marche.objects.get(objet=title, avis__fictif=True)
        lots = {lot.identifiant or lot.numero: lot for lot in marche.lots.all()}
        for number, sujet, days, role, texte, reponse in rows:
            lot = lots.get(number) or next(row for row in lots.values() if row.numero == number)
            question = _asked(marche, lot, sujet, texte, people[role], by_role[role], _at(today, days))
            if reponse:
                question.etat, question.texte_publie, question.reponse = EtatQuestion.PUBLIEE, texte, reponse
                question.repondue_le, question.par = _at(today, days - 1), by_role["acheteur"]
                question.save()
            made += 1
    marche = Marche.objects.get(objet=FILS[0][0], avis__fictif=True)
    aside = _asked(marche, None, S.AUTRE, ECARTEE, people["entreprise"], by_role["entreprise"], _at(today, 6))
    aside.etat, aside.motif, aside.ecartee_le = EtatQuestion.ECARTEE, MotifEcart.SECRET, _at(today, 5)
    aside.par = by_role["acheteur"]
    aside.save()
    _clause(marche, people, today)
    return made + 1


def _asked(marche, lot: Lot | None, sujet, texte: str, body: Organisation, user: User, moment: datetime) -> Question:
    question = Question.objects.create(
        marche=marche, lot=lot, sujet=sujet, texte=texte, organisation=body, auteur=user
    )  # fmt: skip
    Question.objects.filter(pk=question.pk).update(posee_le=moment)
    question.posee_le = moment
    SuiviQuestions.objects.get_or_create(marche=marche, user=user)
    return question


def _clause(marche: Marche, people: dict[str, Organisation], today: date) -> None:
    """The clause of the first lot, followed from the consultation on by the facilitator of the demonstration."""
    lot = marche.lots.order_by("numero", "pk").first()
    start = today + timedelta(days=120)
    clause = ClauseSociale(
        lot=lot, type=TypeClause.CONDITION, facilitateur=people["facilitateur"].facilitateur, date_debut=start,
        date_fin=start + timedelta(days=364), fictive=True,
    )  # fmt: skip
    clause.save_without_historical_record()
    HeuresDues.objects.create(clause=clause, date_effet=today, heures=HEURES)


def _at(today: date, days: int) -> datetime:
    return timezone.make_aware(datetime.combine(today - timedelta(days=days), time(10, 30)))

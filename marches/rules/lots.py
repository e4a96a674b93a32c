"""What the law asks of a reserved lot itself: mention, ESS, prisons, insertion as an object."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from marches.enums import GenreAcheteur, NatureContrat, Reservation
from marches.parametres import dire, seuil
from marches.rules.bases import source_of
from marches.rules.candidats import Besoin
from marches.rules.dates import add_months
from portal.verdict import Verdict

MENTION_REDIGEE = date(2022, 12, 30)  # R. 2113-7 reworded: the decision to reserve, no longer the article
ORDONNANCE = date(2016, 4, 1)
# Who may hold a competence in insertion; every member has a row: a test says so. None: nobody knows.
COMPETENCE_INSERTION: dict[GenreAcheteur, bool | None] = {
    GenreAcheteur.LOCAL: True,
    GenreAcheteur.ETAT: False,
    GenreAcheteur.RESEAUX: False,
    GenreAcheteur.BAILLEUR: False,
    GenreAcheteur.HOPITAL: False,
    GenreAcheteur.PRIVE: False,
    GenreAcheteur.INCONNU: None,
}


@dataclass(frozen=True)
class Attribution:
    """A lot awarded under the ESS reservation: to which operator, by which buyer (SIREN both), when."""

    titulaire: str
    acheteur: str
    le: date


def reservation_possible(besoin: Besoin, on: date) -> Verdict:
    """Before the ordonnance of 2015 only the disability sector could be reserved.

    Source: Code des marchés publics of 2006, art. 15; the day on which the ordonnance applied is to be checked.
    """
    if not besoin.est_reserve or besoin.reservation not in {Reservation.INSERTION, Reservation.ESS}:
        return Verdict.ok()
    return dire(
        "insertion_avant_2016", on,
        "Avant l'ordonnance de 2015, seul le secteur du handicap pouvait bénéficier d'un marché réservé.",
        remede="Vérifiez la date de lancement, ou s'il s'agissait d'un marché d'insertion (article 30).",
    )  # fmt: skip


def mention(mentionnee: bool | None, besoin: Besoin, on: date) -> Verdict:
    """Whether the notice, or else the documents, say that the lot is reserved.

    `mentionnee`: what the published notice says, None when no notice is known. Until 29/12/2022 they had to name
    L. 2113-12 or L. 2113-13; since, the decision to reserve. Sources: R. 2113-7, R. 2113-8 (ESS), R. 3113-1
    (concessions), R. 2313-3 (defence).
    """
    if not besoin.est_reserve or mentionnee:
        return Verdict.ok()
    articles = {
        NatureContrat.CONCESSION: "R. 3113-1", NatureContrat.DEFENSE: "R. 2313-3",
    }  # fmt: skip
    article = "R. 2113-8" if besoin.reservation == Reservation.ESS else articles.get(besoin.nature, "R. 2113-7")
    by_article = (
        on < MENTION_REDIGEE or besoin.reservation == Reservation.ESS or besoin.nature == NatureContrat.DEFENSE
    ) and besoin.nature != NatureContrat.CONCESSION
    base = source_of(besoin.reservation, on, besoin.nature).removeprefix("Code de la commande publique, ")
    base = "L. 2113-12" if besoin.nature == NatureContrat.DEFENSE else base
    what = f"l'article qui fonde la réservation ({base})" if by_article else "la décision de réserver"
    source = f"Code de la commande publique, {article}"
    if mentionnee is False:
        return dire(
            "mention_absente", on, f"L'avis ou les documents ne mentionnent pas {what}.", source=source,
            remede="Publiez un rectificatif avant la date limite, avec un délai suffisant.",
        )  # fmt: skip
    return dire(
        "mention_inconnue", on, f"Aucun avis n'est connu ici\u00a0: vérifiez qu'il mentionne {what}.", source=source,
        remede="Lisez l'avis publié\u00a0; l'acheteur peut noter sur la fiche du marché que la réservation y figure.",
    )  # fmt: skip


def part_penitentiaire(besoin: Besoin, on: date) -> Verdict:
    """From 21/10/2022 to 29/12/2022 no share was set for prison reservations. Source: R. 2113-7, R. 3113-1."""
    if besoin.reservation != Reservation.PENITENTIAIRE or not besoin.est_reserve:
        return Verdict.ok()
    return dire(
        "penitentiaire_part", on,
        "Aucune part minimale de personnes détenues n'était encore fixée au lancement.",
        remede="Depuis le 30 décembre 2022, il en faut 50\u00a0% au moins.",
    )  # fmt: skip


def penitentiaire_seule(besoin: Besoin, on: date) -> Verdict:
    """A prison reservation is not combined with the two others, unless the operators meet its conditions too.

    Source: L. 2113-14, second paragraph.
    """
    if besoin.reservation != Reservation.PENITENTIAIRE or besoin.nature != NatureContrat.MARCHE:
        return Verdict.ok()
    return dire(
        "penitentiaire_seule", on,
        "La réservation pénitentiaire ne se combine pas avec celles du handicap et de l'insertion.",
        remede="Pour ouvrir aussi le besoin à ces secteurs, faites des lots distincts.",
    )  # fmt: skip


def services_ess(besoin: Besoin, on: date) -> Verdict:
    """Whether all of a lot reserved to ESS is made of listed services. Source: L. 2113-15."""
    if besoin.reservation != Reservation.ESS or besoin.nature not in _CONTRACTS:
        return Verdict.ok()
    if besoin.services_sociaux is None:
        return dire(
            "ess_services_inconnus", on,
            "Réservation ESS\u00a0: on ne sait pas si tout le lot porte sur des services de la liste.",
            remede="Indiquez-le\u00a0: services de santé, sociaux, culturels et autres de l'annexe du code.",
        )  # fmt: skip
    if besoin.services_sociaux:
        return Verdict.ok()
    return dire(
        "ess_services", on, "Réservation ESS impossible\u00a0: le lot ne porte pas que sur des services de la liste.",
        remede="Séparez ces services dans un lot à part, ou choisissez une autre réservation.",
    )  # fmt: skip


def duree_ess(duree_mois: int | None, besoin: Besoin, on: date) -> Verdict:
    """Whether a lot reserved to ESS lasts three years at most. `duree_mois` counts the renewals. Source: L. 2113-16."""
    if besoin.reservation != Reservation.ESS or besoin.nature not in _CONTRACTS:
        return Verdict.ok()
    if duree_mois is None:
        return dire(
            "ess_duree_inconnue", on, "Réservation ESS\u00a0: la durée n'est pas connue\u00a0; trois ans au plus.",
            remede="Indiquez la durée et les reconductions.",
        )  # fmt: skip
    longest = seuil("ess_mois", on)
    if duree_mois <= longest:
        return Verdict.ok()
    return dire(
        "ess_duree", on,
        f"Réservation ESS\u00a0: {duree_mois} mois avec les reconductions, pour {longest:.0f} mois au plus.",
        remede="Raccourcissez le marché ou retirez des reconductions.",
    )  # fmt: skip


def repetition_ess(titulaire: str, acheteur: str, passees: Iterable[Attribution], besoin: Besoin, on: date) -> Verdict:
    """Whether an operator was already awarded a lot under the ESS reservation less than three years before `on`.

    SIREN compared. By the same buyer it may not be awarded another; by another buyer the text does not say: a warning.
    Source: L. 2113-16.
    """
    if besoin.reservation != Reservation.ESS or besoin.nature not in _CONTRACTS or not titulaire:
        return Verdict.ok()
    months = int(seuil("ess_delai_mois", on))
    recent = [
        each for each in passees
        if each.titulaire == titulaire and each.le <= on < add_months(each.le, months)
    ]  # fmt: skip
    same = [each.le for each in recent if each.acheteur and each.acheteur == acheteur]
    if same:
        last = max(same)
        return dire(
            "ess_repetition", on,
            f"Ce titulaire a déjà reçu de cet acheteur un lot réservé à l'ESS, le {last:%d/%m/%Y}\u00a0: moins de "
            "trois ans.",
            remede=f"Il peut de nouveau en recevoir un à partir du {add_months(last, months):%d/%m/%Y}.",
        )  # fmt: skip
    if recent:
        last = max(each.le for each in recent)
        return dire(
            "ess_repetition_autre", on,
            f"Ce titulaire a reçu d'un autre acheteur un lot réservé à l'ESS, le {last:%d/%m/%Y}\u00a0: moins de "
            "trois ans.",
            remede="Le texte ne dit pas si la règle vaut entre acheteurs\u00a0: vérifiez avant d'attribuer.",
        )  # fmt: skip
    return Verdict.ok()


def acheteur_ess(genre: GenreAcheteur, besoin: Besoin, on: date) -> Verdict:
    """Only « pouvoirs adjudicateurs » may reserve to ESS. Source: L. 2113-15.

    A public undertaking that is only an « entité adjudicatrice » may not; a town that runs a network may: a warning.
    """
    if besoin.reservation != Reservation.ESS or genre != GenreAcheteur.RESEAUX or besoin.nature not in _CONTRACTS:
        return Verdict.ok()
    return dire(
        "ess_acheteur", on,
        "La réservation ESS n'est ouverte qu'aux pouvoirs adjudicateurs, non aux seules entités adjudicatrices.",
        remede="Vérifiez que cet opérateur de réseaux est aussi un pouvoir adjudicateur.",
    )  # fmt: skip


def acheteur_insertion(genre: GenreAcheteur, marche_insertion: bool, on: date) -> Verdict:
    """Whether a buyer of this kind may hold the competence in insertion that such a contract rests on.

    Source: R. 2123-1, 3° (social services), formerly article 30 of the CMP; départements, EPCI and some public bodies.
    """
    known = COMPETENCE_INSERTION[genre]
    if not marche_insertion or known:
        return Verdict.ok()
    if known is None:
        return dire(
            "insertion_acheteur_inconnu", on, "Marché d'insertion\u00a0: le genre de l'acheteur n'est pas connu.",
            remede="Vérifiez que l'acheteur a compétence en insertion.",
        )  # fmt: skip
    return dire(
        "insertion_acheteur", on, "Marché d'insertion\u00a0: un acheteur de ce genre n'a pas d'ordinaire compétence en "
        "insertion.",
        remede="Notez le texte qui lui donne cette compétence, ou passez une clause d'insertion.",
    )  # fmt: skip


_CONTRACTS = frozenset({NatureContrat.MARCHE, NatureContrat.PARTENARIAT})

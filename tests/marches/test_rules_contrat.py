"""Golden legal cases: the contract itself: reservation, procedure, lots, length, condition, execution."""

from datetime import date

import pytest

from marches.enums import (
    MotifDispense,
    MotifNonAllotissement,
)
from marches.rules import LotEstime, Valeur, allotissement, conditions, execution, lots, place_petits_lots
from marches.rules import reservations as r
from marches.rules import seuils as s
from marches.rules.lots import Attribution
from portal.verdict import worst
from tests.marches.cas_juridiques import (
    BLOCK,
    CONCESSION,
    DEFENSE,
    DEPUIS_ASAP,
    EN_2018,
    EN_2021,
    EN_2023,
    EN_2026,
    ESS,
    ETAT,
    FORMALISEE,
    FOURNITURES,
    HANDICAP,
    HOPITAL,
    INCONNU,
    INFO,
    INSERTION,
    JOUR,
    LES_DEUX,
    LOCAL,
    MAPA,
    MARCHE,
    OK,
    PARTENARIAT,
    PRISON,
    PRIVE,
    RESEAUX,
    SERVICES,
    TRAVAUX,
    VEILLE,
    WARN,
    Cas,
    besoin,
    euro,
    qui,
)  # fmt: skip


def petits(*values, type=SERVICES, formal=True, others=(500_000, 500_000), on=EN_2026):
    rows = [LotEstime(f"Lot {rank}", None if value is None else euro(value), True) for rank, value in enumerate(values)]
    rows += [LotEstime("Autre", euro(value)) for value in others]
    return worst(allotissement.petits_lots(rows, type, formal, on))


def condition(amount, on=JOUR, clause=False, motif="", type=SERVICES, genre=LOCAL, nature=MARCHE, sociaux=False, **kw):
    value = amount if isinstance(amount, Valeur) else Valeur(None if amount is None else euro(amount), **kw)
    return conditions.condition_sociale(clause, motif, value, type, genre, nature, sociaux, on)


def dispense(motif, texte="Raison", type=SERVICES, months=None, nature=MARCHE, on=JOUR):
    return conditions.dispense_admise(motif, texte, type, months, nature, on)


def cadre(months, why="", genre=LOCAL, nature=MARCHE, framework=True, on=EN_2026):
    return execution.duree_accord_cadre(framework, months, why, genre, nature, on)


def ess(**given):
    return besoin(ESS, **{"type": SERVICES, "services_sociaux": True} | given)


def repetition(day, on=EN_2026, buyer="B1"):
    return lots.repetition_ess("T1", "B1", [Attribution("T1", buyer, day)], ess(), on)


def direct(amount, nature=MARCHE, type=SERVICES, whole=None, asked=None):
    return execution.paiement_direct(
        None if amount is None else euro(amount), asked, nature, type, euro(whole) if whole else None, EN_2026
    )


def publication(notified, published, amount=50_000, today=date(2026, 11, 26), nature=MARCHE):
    return execution.publication_des_donnees(notified, published, euro(amount), nature, today)


TRAVAUX_COURTS, SOLUTION, LIEN, CONCURRENCE = (
    MotifDispense.TRAVAUX_COURTS, MotifDispense.SOLUTION, MotifDispense.LIEN, MotifDispense.CONCURRENCE,
)  # fmt: skip
INFRUCTUOSITE, COORDINATION = MotifNonAllotissement.INFRUCTUOSITE, MotifNonAllotissement.COORDINATION


def sous_traite(parts, lot, on=EN_2026):
    amounts = [None if part is None else euro(part) for part in parts]
    return execution.sous_traitance_partielle(amounts, None if lot is None else euro(lot), on)


CAS = [
    # The reservation itself
    Cas("L. 2113-14", "deux secteurs depuis la loi ASAP", lambda: r.reservation_licite(LES_DEUX, DEPUIS_ASAP), OK),
    Cas("art. 36", "deux secteurs sous l'ordonnance", lambda: r.reservation_licite(LES_DEUX, EN_2018), BLOCK,
        "lots distincts"),
    Cas("L. 3113-3", "deux secteurs, concession", lambda: r.reservation_licite(LES_DEUX, EN_2026, CONCESSION), BLOCK,
        "concession"),
    Cas("L. 3113-1", "ESS, concession", lambda: r.reservation_licite(ESS, EN_2026, CONCESSION), BLOCK, "concession"),
    Cas("L. 2313-6", "insertion, défense", lambda: r.reservation_licite(INSERTION, EN_2026, DEFENSE), BLOCK, "défense"),
    Cas("L. 2113-14", "deux secteurs, partenariat", lambda: r.reservation_licite(LES_DEUX, EN_2026, PARTENARIAT), OK),
    Cas("", "deux secteurs, privé en 2018", lambda: r.reservation_licite(LES_DEUX, EN_2018, PRIVE), OK),
    Cas("art. 15", "insertion la veille de l'ordonnance", lambda: lots.reservation_possible(
        besoin(INSERTION), date(2016, 3, 31)), WARN, "seul le secteur du handicap"),
    Cas("art. 36", "insertion le jour de l'ordonnance", lambda: lots.reservation_possible(
        besoin(INSERTION), date(2016, 4, 1)), OK),
    Cas("art. 15", "ESS sous le code de 2006", lambda: lots.reservation_possible(besoin(ESS), date(2015, 1, 1)), WARN),
    Cas("art. 15", "handicap sous le code de 2006", lambda: lots.reservation_possible(
        besoin(HANDICAP), date(2015, 1, 1)), OK),
    Cas("R. 2113-7", "prison sans part fixée", lambda: lots.part_penitentiaire(besoin(PRISON), date(2022, 12, 29)),
        INFO, "fixée"),
    Cas("R. 2113-7", "prison, part fixée", lambda: lots.part_penitentiaire(besoin(PRISON), date(2022, 12, 30)), OK),
    Cas("L. 2113-14", "prison, jamais combinée", lambda: lots.penitentiaire_seule(besoin(PRISON), EN_2023), INFO,
        "ne se combine pas"),
    # Mention in the notice
    Cas("R. 2113-7", "avis muet en 2021", lambda: lots.mention(False, besoin(INSERTION), EN_2021), BLOCK,
        "l'article qui fonde la réservation (L. 2113-13)"),
    Cas("R. 2113-7", "avis muet la veille", lambda: lots.mention(False, besoin(HANDICAP), date(2022, 12, 29)), BLOCK,
        "L. 2113-12"),
    Cas("R. 2113-7", "avis muet, nouvelle rédaction", lambda: lots.mention(False, besoin(HANDICAP), date(2022, 12, 30)),
        BLOCK, "la décision de réserver"),
    Cas("R. 2113-7", "aucun avis connu", lambda: lots.mention(None, besoin(INSERTION), EN_2026), WARN, "Aucun avis"),
    Cas("R. 2113-7", "réservation mentionnée", lambda: lots.mention(True, besoin(INSERTION), EN_2026), OK),
    Cas("R. 2113-8", "avis muet, ESS", lambda: lots.mention(False, ess(), EN_2026), BLOCK, "L. 2113-15"),
    Cas("R. 3113-1", "avis muet, concession", lambda: lots.mention(False, besoin(INSERTION, nature=CONCESSION),
        EN_2021), BLOCK, "la décision de réserver"),
    Cas("R. 2313-3", "avis muet, défense", lambda: lots.mention(False, besoin(HANDICAP, nature=DEFENSE), EN_2026),
        BLOCK, "L. 2113-12"),
    Cas("", "lot ouvert", lambda: lots.mention(False, besoin(), EN_2026), OK),
    Cas("", "contrat privé", lambda: lots.mention(False, besoin(INSERTION, nature=PRIVE), EN_2026), OK),
    # ESS
    Cas("L. 2113-15", "ESS, services de la liste", lambda: lots.services_ess(ess(), EN_2026), OK),
    Cas("L. 2113-15", "ESS, autres services", lambda: lots.services_ess(ess(services_sociaux=False), EN_2026), BLOCK,
        "de la liste"),
    Cas("L. 2113-15", "ESS, services inconnus", lambda: lots.services_ess(ess(services_sociaux=None), EN_2026), WARN),
    Cas("L. 2113-16", "ESS, 36 mois", lambda: lots.duree_ess(36, ess(), EN_2026), OK),
    Cas("L. 2113-16", "ESS, 37 mois", lambda: lots.duree_ess(37, ess(), EN_2026), BLOCK, "37 mois"),
    Cas("L. 2113-16", "ESS, durée inconnue", lambda: lots.duree_ess(None, ess(), EN_2026), INFO, "trois ans"),
    Cas("L. 2113-16", "48 mois, autre réservation", lambda: lots.duree_ess(48, besoin(INSERTION), EN_2026), OK),
    Cas("L. 2113-16", "ESS, même acheteur, trois ans moins un jour", lambda: repetition(date(2023, 6, 2)), BLOCK,
        "02/06/2026"),
    Cas("L. 2113-16", "ESS, même acheteur, trois ans", lambda: repetition(date(2023, 6, 1)), OK),
    Cas("L. 2113-16", "ESS, autre acheteur", lambda: repetition(date(2025, 6, 1), buyer="B2"), WARN, "autre acheteur"),
    Cas("L. 2113-16", "ESS, attribution à venir", lambda: repetition(date(2026, 7, 1)), OK),
    Cas("L. 2113-15", "ESS, opérateur de réseaux", lambda: lots.acheteur_ess(RESEAUX, ess(), EN_2026), WARN,
        "pouvoir adjudicateur"),
    Cas("L. 2113-15", "ESS, commune", lambda: lots.acheteur_ess(LOCAL, ess(), EN_2026), OK),
    # Insertion as the object
    Cas("R. 2123-1, 3°", "marché d'insertion, département", lambda: lots.acheteur_insertion(LOCAL, True, EN_2026), OK),
    Cas("R. 2123-1, 3°", "marché d'insertion, hôpital", lambda: lots.acheteur_insertion(HOPITAL, True, EN_2026), WARN,
        "compétence"),
    Cas("R. 2123-1, 3°", "marché d'insertion, acheteur inconnu", lambda: lots.acheteur_insertion(
        INCONNU, True, EN_2026), INFO, "pas connu"),
    Cas("R. 2123-1, 3°", "marché ordinaire, hôpital", lambda: lots.acheteur_insertion(HOPITAL, False, EN_2026), OK),
    # Procedure
    Cas("L. 2124-1", "adaptée au-dessus du seuil", lambda: s.procedure_annoncee(
        "Procédure adaptée", FORMALISEE, False, EN_2026), WARN, "seuil européen"),
    Cas("L. 2124-1", "adaptée sous le seuil", lambda: s.procedure_annoncee("Procédure adaptée", MAPA, False, EN_2026),
        OK),
    Cas("L. 2124-1", "appel d'offres au-dessus", lambda: s.procedure_annoncee(
        "Appel d'offres ouvert", FORMALISEE, False, EN_2026), OK),
    Cas("R. 2123-1", "petits lots en procédure adaptée", lambda: s.procedure_annoncee(
        "Procédure adaptée", FORMALISEE, True, EN_2026), OK),
    Cas("L. 2124-1", "régime dit en mots", lambda: s.dire_regime(SERVICES, LOCAL, Valeur(euro(216_000)), EN_2026), INFO,
        "formalisée"),
    Cas("L. 2124-1", "petits lots d'une opération", lambda: s.dire_regime(SERVICES, LOCAL, Valeur(euro(216_000)),
        EN_2026, petits_lots=True), INFO, "pour l'opération entière"),
    Cas("L. 2123-1", "petits lots sous le seuil", lambda: s.dire_regime(SERVICES, LOCAL, Valeur(euro(100_000)), EN_2026,
        petits_lots=True), INFO, "Procédure adaptée\u00a0: 100"),
    Cas("R. 2121-1", "régime inconnu", lambda: s.dire_regime(SERVICES, LOCAL, Valeur(), EN_2026), INFO, "manque"),
    Cas("R. 2131-12", "publicité à 90 000 €", lambda: s.publicite(Valeur(euro(90_000)), LOCAL, MARCHE, EN_2026), INFO,
        "BOAMP"),
    Cas("R. 2131-12", "publicité à 89 999 €", lambda: s.publicite(Valeur(euro(89_999)), LOCAL, MARCHE, EN_2026), OK),
    Cas("R. 2131-12", "publicité, réseaux", lambda: s.publicite(Valeur(euro(90_000)), RESEAUX, MARCHE, EN_2026), OK),
    Cas("R. 2121-8", "sans maximum, 2021", lambda: s.maximum_indique(True, None, MARCHE, date(2021, 12, 31)), INFO,
        "réputée"),
    Cas("R. 2162-4", "sans maximum, 2022", lambda: s.maximum_indique(True, None, MARCHE, date(2022, 1, 1)), BLOCK,
        "maximum"),
    Cas("R. 2162-4", "avec maximum", lambda: s.maximum_indique(True, euro(1), MARCHE, EN_2026), OK),
    Cas("R. 2162-4", "marché ordinaire", lambda: s.maximum_indique(False, None, MARCHE, EN_2026), OK),
    Cas("R. 2121-1", "annonce sous la somme", lambda: s.valeur_coherente(euro(99), [euro(50), euro(50)], EN_2026), WARN,
        "tous les lots"),
    Cas("R. 2121-1", "annonce égale à la somme", lambda: s.valeur_coherente(euro(100), [euro(50), euro(50)], EN_2026),
        OK),
    # Small lots
    Cas("R. 2123-1, 2°", "79 999 €", lambda: petits(79_999), OK),
    Cas("R. 2123-1, 2°", "80 000 €", lambda: petits(80_000), BLOCK, "moins de"),
    Cas("R. 2123-1, 2°", "travaux, 999 999 €", lambda: petits(999_999, type=TRAVAUX, others=(9_000_000,)), OK),
    Cas("R. 2123-1, 2°", "travaux, 1 000 000 €", lambda: petits(1_000_000, type=TRAVAUX, others=(9_000_000,)), BLOCK),
    Cas("R. 2123-1, 2°", "20 % tout juste", lambda: petits(75_000, 75_000, others=(600_000,)), OK),
    Cas("R. 2123-1, 2°", "plus de 20 %", lambda: petits(75_001, 75_000, others=(600_000,)), BLOCK, "20\u00a0%"),
    Cas("R. 2123-1, 2°", "montant inconnu", lambda: petits(None, 1_000), WARN, "inconnue"),
    Cas("R. 2123-1, 2°", "sous le seuil", lambda: petits(1_000, formal=False), INFO, "déjà"),
    Cas("R. 2123-1, 2°", "aucun petit lot", lambda: petits(), OK),
    # Allotment
    Cas("L. 2113-11", "prestations distinctes sans motif", lambda: allotissement.lot_unique(
        1, True, "", MARCHE, EN_2026), BLOCK, "lots"),
    Cas("L. 2113-11", "prestations distinctes, motif", lambda: allotissement.lot_unique(
        1, True, COORDINATION, MARCHE, EN_2026), OK),
    Cas("L. 2113-11", "on ne sait pas", lambda: allotissement.lot_unique(1, None, "", MARCHE, EN_2026), WARN, "dites"),
    Cas("L. 2113-10", "deux lots", lambda: allotissement.lot_unique(2, True, "", MARCHE, EN_2026), OK),
    Cas("L. 2113-10", "concession", lambda: allotissement.lot_unique(1, True, "", CONCESSION, EN_2026), OK),
    Cas("L. 2113-11", "infructuosité, réseaux", lambda: allotissement.motif_admis(
        INFRUCTUOSITE, "Oui", RESEAUX, MARCHE, date(2023, 10, 25)), OK),
    Cas("L. 2113-11", "infructuosité, réseaux, la veille", lambda: allotissement.motif_admis(
        INFRUCTUOSITE, "Oui", RESEAUX, MARCHE, date(2023, 10, 24)), BLOCK, "25/10/2023"),
    Cas("L. 2113-11", "infructuosité, commune", lambda: allotissement.motif_admis(
        INFRUCTUOSITE, "Oui", LOCAL, MARCHE, EN_2026), BLOCK, "entités adjudicatrices"),
    Cas("L. 2113-11", "motif sans texte", lambda: allotissement.motif_admis(COORDINATION, " ", LOCAL, MARCHE, EN_2026),
        WARN, "par écrit"),
    Cas("L. 2113-11", "motif et texte", lambda: allotissement.motif_admis(COORDINATION, "Oui", LOCAL, MARCHE, EN_2026),
        OK),
    Cas("R. 2113-1", "trois lots pour deux permis", lambda: allotissement.lots_par_candidat(3, 2, EN_2026), BLOCK,
        "3 lots"),
    Cas("R. 2113-1", "deux lots pour deux permis", lambda: allotissement.lots_par_candidat(2, 2, EN_2026), OK),
    Cas("R. 2113-1", "trois lots attribués pour deux", lambda: allotissement.lots_par_titulaire(
        {"Jardins": 3}, 2, EN_2026), BLOCK, "Jardins"),
    Cas("R. 2113-1", "sans limite", lambda: allotissement.lots_par_titulaire({"Jardins": 9}, None, EN_2026), OK),
    # Length of frameworks, renewals
    Cas("L. 2125-1", "48 mois", lambda: cadre(48), OK),
    Cas("L. 2125-1", "49 mois", lambda: cadre(49), WARN, "48 mois"),
    Cas("L. 2125-1", "60 mois justifiés", lambda: cadre(60, "Amortissement"), INFO, "justification"),
    Cas("L. 2125-1", "réseaux, 96 mois", lambda: cadre(96, genre=RESEAUX), OK),
    Cas("L. 2125-1", "réseaux, 97 mois", lambda: cadre(97, genre=RESEAUX), WARN, "96 mois"),
    Cas("L. 2325-1", "défense, 84 mois", lambda: cadre(84, nature=DEFENSE), OK),
    Cas("L. 2325-1", "défense, 85 mois", lambda: cadre(85, nature=DEFENSE), WARN, "84 mois"),
    Cas("L. 2125-1", "marché ordinaire de 60 mois", lambda: cadre(60, framework=False), OK),
    Cas("R. 2112-4", "reconduction tacite", lambda: execution.reconduction_tacite(3, True, EN_2026), INFO, "refuser"),
    Cas("R. 2112-4", "reconduction expresse", lambda: execution.reconduction_tacite(3, False, EN_2026), OK),
    Cas("R. 2112-4", "aucune reconduction", lambda: execution.reconduction_tacite(0, True, EN_2026), OK),
    # Social condition
    Cas("L. 2112-2", "la veille : facultatif", lambda: condition(900_000, VEILLE), INFO, "facultative"),
    Cas("L. 2112-2-1", "le jour : obligatoire", lambda: condition(216_000), BLOCK, "obligatoire"),
    Cas("L. 2112-2", "le jour, sous le seuil", lambda: condition(215_999), INFO, "facultative"),
    Cas("L. 2112-2-1", "État, 140 000 €", lambda: condition(140_000, genre=ETAT), BLOCK, "obligatoire"),
    Cas("L. 2112-2-1", "travaux, 5 404 000 €", lambda: condition(5_404_000, type=TRAVAUX), BLOCK, "obligatoire"),
    Cas("L. 2112-2-1", "travaux, 5 403 999 €", lambda: condition(5_403_999, type=TRAVAUX), INFO, "facultative"),
    Cas("L. 2112-2-1", "avec une clause", lambda: condition(900_000, clause=True), OK),
    Cas("L. 2112-2-1", "avec une dispense", lambda: condition(900_000, motif=LIEN), INFO, "lien"),
    Cas("L. 2112-2-1", "valeur inconnue", lambda: condition(None), INFO, "Complétez"),
    Cas("L. 2112-2-1", "montants publiés", lambda: condition(900_000, approchee=True), WARN, "Aucune condition"),
    Cas("L. 2112-2-1", "accord-cadre sans maximum", lambda: condition(Valeur(sans_maximum=True)), BLOCK, "maximum"),
    Cas("L. 2112-2-1", "services sociaux, 749 999 €", lambda: condition(749_999, sociaux=True), INFO, "facultative"),
    Cas("L. 2112-2-1", "services sociaux, 750 000 €", lambda: condition(750_000, sociaux=True), BLOCK, "750"),
    Cas("L. 2112-2-1", "services sociaux, réseaux, 999 999 €", lambda: condition(999_999, sociaux=True, genre=RESEAUX),
        INFO, "facultative"),
    Cas("L. 2112-2-1", "services sociaux, réseaux, 1 M€", lambda: condition(1_000_000, sociaux=True, genre=RESEAUX),
        BLOCK, "obligatoire"),
    Cas("L. 3114-2-1", "concession", lambda: condition(5_404_000, nature=CONCESSION), BLOCK, "obligatoire"),
    Cas("L. 3114-2-1", "concession sous le seuil", lambda: condition(5_403_999, nature=CONCESSION), INFO),
    Cas("L. 2312-1", "défense", lambda: condition(9_000_000, nature=DEFENSE), OK),
    Cas("", "privé", lambda: condition(9_000_000, nature=PRIVE), OK),
    Cas("L. 2112-2-1", "dispense 1", lambda: dispense(SOLUTION), OK),
    Cas("L. 2112-2-1", "dispense sans texte", lambda: dispense(LIEN, ""), BLOCK, "par écrit"),
    Cas("L. 2184-1", "dispense, texte de blancs", lambda: dispense(CONCURRENCE, "  "), BLOCK, "garder"),
    Cas("L. 2112-2-1", "travaux courts, 5 mois", lambda: dispense(TRAVAUX_COURTS, type=TRAVAUX, months=5), OK),
    Cas("L. 2112-2-1", "travaux courts, 6 mois", lambda: dispense(TRAVAUX_COURTS, type=TRAVAUX, months=6), BLOCK,
        "6 mois"),
    Cas("L. 2112-2-1", "travaux courts, services", lambda: dispense(TRAVAUX_COURTS, months=2), BLOCK, "travaux"),
    Cas("L. 3114-2-1", "concession, dispense 1", lambda: dispense(SOLUTION, nature=CONCESSION), BLOCK, "concession"),
    Cas("L. 3114-2-1", "concession, dispense 2", lambda: dispense(LIEN, nature=CONCESSION), OK),
    Cas("L. 3114-2-1", "concession, dispense 3", lambda: dispense(CONCURRENCE, nature=CONCESSION), OK),
    Cas("L. 3114-2-1", "concession, dispense 4", lambda: dispense(TRAVAUX_COURTS, type=TRAVAUX, months=2,
        nature=CONCESSION), BLOCK, "concession"),
    Cas("L. 2112-2-1", "dispense sans texte, la veille", lambda: dispense(LIEN, "", on=VEILLE), OK),
    # Subcontracting
    Cas("DAJ du 23/09/2011", "sous-traitant ordinaire d'un lot réservé", lambda: execution.sous_traitant_du_reserve(
        qui(None), besoin(INSERTION), EN_2026), WARN, "lettre du code"),
    Cas("DAJ du 23/09/2011", "EI sous-traitante d'un lot réservé", lambda: execution.sous_traitant_du_reserve(
        qui("EI"), besoin(INSERTION), EN_2026), OK),
    Cas("DAJ du 23/09/2011", "sous-traitant d'un lot ouvert", lambda: execution.sous_traitant_du_reserve(
        qui(None), besoin(), EN_2026), OK),
    Cas("L. 2193-1", "sous-traitance de fournitures", lambda: execution.sous_traitance_permise(FOURNITURES, EN_2026),
        BLOCK, "pose"),
    Cas("L. 2193-1", "sous-traitance de services", lambda: execution.sous_traitance_permise(SERVICES, EN_2026), OK),
    Cas("L. 2193-2", "une partie sous-traitée", lambda: sous_traite([999], 1000), OK),
    Cas("L. 2193-2", "tout sous-traité à deux", lambda: sous_traite([600, None, 400], 1000), WARN, "pas le lot entier"),
    Cas("L. 2193-2", "plus que le lot", lambda: sous_traite([2000], 1000), WARN),
    Cas("", "montant du lot inconnu", lambda: sous_traite([2000], None), OK),
    Cas("", "lot publié à 1 €", lambda: sous_traite([2000], 1), OK),
    Cas("", "rien de connu", lambda: sous_traite([None], 1000), OK),
    Cas("", "sous-traité avant le code", lambda: sous_traite([2000], 1000, EN_2018), OK),
    Cas("R. 2193-10", "499,99 € HT", lambda: direct("499.99"), OK),
    Cas("R. 2193-10", "500 € HT", lambda: direct(500), INFO, "comptez la TVA"),
    Cas("R. 2193-10", "600 € HT", lambda: direct(600), INFO, "directement"),
    Cas("R. 2193-10", "600 € HT sans paiement direct", lambda: direct(600, asked=False), WARN, "n'en prévoit pas"),
    Cas("R. 2193-10", "défense, services, 9,9 %", lambda: direct(9_900, DEFENSE, whole=100_000), OK),
    Cas("R. 2193-10", "défense, services, 10 %", lambda: direct(10_000, DEFENSE, whole=100_000), INFO, "10\u00a0%"),
    Cas("R. 2193-10", "montant inconnu", lambda: direct(None), OK),
    # Publication
    Cas("R. 2196-1", "publié à deux mois", lambda: publication(date(2026, 1, 31), date(2026, 3, 31)), OK),
    Cas("R. 2196-1", "publié à deux mois et un jour", lambda: publication(date(2026, 1, 31), date(2026, 4, 1)), INFO,
        "31/03/2026"),
    Cas("R. 2196-1", "pas publié, délai en cours", lambda: publication(date(2026, 10, 1), None), OK),
    Cas("R. 2196-1", "pas publié, délai passé", lambda: publication(date(2026, 9, 25), None), WARN, "25/11/2026"),
    Cas("R. 2196-1", "39 999 €", lambda: publication(date(2026, 1, 1), None, 39_999), INFO, "liste"),
    Cas("R. 2196-1", "24 999 €", lambda: publication(date(2026, 1, 1), None, 24_999), OK),
    Cas("R. 2196-1", "avant 2024", lambda: publication(date(2023, 12, 31), None), OK),
    # SPASER
    Cas("D. 2111-3", "50 M€ tout juste", lambda: execution.spaser(euro(50_000_000), "", LOCAL, EN_2026), OK),
    Cas("D. 2111-3", "plus de 50 M€", lambda: execution.spaser(euro("50000000.01"), "", LOCAL, EN_2026), WARN,
        "SPASER"),
    Cas("D. 2111-3", "60 M€ fin 2022", lambda: execution.spaser(euro(60_000_000), "", LOCAL, date(2022, 12, 31)), OK),
    Cas("D. 2111-3", "60 M€ début 2023", lambda: execution.spaser(euro(60_000_000), "", LOCAL, date(2023, 1, 1)), WARN),
    Cas("D. 2111-3", "SPASER publié", lambda: execution.spaser(euro(60_000_000), "https://exemple.fr", LOCAL, EN_2026),
        OK),
]  # fmt: skip


@pytest.mark.parametrize("cas", CAS, ids=str)
def test_golden(cas):
    cas.check()


def test_room_for_small_lots():
    rows = [LotEstime(f"L{rank}", euro(500_000)) for rank in range(4)] + [LotEstime("Petit", euro(60_000), True)]
    place = place_petits_lots(rows, SERVICES, EN_2026)
    assert (place.limite, place.plafond, place.pris, place.reste) == (80_000, 412_000, 60_000, 352_000)
    assert place.complet
    assert place_petits_lots([LotEstime("Seul", None)], TRAVAUX, EN_2026).limite == 1_000_000

"""Golden legal cases: who may answer a lot, alone or in a group, by the law of the day of launch."""

from datetime import date, timedelta
from itertools import product

import pytest

from marches.enums import MotifChangement, NatureContrat, Reservation, StatutParticulier
from marches.rules import Changement, Membre, groupes, juger, lancement, may_answer, repondre_ensemble, repondre_seul
from marches.rules import candidats as c
from portal.verdict import Verdict, worst
from structures.enums import Kind
from tests.marches.cas_juridiques import (
    AUCUNE,
    AVANT_ASAP,
    BLOCK,
    CONCESSION,
    CONJOINT,
    DEFENSE,
    DEPUIS_ASAP,
    EN_2016,
    EN_2018,
    EN_2020,
    EN_2021,
    EN_2023,
    EN_2025,
    EN_2026,
    ESS,
    FOURNITURES,
    HANDICAP,
    IMPRECIS,
    INFO,
    INSERTION,
    LES_DEUX,
    OK,
    PRISON,
    PRIVE,
    SERVICES,
    SOLIDAIRE,
    TRAVAUX,
    WARN,
    Cas,
    besoin,
    equipe,
    euro,
    qui,
)  # fmt: skip

PREUVE = "Effectifs certifiés : 62 %"


def type_admis(kind, reservation, on, nature=NatureContrat.MARCHE, **given):
    return c.type_admis(qui(kind, **given), besoin(reservation, nature=nature), on)


def groupe(kinds, reservation, on, nature=NatureContrat.MARCHE, **given):
    """The worst word of the law on a group of these kinds."""
    need = besoin(reservation, nature=nature, **given)
    return worst(repondre_ensemble(equipe(*kinds), need, lancement(on)))


CARTONS = ("EA", "EI", "EI", "EI", "EI")  # an EA speaks for four EI
SEUL = [
    # By kind and reservation
    Cas("L. 2113-12", "EA, handicap", lambda: type_admis("EA", HANDICAP, EN_2023), OK, "visé"),
    Cas("L. 2113-12", "ESAT, handicap", lambda: type_admis("ESAT", HANDICAP, EN_2023), OK, "visé"),
    Cas("L. 2113-12", "EATT, handicap", lambda: type_admis("EATT", HANDICAP, EN_2025), OK, "visé"),
    Cas("L. 2113-12", "EI, handicap", lambda: type_admis("EI", HANDICAP, EN_2023), BLOCK, "autre type"),
    Cas("L. 2113-12", "GEIQ, handicap", lambda: type_admis("GEIQ", HANDICAP, EN_2023), WARN, "équivalente"),
    Cas("L. 2113-13", "EI, insertion", lambda: type_admis("EI", INSERTION, EN_2023), OK, "visé"),
    Cas("L. 2113-13", "AI, insertion", lambda: type_admis("AI", INSERTION, EN_2023), OK, "visé"),
    Cas("L. 2113-13", "ACI, insertion", lambda: type_admis("ACI", INSERTION, EN_2023), OK, "visé"),
    Cas("L. 2113-13", "ETTI, insertion", lambda: type_admis("ETTI", INSERTION, EN_2023), OK, "visé"),
    Cas("L. 2113-13", "ESAT, insertion", lambda: type_admis("ESAT", INSERTION, EN_2023), BLOCK, "autre type"),
    Cas("L. 2113-13", "GEIQ, insertion", lambda: type_admis("GEIQ", INSERTION, EN_2023), WARN, "équivalente"),
    Cas("L. 2113-13", "EITI, insertion", lambda: type_admis("EITI", INSERTION, EN_2026), WARN, "équivalente"),
    Cas("L. 2113-13", "SEP, insertion", lambda: type_admis("SEP", INSERTION, EN_2023), BLOCK, "autre type"),
    Cas("L. 2113-13", "entreprise, insertion", lambda: type_admis(None, INSERTION, EN_2023), BLOCK, "ordinaire"),
    Cas("L. 2113-13", "entreprise et sa preuve", lambda: type_admis(None, INSERTION, EN_2023, equivalence=PREUVE), WARN,
        "équivalente"),
    Cas("L. 2113-13", "EA et sa preuve, insertion", lambda: type_admis("EA", INSERTION, EN_2023, equivalence=PREUVE),
        WARN, "équivalente"),
    Cas("L. 265-1", "OACAS, insertion",
        lambda: type_admis(None, INSERTION, EN_2023, statut=StatutParticulier.OACAS), WARN, "tranchée"),
    Cas("L. 2113-13", "régie sans convention",
        lambda: type_admis(None, INSERTION, EN_2023, statut=StatutParticulier.REGIE), BLOCK, "convention"),
    Cas("L. 2113-13", "régie conventionnée EI",
        lambda: type_admis("EI", INSERTION, EN_2023, statut=StatutParticulier.REGIE), OK, "visé"),
    Cas("L. 2113-13-1", "SEP, prison", lambda: type_admis("SEP", PRISON, EN_2023), OK, "visé"),
    Cas("L. 2113-13-1", "EI, prison", lambda: type_admis("EI", PRISON, EN_2023), BLOCK, "autre type"),
    Cas("L. 2113-13-1", "preuve d'équivalence, prison", lambda: type_admis(None, PRISON, EN_2023, equivalence=PREUVE),
        BLOCK, "ordinaire"),
    Cas("L. 2113-13-1", "OACAS, prison", lambda: type_admis(None, PRISON, EN_2023, statut=StatutParticulier.OACAS),
        BLOCK, "ordinaire"),
    Cas("L. 2113-12", "réservation non précisée", lambda: type_admis("EI", IMPRECIS, EN_2023), INFO, "à qui"),
    Cas("", "lot ouvert à tous", lambda: type_admis(None, AUCUNE, EN_2023), OK, "ouvert à tous"),
    # Both sectors at once, by day
    Cas("L. 2113-14", "deux secteurs la veille de la loi ASAP", lambda: type_admis("EI", LES_DEUX, AVANT_ASAP), BLOCK,
        "9 décembre 2020"),
    Cas("L. 2113-14", "deux secteurs le jour de la loi ASAP", lambda: type_admis("EI", LES_DEUX, DEPUIS_ASAP), OK,
        "visé"),
    Cas("L. 2113-14", "EA, deux secteurs", lambda: type_admis("EA", LES_DEUX, EN_2023), OK, "visé"),
    Cas("L. 2113-14", "SEP, deux secteurs", lambda: type_admis("SEP", LES_DEUX, EN_2023), BLOCK, "autre type"),
    Cas("Ordonnance 2015-899, art. 36", "deux secteurs sous l'ordonnance", lambda: type_admis("EI", LES_DEUX, EN_2018),
        BLOCK, "conjointe"),
    Cas("Ordonnance 2015-899, art. 36, II", "EI sous l'ordonnance", lambda: type_admis("EI", INSERTION, EN_2018), OK),
    Cas("art. 15", "ESAT sous le code de 2006", lambda: type_admis("ESAT", HANDICAP, date(2015, 6, 1)), OK, "visé"),
    # Prisons, by day
    Cas("L. 2113-13-1", "prison, la veille", lambda: type_admis("SEP", PRISON, date(2022, 10, 20)), BLOCK,
        "21 octobre 2022"),
    Cas("L. 2113-13-1", "prison, le jour", lambda: type_admis("SEP", PRISON, date(2022, 10, 21)), OK, "visé"),
    # Concessions
    Cas("L. 3113-1", "EA, concession", lambda: type_admis("EA", HANDICAP, EN_2023, CONCESSION), OK, "R. 3113-1"),
    Cas("L. 3113-2", "EI, concession", lambda: type_admis("EI", INSERTION, EN_2023, CONCESSION), OK, "visé"),
    Cas("L. 3113-2", "EA, concession insertion", lambda: type_admis("EA", INSERTION, EN_2023, CONCESSION), BLOCK,
        "autre type"),
    Cas("L. 3113-3", "deux secteurs, concession 2026", lambda: type_admis("EI", LES_DEUX, EN_2026, CONCESSION), BLOCK,
        "concession"),
    Cas("L. 3113-1", "ESS, concession", lambda: type_admis("EI", ESS, EN_2023, CONCESSION, ess=True), BLOCK,
        "concession"),
    Cas("L. 3113-2-1", "SEP, concession", lambda: type_admis("SEP", PRISON, EN_2023, CONCESSION), OK, "visé"),
    # Defence
    Cas("L. 2313-6", "EA, défense", lambda: type_admis("EA", HANDICAP, EN_2023, DEFENSE), OK, "R. 2313-3"),
    Cas("L. 2313-6", "EI, défense insertion", lambda: type_admis("EI", INSERTION, EN_2023, DEFENSE), BLOCK, "handicap"),
    Cas("L. 2313-6", "deux secteurs, défense", lambda: type_admis("EA", LES_DEUX, EN_2023, DEFENSE), BLOCK, "handicap"),
    Cas("L. 2313-6", "prison, défense", lambda: type_admis("SEP", PRISON, EN_2023, DEFENSE), BLOCK, "handicap"),
    Cas("L. 2313-6", "ESS, défense", lambda: type_admis("EI", ESS, EN_2023, DEFENSE), BLOCK, "handicap"),
    # Private
    Cas("L. 2", "contrat privé réservé", lambda: type_admis(None, INSERTION, EN_2023, PRIVE), INFO, "privé"),
    Cas("", "contrat privé ouvert", lambda: type_admis(None, AUCUNE, EN_2023, PRIVE), OK, "ouvert"),
    # ESS
    Cas("L. 2113-15", "entreprise ESS", lambda: type_admis(None, ESS, EN_2023, ess=True), OK, "solidaire"),
    Cas("L. 2113-15", "EI elle-même ESS", lambda: type_admis("EI", ESS, EN_2023, ess=True), OK, "solidaire"),
    Cas("L. 2113-15", "EI dont on ne sait rien", lambda: type_admis("EI", ESS, EN_2023), WARN, "statut ESS"),
    Cas("L. 2113-15", "EI qui n'est pas ESS", lambda: type_admis("EI", ESS, EN_2023, ess=False), BLOCK, "dont elle"),
    Cas("L. 2113-15", "équivalente à l'ESS",
        lambda: type_admis(None, ESS, EN_2023, ess=False, equivalence="Statuts"), WARN, "équivalence"),
    Cas("Ordonnance 2015-899, art. 37", "ESS sous l'ordonnance", lambda: type_admis("EI", ESS, EN_2018), WARN, "ESS"),
    # Share of the workers
    Cas("R. 2113-7", "50 % tout juste", lambda: c.part_minimale(qui(part=euro(50)), besoin(INSERTION), EN_2023), OK),
    Cas("R. 2113-7", "49,9 %", lambda: c.part_minimale(qui(part=euro("49.9")), besoin(INSERTION), EN_2023), BLOCK,
        "49,9\u00a0%"),
    Cas("R. 2113-7", "part inconnue", lambda: c.part_minimale(qui(part=None), besoin(INSERTION), EN_2023), WARN,
        "inconnue"),
    Cas("R. 3113-1", "49 %, concession",
        lambda: c.part_minimale(qui(part=euro(49)), besoin(INSERTION, nature=CONCESSION), EN_2023), BLOCK, "49\u00a0%"),
    Cas("R. 2313-3", "49 %, défense",
        lambda: c.part_minimale(qui("EA", part=euro(49)), besoin(HANDICAP, nature=DEFENSE), EN_2023), BLOCK,
        "49\u00a0%"),
    Cas("R. 2113-7", "prison avant que la part soit fixée",
        lambda: c.part_minimale(qui("SEP", part=euro(10)), besoin(PRISON), date(2022, 12, 29)), OK),
    Cas("R. 2113-7", "prison, part fixée",
        lambda: c.part_minimale(qui("SEP", part=euro(10)), besoin(PRISON), date(2022, 12, 30)), BLOCK, "10\u00a0%"),
    Cas("Ordonnance 2015-899, art. 36", "40 % sous l'ordonnance",
        lambda: c.part_minimale(qui(part=euro(40)), besoin(INSERTION), EN_2018), BLOCK, "40\u00a0%"),
    Cas("R. 2113-7", "lot ouvert", lambda: c.part_minimale(qui(part=euro(1)), besoin(), EN_2023), OK),
    # Convention on the day of launch
    Cas("R. 5132-1", "convention, dernier jour", lambda: c.convention_valide(
        qui(convention_fin=date(2023, 6, 1)), besoin(INSERTION), EN_2023), OK),
    Cas("R. 5132-1", "convention échue la veille", lambda: c.convention_valide(
        qui(convention_fin=date(2023, 5, 31)), besoin(INSERTION), EN_2023), WARN, "31/05/2023"),
    Cas("R. 5132-1", "convention du lendemain", lambda: c.convention_valide(
        qui(convention_debut=date(2023, 6, 2)), besoin(INSERTION), EN_2023), WARN, "02/06/2023"),
    Cas("R. 5132-1", "convention, premier jour", lambda: c.convention_valide(
        qui(convention_debut=date(2023, 6, 1)), besoin(INSERTION), EN_2023), OK),
    Cas("R. 5132-1", "convention inconnue", lambda: c.convention_valide(
        qui(convention_debut=None, convention_fin=None), besoin(INSERTION), EN_2023), INFO, "pas connue"),
    Cas("R. 5132-1", "convention échue, lot ouvert", lambda: c.convention_valide(
        qui(convention_fin=date(2020, 1, 1)), besoin(), EN_2023), OK),
    # EITI
    Cas("Loi 2018-771", "EITI le dernier jour", lambda: c.statut_experimental(
        qui("EITI"), besoin(INSERTION), date(2026, 12, 22)), WARN, "prend fin"),
    Cas("Loi 2018-771", "EITI le lendemain", lambda: c.statut_experimental(
        qui("EITI"), besoin(INSERTION), date(2026, 12, 23)), WARN, "a pris fin"),
    Cas("Loi 2018-771", "EITI, lot ouvert", lambda: c.statut_experimental(qui("EITI"), besoin(), EN_2026), OK),
    # Equipment, staff
    Cas("L. 5132-7", "AI et matériel", lambda: c.materiel(qui("AI"), besoin(materiel=True), EN_2023), WARN, "matériel"),
    Cas("L. 5132-7", "AI sans matériel", lambda: c.materiel(qui("AI"), besoin(), EN_2023), OK),
    Cas("L. 5132-7", "ACI et matériel", lambda: c.materiel(qui("ACI"), besoin(materiel=True), EN_2023), OK),
    Cas("L. 5132-7", "AI, services", lambda: c.personnel(qui("AI"), besoin(type=SERVICES), EN_2023), INFO, "personnes"),
    Cas("L. 5132-7", "AI, travaux", lambda: c.personnel(qui("AI"), besoin(type=TRAVAUX), EN_2023), WARN, "travaux"),
    Cas("L. 5132-6", "ETTI, services", lambda: c.personnel(qui("ETTI"), besoin(type=SERVICES), EN_2023), WARN,
        "prestation"),
    Cas("L. 5132-6", "ETTI, intérim", lambda: c.personnel(qui("ETTI"), besoin(type=SERVICES, interim=True), EN_2023),
        OK),
    Cas("L. 5213-13-3", "EATT, travaux", lambda: c.personnel(qui("EATT"), besoin(type=TRAVAUX), EN_2025), WARN,
        "travaux"),
    Cas("L. 1253-1", "GEIQ, fournitures", lambda: c.personnel(qui("GEIQ"), besoin(type=FOURNITURES), EN_2023), WARN,
        "adhérents"),
    Cas("L. 5132-6", "EI, travaux", lambda: c.personnel(qui("EI"), besoin(type=TRAVAUX), EN_2023), OK),
    Cas("L. 5213-13-3", "EATT, intérim réservé", lambda: c.interim_adapte(
        qui("EATT"), besoin(HANDICAP, interim=True), EN_2025), WARN, "tranchée"),
    Cas("L. 5213-13-3", "EATT, intérim ouvert", lambda: c.interim_adapte(qui("EATT"), besoin(interim=True), EN_2025),
        OK),
    Cas("L. 5132-15", "ACI, 30 %", lambda: c.ventes_aci(qui("ACI"), besoin(), EN_2023), INFO, "30\u00a0%"),
    Cas("L. 5132-15", "EI, rien", lambda: c.ventes_aci(qui("EI"), besoin(), EN_2023), OK),
]  # fmt: skip


def parts(forme, *values, total=None, en_euros=False):
    members = [
        Membre(qui(nom=f"M{rank}"), mandataire=rank == 0, **{"montant" if en_euros else "part": euro(value)})
        if value is not None
        else Membre(qui(nom=f"M{rank}"), mandataire=rank == 0)
        for rank, value in enumerate(values)
    ]
    return groupes.parts_conjointes(forme, members, euro(total) if total else None, EN_2023)


def mandataires(*flags, on=EN_2023):
    return groupes.un_mandataire([Membre(qui(nom=f"M{n}"), mandataire=flag) for n, flag in enumerate(flags)], on)


def change(le, motif=MotifChangement.AUTRE, accord=None, candidature=date(2023, 3, 1), signature=None, on=EN_2023):
    told = Changement("Atelier Z", True, le, motif, accord)
    return groupes.changement_permis(told, candidature, signature, on)


RESTRUCTURATION = MotifChangement.RESTRUCTURATION
GROUPE = [
    # The group of the seed: an EA speaks for four EI
    Cas("DAJ du 23/09/2011", "EA + 4 EI, insertion", lambda: groupe(CARTONS, INSERTION, EN_2023), BLOCK, "Membre 0"),
    Cas("DAJ du 23/09/2011", "EA + 4 EI, handicap", lambda: groupe(CARTONS, HANDICAP, EN_2023), BLOCK, "chaque membre"),
    Cas("L. 2113-14", "EA + 4 EI, deux secteurs", lambda: groupe(CARTONS, LES_DEUX, EN_2023), OK, "Chaque membre"),
    Cas("L. 2113-14", "EA + 4 EI, deux secteurs, le jour", lambda: groupe(CARTONS, LES_DEUX, DEPUIS_ASAP), OK),
    Cas("L. 2113-14", "EA + 4 EI, deux secteurs, la veille", lambda: groupe(CARTONS, LES_DEUX, AVANT_ASAP), BLOCK,
        "9 décembre 2020"),
    Cas("R. 2123-1, 3°", "EA + 4 EI, marché d'insertion", lambda: groupe(CARTONS, AUCUNE, EN_2020,
        marche_insertion=True), INFO, "pas réservé"),
    Cas("art. 28", "EA + 4 EI, marché d'insertion de 2016", lambda: groupe(CARTONS, AUCUNE, EN_2016,
        marche_insertion=True), INFO, "pas réservé"),
    Cas("L. 3113-3", "EA + 4 EI, concession deux secteurs", lambda: groupe(CARTONS, LES_DEUX, EN_2023, CONCESSION),
        BLOCK, "concession"),
    Cas("L. 3113-2", "EA + 4 EI, concession insertion", lambda: groupe(CARTONS, INSERTION, EN_2023, CONCESSION), BLOCK,
        "Membre 0"),
    Cas("L. 2313-6", "EA + 4 EI, défense handicap", lambda: groupe(CARTONS, HANDICAP, EN_2023, DEFENSE), BLOCK,
        "chaque membre"),
    Cas("art. 36, II", "EA + 4 EI, insertion sous l'ordonnance", lambda: groupe(CARTONS, INSERTION, EN_2018), BLOCK,
        "doctrine"),
    # Other groups
    Cas("L. 2113-13", "quatre EI, insertion", lambda: groupe(("EI",) * 4, INSERTION, EN_2023), OK, "Chaque membre"),
    Cas("L. 2113-12", "EA + ESAT, handicap", lambda: groupe(("EA", "ESAT"), HANDICAP, EN_2023), OK, "Chaque membre"),
    Cas("DAJ du 23/09/2011", "EI + entreprise, insertion", lambda: groupe(("EI", None), INSERTION, EN_2023), BLOCK,
        "Membre 1"),
    Cas("", "EI + entreprise, lot ouvert", lambda: groupe(("EI", None), AUCUNE, EN_2023), OK),
    Cas("DAJ du 23/09/2011", "EI + GEIQ, insertion", lambda: groupe(("EI", "GEIQ"), INSERTION, EN_2023), WARN,
        "équivalente"),
    Cas("DAJ du 23/09/2011", "EI + entreprise et sa preuve", lambda: groupes.membre_eligible(
        qui(None, equivalence=PREUVE), besoin(INSERTION), EN_2023), WARN, "équivalente"),
    Cas("L. 2", "groupe, contrat privé réservé", lambda: groupe(("EI", None), INSERTION, EN_2023, PRIVE), INFO,
        "privé"),
    Cas("L. 2113-12", "groupe, réservation non précisée", lambda: groupe(("EI", "EA"), IMPRECIS, EN_2023), INFO,
        "à qui"),
    Cas("L. 2113-15", "groupe, ESS", lambda: groupe(("EI", "EA"), ESS, EN_2023), WARN, "Membre"),
    Cas("R. 2113-7", "un membre à 40 %", lambda: groupes.membre_en_regle(
        qui(part=euro(40)), besoin(INSERTION), EN_2023), BLOCK, "Une EI (EI)\u00a0: 40\u00a0%"),
    Cas("R. 2113-7", "un membre de part inconnue", lambda: groupes.membre_en_regle(
        qui(part=None), besoin(INSERTION), EN_2023), OK),
    Cas("R. 5132-1", "un membre à la convention échue", lambda: groupes.membre_en_regle(
        qui(convention_fin=date(2023, 1, 1)), besoin(INSERTION), EN_2023), WARN, "01/01/2023"),
    Cas("R. 2142-19", "un membre seul", lambda: groupe(("EI",), INSERTION, EN_2023), WARN, "deux"),
    # Spokesperson
    Cas("R. 2142-24", "un mandataire", lambda: mandataires(True, False), OK),
    Cas("R. 2142-24", "aucun mandataire", lambda: mandataires(False, False), BLOCK, "pas de mandataire"),
    Cas("R. 2142-24", "deux mandataires", lambda: mandataires(True, True), BLOCK, "2 mandataires"),
    Cas("Décret 2016-360, art. 45", "aucun mandataire en 2018", lambda: mandataires(False, on=EN_2018), BLOCK),
    Cas("R. 2142-23", "mandataire de deux groupements", lambda: groupes.mandataire_unique(
        "123456782", {"123456782"}, EN_2023), BLOCK, "déjà"),
    Cas("R. 2142-23", "mandataire d'un seul", lambda: groupes.mandataire_unique("123456782", {"987654324"}, EN_2023),
        OK),
    Cas("R. 2142-23", "mandataire sans SIREN", lambda: groupes.mandataire_unique("", {""}, EN_2023), OK),
    Cas("R. 2142-24", "mandataire conjoint", lambda: groupes.mandataire_conjoint(CONJOINT, False, EN_2023), INFO,
        "que si le marché"),
    Cas("R. 2142-24", "mandataire solidaire", lambda: groupes.mandataire_conjoint(CONJOINT, True, EN_2023), OK),
    Cas("R. 2142-24", "groupement solidaire", lambda: groupes.mandataire_conjoint(SOLIDAIRE, False, EN_2023), OK),
    # Shares of a joint group
    Cas("R. 2142-20", "60 + 40 %", lambda: parts(CONJOINT, 60, 40), OK),
    Cas("R. 2142-20", "60 + 39,99 %", lambda: parts(CONJOINT, 60, "39.99"), BLOCK, "99,99\u00a0%"),
    Cas("R. 2142-20", "60 + 41 %", lambda: parts(CONJOINT, 60, 41), BLOCK, "101,00\u00a0%"),
    Cas("R. 2142-20", "tiers à 33,33 %", lambda: parts(CONJOINT, "33.33", "33.33", "33.34"), OK),
    Cas("R. 2142-20", "une part absente", lambda: parts(CONJOINT, 60, None), BLOCK, "M1"),
    Cas("R. 2142-20", "solidaire sans parts", lambda: parts(SOLIDAIRE, None, None), OK),
    Cas("R. 2142-20", "montants justes", lambda: parts(CONJOINT, "70000.10", "29999.90", total=100_000, en_euros=True),
        OK),
    Cas("R. 2142-20", "un centime de trop", lambda: parts(CONJOINT, "70000.10", "29999.91", total=100_000,
        en_euros=True), BLOCK, "au lieu de"),
    Cas("R. 2142-20", "montants, total inconnu", lambda: parts(CONJOINT, 1, 2, en_euros=True), OK),
    # Several bids
    Cas("R. 2142-21", "seul et groupé, interdit", lambda: groupes.candidatures_cumulees(
        ["M1"], [], True, False, EN_2023), BLOCK, "interdit"),
    Cas("R. 2142-21", "seul et groupé, permis", lambda: groupes.candidatures_cumulees(
        ["M1"], [], False, False, EN_2023), INFO, "M1"),
    Cas("R. 2142-21", "deux groupements, interdit", lambda: groupes.candidatures_cumulees(
        [], ["M1"], False, True, EN_2023), BLOCK, "plusieurs groupements"),
    Cas("R. 2142-21", "deux groupements, l'autre interdit", lambda: groupes.candidatures_cumulees(
        [], ["M1"], True, False, EN_2023), INFO, "M1"),
    Cas("R. 2142-21", "une candidature", lambda: groupes.candidatures_cumulees([], [], True, True, EN_2023), OK),
    # Agreement, changes, tasks
    Cas("Bonne pratique", "convention après le début", lambda: groupes.convention_a_temps(
        date(2023, 6, 2), date(2023, 6, 1), EN_2023), WARN, "02/06/2023"),
    Cas("Bonne pratique", "convention le jour même", lambda: groupes.convention_a_temps(
        date(2023, 6, 1), date(2023, 6, 1), EN_2023), OK),
    Cas("R. 2142-26", "changement avant la candidature", lambda: change(date(2023, 2, 28)), OK),
    Cas("R. 2142-26", "changement le jour de la candidature", lambda: change(date(2023, 3, 1)), WARN, "Atelier Z"),
    Cas("R. 2142-26", "changement après la signature", lambda: change(date(2023, 9, 2), signature=date(2023, 9, 1)),
        OK),
    Cas("R. 2142-26", "restructuration sans accord", lambda: change(date(2023, 4, 1), RESTRUCTURATION), WARN, "accord"),
    Cas("R. 2142-26", "restructuration avec accord", lambda: change(
        date(2023, 4, 1), RESTRUCTURATION, date(2023, 4, 5)), WARN, "05/04/2023"),
    Cas("R. 2142-26", "autre motif en 2025", lambda: change(
        date(2025, 4, 1), candidature=date(2025, 3, 1), on=date(2025, 1, 1)), WARN, "négociation"),
    Cas("R. 2142-27", "tâches essentielles", lambda: groupes.taches_reservees("Encadrement", EN_2023), INFO, "membre"),
    Cas("R. 2142-27", "aucune tâche essentielle", lambda: groupes.taches_reservees(" ", EN_2023), OK),
]  # fmt: skip


@pytest.mark.parametrize("cas", [*SEUL, *GROUPE], ids=str)
def test_golden(cas):
    cas.check()


def test_the_reworded_article_on_changes_is_that_of_the_day():
    before, after = (change(date(2025, 4, 1), candidature=date(2024, 3, 1), on=day)
                     for day in (date(2024, 12, 31), date(2025, 1, 1)))  # fmt: skip
    assert "négociation" not in before.reason
    assert "négociation" in after.reason


# Unknown days --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("reservation", list(Reservation))
@pytest.mark.parametrize("nature", list(NatureContrat))
@pytest.mark.parametrize(
    "notified", [None, date(2016, 4, 1), date(2020, 12, 20), date(2022, 11, 1), date(2026, 12, 30)]
)
def test_an_unknown_day_never_turns_a_yes_into_a_no(reservation, nature, notified):
    """Where one day of the interval says yes, the answer over the interval is not a refusal, for every kind."""
    need, quand = besoin(reservation, nature=nature, materiel=True), lancement(None, notified)
    days = quand.jours()
    for kind in (*Kind, None):
        who = qui(kind.value if kind else None, convention_fin=date(2021, 3, 1), part=None)
        said = worst(repondre_seul(who, need, quand))
        levels = {worst(repondre_seul(who, need, lancement(day))).level for day in days}
        if BLOCK not in levels or len(levels) > 1:
            assert said.level != BLOCK, (kind, said)
        assert said.level <= max(levels) or said.level == INFO


@pytest.mark.parametrize("levels", list(product((OK, INFO, WARN, BLOCK), repeat=3)))
def test_an_unknown_day_keeps_an_answer_or_leaves_it_open(levels):
    """Whatever a rule says on three stretches of the interval: its answer where it is one, an information elsewhere."""
    cuts = (date(2020, 12, 9), date(2022, 10, 21))
    seen = juger(
        lambda on: Verdict(levels[sum(on >= cut for cut in cuts)], "Dit", "Source"), lancement(None, None)
    )  # fmt: skip
    assert seen.level == (levels[0] if len(set(levels)) == 1 else INFO)
    assert seen.est_suspendu is (len(set(levels)) > 1)


def test_a_term_of_convention_inside_the_interval_is_an_unknown_day():
    who = qui(convention_fin=date(2023, 1, 15))
    said = repondre_seul(who, besoin(INSERTION), lancement(None, date(2023, 6, 1)))
    assert [(v.regle, v.level) for v in said if v.regle.startswith("convention")] == [("convention_echue", INFO)]
    assert "16/01/2023" in next(v.reason for v in said if v.regle == "convention_echue")


def test_the_day_of_change_is_named():
    said = repondre_seul(qui(), besoin(LES_DEUX), lancement(None, date(2021, 3, 1)))[0]
    assert said.level == INFO
    assert "09/12/2020" in said.reason
    assert said.remede


def test_a_known_day_is_the_whole_interval():
    assert lancement(EN_2021, date(2022, 1, 1)).jours() == [EN_2021]
    assert lancement(None, None).jours()[0] == date.min
    assert lancement(None, date(2021, 3, 1)).du == date(2019, 3, 1)
    assert EN_2021 + timedelta(days=3) in lancement(None, date(2022, 1, 1)).jours(EN_2021 + timedelta(days=3))


# One table -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("on", [EN_2016, AVANT_ASAP, DEPUIS_ASAP, date(2022, 10, 20), EN_2023, EN_2026])
def test_alone_and_by_kind_agree(on):
    """`type_admis` of a structure without evidence is `may_answer`, which the directory's `Q` follows."""
    for kind in Kind:
        for reservation in Reservation:
            if reservation != ESS:
                assert type_admis(kind.value, reservation, on) == may_answer(kind, reservation, on)

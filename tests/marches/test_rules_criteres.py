"""Golden legal cases: what offers are chosen on."""

from datetime import date

import pytest

from marches.enums import CriteresAttribution
from marches.rules import criteres as c
from tests.marches.cas_juridiques import (
    BLOCK,
    CONCESSION,
    DEFENSE,
    EN_2018,
    EN_2026,
    FOURNITURES,
    INFO,
    JOUR,
    MARCHE,
    OK,
    PARTENARIAT,
    PRIVE,
    SERVICES,
    TRAVAUX,
    WARN,
    Cas,
)

PRIX, COUT, PLUSIEURS = CriteresAttribution.PRIX, CriteresAttribution.COUT, CriteresAttribution.PLUSIEURS
DERNIER, PREMIER = date(2026, 8, 20), date(2026, 8, 21)  # of price alone; of the environment among the criteria


def prix(on, standard=None, type=SERVICES, nature=MARCHE, criteres=PRIX):
    return c.prix_seul(criteres, standard, type, nature, on)


def vert(on, environnement, criteres=PLUSIEURS, nature=MARCHE):
    return c.critere_environnemental(criteres, environnement, nature, on)


CAS = [
    # Price alone, until 20/08/2026
    Cas("R. 2152-7", "prix seul, services standardisés", lambda: prix(EN_2026, True), OK),
    Cas("R. 2152-7", "prix seul, fournitures standardisées", lambda: prix(EN_2026, True, FOURNITURES), OK),
    Cas("R. 2152-7", "prix seul, dernier jour, standardisé", lambda: prix(DERNIER, True), OK),
    Cas("R. 2152-7", "prix seul, services non standardisés", lambda: prix(EN_2026, False), WARN, "standardisés"),
    Cas("R. 2152-7", "prix seul, on ne sait pas", lambda: prix(EN_2026), WARN, "à dire"),
    Cas("R. 2152-7", "prix seul, travaux, même standardisés", lambda: prix(EN_2026, True, TRAVAUX), WARN, "travaux"),
    Cas("R. 2152-7", "prix seul, partenariat", lambda: prix(EN_2026, False, nature=PARTENARIAT), WARN),
    Cas("", "prix seul avant le code", lambda: prix(EN_2018, False), OK),
    # Price alone, since 21/08/2026
    Cas("R. 2152-7", "prix seul, premier jour, standardisé", lambda: prix(PREMIER, True), BLOCK, "ne peut plus"),
    Cas("R. 2152-7", "prix seul, travaux, premier jour", lambda: prix(PREMIER, type=TRAVAUX), BLOCK, "ne peut plus"),
    Cas("L. 2152-7", "prix seul, jour de la loi", lambda: prix(JOUR), BLOCK, "ne peut plus"),
    Cas("", "prix seul, concession", lambda: prix(PREMIER, nature=CONCESSION), OK),
    Cas("", "prix seul, défense", lambda: prix(PREMIER, nature=DEFENSE), OK),
    Cas("", "prix seul, contrat privé", lambda: prix(PREMIER, nature=PRIVE), OK),
    Cas("", "coût seul n'est pas le prix seul", lambda: prix(PREMIER, criteres=COUT), OK),
    Cas("", "plusieurs critères", lambda: prix(PREMIER, criteres=PLUSIEURS), OK),
    Cas("", "critères non dits", lambda: prix(PREMIER, criteres=""), OK),
    # The environment among them, since 21/08/2026
    Cas("R. 2152-7", "aucun critère vert, la veille", lambda: vert(DERNIER, False), OK),
    Cas("R. 2152-7", "aucun critère vert, premier jour", lambda: vert(PREMIER, False), BLOCK, "environnement"),
    Cas("R. 2152-7", "critère vert inconnu, premier jour", lambda: vert(PREMIER, None), INFO, "à dire"),
    Cas("R. 2152-7", "un critère vert", lambda: vert(PREMIER, True), OK),
    Cas("R. 2152-7", "coût seul sans environnement", lambda: vert(PREMIER, False, COUT), BLOCK, "cycle de vie"),
    Cas("R. 2152-7", "coût seul, environnement inconnu", lambda: vert(PREMIER, None, COUT), INFO, "à dire"),
    Cas("R. 2152-7", "coût global sur le cycle de vie", lambda: vert(PREMIER, True, COUT), OK),
    Cas("", "prix seul: refusé pour lui-même, pas deux fois", lambda: vert(PREMIER, False, PRIX), OK),
    Cas("", "critère vert, concession", lambda: vert(PREMIER, False, nature=CONCESSION), OK),
    Cas("", "critère vert, critères non dits", lambda: vert(PREMIER, False, ""), OK),
    # Said or not
    Cas("R. 2152-7", "critères non dits, premier jour", lambda: c.criteres_dits("", MARCHE, PREMIER), INFO),
    Cas("", "critères non dits, la veille", lambda: c.criteres_dits("", MARCHE, DERNIER), OK),
    Cas("", "critères dits", lambda: c.criteres_dits(PLUSIEURS, MARCHE, PREMIER), OK),
    Cas("", "critères non dits, contrat privé", lambda: c.criteres_dits("", PRIVE, PREMIER), OK),
]  # fmt: skip


@pytest.mark.parametrize("cas", CAS, ids=str)
def test_golden_cases(cas):
    cas.check()

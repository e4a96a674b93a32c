"""Reading a clause again: what is missing, and words that ask for a second look."""

import pytest

from clauses.rules.redaction import relire
from portal.verdict import Niveau

GOOD = (
    "Le titulaire, quel qu'il soit, consacre 833 heures à des personnes éloignées de l'emploi. Il choisit librement la "
    "manière de les réaliser : embauche directe, mise à disposition, sous-traitance ou cotraitance."
)
FULL = {"type": "condition", "heures": 833, "lot": "Lot 1", "contact": "a@b.fr", "publics": "RSA, DELD"}


def said(texte=GOOD, **given):
    return [verdict.reason for verdict in relire(texte, **FULL | given)]


def test_a_good_clause_has_nothing_to_hear():
    assert said() == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Les personnes doivent résider dans la commune.", "résidence locale"),
        ("Le titulaire privilégie la main-d'œuvre locale.", "résidence locale"),
        ("Les heures seront OBLIGATOIREMENT réalisées par la mise à disposition de salariés.", "imposer la manière"),
        ("Le titulaire devra passer par une association intermédiaire.", "imposer la manière"),
        ("Les postes sont ouverts aux personnes de nationalité française.", "sexe, l'origine"),
        ("Cette clause s'applique sauf pour les candidats du département.", "dispenser certains candidats"),
    ],
)
def test_words_that_ask_for_a_second_look(sentence, expected):
    (reason,) = said(f"{GOOD} {sentence}")
    assert expected in reason


def test_a_clause_is_written_in_hours():
    assert "ne parle pas d'heures" in said("Le titulaire recrute deux personnes.")[0]
    assert "n'est pas enregistré" in said("")[0]


@pytest.mark.parametrize("name", ["lot", "contact", "publics"])
def test_what_is_missing_is_blocking(name):
    (verdict,) = relire(GOOD, **FULL | {name: ""})
    assert verdict.is_blocking


@pytest.mark.parametrize(
    ("type_", "level"),
    [("condition", Niveau.BLOCAGE), ("condition_critere", Niveau.BLOCAGE), ("avenant", Niveau.BLOCAGE),
     ("privee", Niveau.BLOCAGE), ("critere", Niveau.INFORMATION), ("reserve", Niveau.INFORMATION),
     ("marche_insertion", Niveau.INFORMATION)],
)  # fmt: skip
def test_a_condition_without_a_figure_is_refused(type_, level):
    (verdict,) = relire(GOOD, **FULL | {"heures": 0, "type": type_})
    assert verdict.level == level


@pytest.mark.django_db
def test_the_page_of_a_clause_shows_it_to_its_facilitator_and_buyer_alone(chantier):
    from portal.permissions import Role

    url = chantier.clause.get_absolute_url()
    for role, shown in [(Role.FACILITATEUR, True), (Role.ACHETEUR, True), (Role.ENTREPRISE, False)]:
        assert bool(chantier.client(role).get(url).context["relecture"]) == shown

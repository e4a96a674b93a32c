"""What the directory computes from a card: the words by which it is found, how complete it is, its rank, and its line
in the export.

`reindex` is called by whoever wrote a card, its activities, offers, references, labels, photos, networks, or the facts
that the register proves.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from portal.text import racines
from structures.enums import Kind, Origine
from structures.exporters import lignes
from structures.models import (
    Activite,
    LabelObtenu,
    Offre,
    PhotoStructure,
    ReferenceClient,
    Secteur,
    Structure,
)  # fmt: skip
from structures.rules import SHORTEST_DESCRIPTION, Completude, completude, rang

BATCH = 500
COMPUTED = ("racines", "completude", "rang")
# Facts of `ELEMENTS` that are columns of the structure, read as they are.
COLUMNS = {
    "courriel": "courriel", "telephone": "telephone", "site": "site", "chiffre_affaires": "chiffre_affaires",
    "effectif_parcours": "effectif_parcours", "mois_creux": "mois_creux", "formes": "formes_commande_publique",
    "role_prefere": "role_prefere", "logo": "logo",
}  # fmt: skip


class Around:
    """What lies around some structures and counts for them: seven queries, whatever their number."""

    def __init__(self, pks: Sequence[int]):
        self.sectors: dict[int, list[int]] = defaultdict(list)
        self.words: dict[int, list[str]] = defaultdict(list)
        self.facts: dict[int, set[str]] = defaultdict(set)
        activities = Activite.objects.filter(structure__in=pks).order_by("structure", "secteur", "mode")
        for pk, secteur, zone, origine, precision in activities.values_list(
            "structure", "secteur", "zone", "origine", "precision"
        ):
            self.sectors[pk].append(secteur)
            self.words[pk].append(precision)
            if zone is not None:
                self.facts[pk].add("activite_situee")
            if origine != Origine.DEDUITE:
                self.facts[pk].add("activite_declaree")
        self._note(Offre.objects.filter(structure__in=pks), "offres", ("nom", "description"))
        self._note(ReferenceClient.objects.filter(structure__in=pks), "references", ("client", "objet"))
        self._note(LabelObtenu.objects.filter(structure__in=pks), "labels", ("label__nom",))
        self._note(PhotoStructure.objects.filter(structure__in=pks).exclude(texte_alternatif=""), "photos", ())
        self._note(Structure.reseaux.through.objects.filter(structure__in=pks), "", ("reseau__nom",))

    def _note(self, queryset, fact: str, texts: tuple[str, ...]) -> None:
        for pk, *words in queryset.order_by("structure", "pk").values_list("structure", *texts):
            self.words[pk] += words
            if fact:
                self.facts[pk].add(fact)


def reindex(ids: Iterable[int] | None = None) -> int:
    """Refresh `racines`, `completude`, `rang` and the line of the export of these structures, all of them by default;
    how many changed, the lines apart.

    Words come from the name, the trade name, the description, the town, the département, the kind, the sectors with
    their synonyms and family, the offers, the references, the networks and the labels. Eight queries for each 500
    structures, and one write where something changed; a dozen more for the lines.
    """
    sector_stems = {pk: stems.split() for pk, stems in Secteur.objects.values_list("pk", "racines")}
    pks = sorted(set(ids)) if ids is not None else list(Structure.objects.order_by("pk").values_list("pk", flat=True))
    changed = 0
    for start in range(0, len(pks), BATCH):
        changed += _reindex_some(pks[start : start + BATCH], sector_stems)
    lignes.keep(pks)
    return changed


def faits(structure: Structure, around: Around | None = None) -> set[str]:
    """The facts of `rules.ELEMENTS` that the card of a structure holds."""
    around = around or Around([structure.pk])
    held = {name for name, column in COLUMNS.items() if getattr(structure, column)} | around.facts[structure.pk]
    if len(structure.description.strip()) >= SHORTEST_DESCRIPTION:
        held.add("description")
    if structure.effectif or structure.capacite:
        held.add("effectif")
    if structure.convention_debut or structure.convention_fin:
        held.add("convention")
    return held


def completude_de(structure: Structure) -> Completude:
    """How complete a card is, and what to add next; seven queries."""
    return completude(faits(structure))


def _reindex_some(pks: list[int], sector_stems: dict[int, list[str]]) -> int:
    around = Around(pks)
    stale = []
    for structure in Structure.objects.filter(pk__in=pks).select_related("departement"):
        pourcent = completude(faits(structure, around)).pourcent
        computed = {
            "racines": _words(structure, around, sector_stems),
            "completude": pourcent,
            "rang": rang(pourcent, structure.titulaire_depuis is not None, structure.a_cotraite),
        }
        if any(getattr(structure, name) != value for name, value in computed.items()):
            for name, value in computed.items():
                setattr(structure, name, value)
            stale.append(structure)
    # An insert that meets its own key: ten times faster than `bulk_update`, the rows are whole.
    Structure._base_manager.bulk_create(
        stale, batch_size=BATCH, update_conflicts=True, unique_fields=["pk"], update_fields=COMPUTED
    )
    return len(stale)


def _words(structure: Structure, around: Around, sector_stems: dict[int, list[str]]) -> str:
    words = racines(
        structure.nom,
        structure.enseigne,
        structure.description,
        structure.ville,
        structure.departement.nom if structure.departement else "",
        structure.kind,
        Kind(structure.kind).label,
        *around.words[structure.pk],
    )
    sectors = (stem for pk in around.sectors[structure.pk] for stem in sector_stems[pk])
    stems = dict.fromkeys([*words.split(), *sectors])
    return f" {' '.join(stems)} " if stems else ""

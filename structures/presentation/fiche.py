"""A card made ready for its page: months, places and dates in words, and where each block comes from."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import BigIntegerField

from portal import panels
from portal.permissions import Acteur
from portal.requetes import Prepared, PreparedObjects
from portal.templatetags.formats import MONTHS, jour
from portal.verdict import Verdict
from structures import rules, zones
from structures.enums import Bloc, Origine
from structures.models import (
    Activite,
    Fondateur,
    Label,
    LabelObtenu,
    Offre,
    Organisation,
    PhotoStructure,
    ReferenceClient,
    Reseau,
    Secteur,
    SourceStructure,
    Structure,
    Zone,
)  # fmt: skip
from structures.presentation.blocs import CHAMPS, mois_of
from structures.upsert import SOURCES

# Lists of a card that most structures have not filled: the first query says which are worth asking for.
LISTES = {
    "labels": LabelObtenu, "offres": Offre, "references": ReferenceClient, "photos": PhotoStructure,
    "fondations": Fondateur, "reseaux": Structure.reseaux.through,
}  # fmt: skip


# Months -------------------------------------------------------------------------------------------------------------
def months_in_words(months: Iterable[int]) -> str:
    """[1, 2, 3, 8] → « janvier à mars, août »; runs go round the year: « novembre à février »; "" for none."""
    present = sorted(set(months))
    if len(present) == 12:
        return "toute l'année"
    starts = [month for month in present if (month - 2) % 12 + 1 not in present]
    return ", ".join(_run(start, present) for start in starts)


def _run(start: int, present: Collection[int]) -> str:
    end = start
    while end % 12 + 1 in present:
        end = end % 12 + 1
    first, last = MONTHS[start - 1], MONTHS[end - 1]
    if start == end:
        return first
    return f"{first} et {last}" if end == start % 12 + 1 else f"{first} à {last}"


# Where each block comes from ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Enregistrement:
    """What one file said of the card, reduced to which facts it gave."""

    format: str
    publie_le: date | None
    champs: frozenset[str]
    activites: bool


def records_of(structure: Structure) -> list[Enregistrement]:
    """The source records of a card, the latest first; one query."""
    return [
        Enregistrement(
            format, publie_le, frozenset(donnees.get("champs") or ()), bool(donnees.get("activites"))
        )
        for format, publie_le, donnees in _records.rows([structure.pk])
    ]  # fmt: skip


def provenances(structure: Structure, records: Iterable[Enregistrement]) -> dict[str, str]:
    """Block → who said what it shows, and when; "" when nobody is known to have said it."""
    records = list(records)
    return {bloc.value: _provenance(structure, bloc, records) for bloc in Bloc}


def _provenance(structure: Structure, bloc: Bloc, records: list[Enregistrement]) -> str:
    if typed := structure.blocs_saisis.get(bloc.value):
        return f"Saisi sur le portail, par la structure ou son réseau, le {jour(typed)}"
    names = set(CHAMPS[bloc])
    gave = [record for record in records if record.champs & names or (bloc == Bloc.ACTIVITES and record.activites)]
    if gave:
        day = f" du {jour(gave[0].publie_le)}" if gave[0].publie_le else ""
        return f"D'après\u00a0: {SOURCES.get(gave[0].format, gave[0].format)}{day}"
    if structure.source and any(getattr(structure, name) for name in names):
        return f"D'après\u00a0: {structure.source}" + (
            f" du {jour(structure.donnees_du)}" if structure.donnees_du else ""
        )
    return ""


# The card -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ActiviteVue:
    activite: Activite
    zone: str

    @property
    def is_deduced(self) -> bool:
        return self.activite.origine == Origine.DEDUITE


@dataclass(frozen=True)
class LabelVu:
    obtenu: LabelObtenu
    expire: bool


@dataclass
class FicheVue:
    """All that the page of a card prints, but what upper floors add."""

    structure: Structure
    activites: list[ActiviteVue]
    convention: Verdict
    statut: Verdict
    departements: list[str]
    mois_creux: str
    dependance: Verdict
    usages: list[Verdict]
    provenances: dict[str, str]
    sources: list[tuple[str, date | None]]
    labels: list[LabelVu] = field(default_factory=list)
    offres: list[Offre] = field(default_factory=list)
    references: list[ReferenceClient] = field(default_factory=list)
    photos: list[PhotoStructure] = field(default_factory=list)
    fondations: list[Fondateur] = field(default_factory=list)
    reseaux: list[Reseau] = field(default_factory=list)

    @property
    def has_moyens(self) -> bool:
        card = self.structure
        figures = (
            card.capacite, card.effectif, card.effectif_parcours, card.chiffre_affaires, card.part_marches_publics,
            card.formes_commande_publique,
        )  # fmt: skip
        return bool(self.mois_creux or card.role_prefere) or any(figure is not None for figure in figures)


def _holding(model) -> panels.When:
    return lambda pks: [model._default_manager.filter(structure__in=pks)]


for _name, _model in LISTES.items():
    panels.announce(Structure, _name, _holding(_model))
_records = Prepared(
    lambda pks: (
        SourceStructure.objects.filter(structure__in=pks)
        .order_by("-publie_le", "format")
        .values_list("format", "publie_le", "donnees")
    ),
    (int, 1),
)


_activites = Prepared(
    lambda pks: (
        Activite.objects.filter(structure__in=pks)
        .order_by("secteur__ordre", "mode")
        .values_list(
            *("pk", "mode", "origine", "precision", "secteur__code", "secteur__nom"),
            *("zone", "zone__latitude", "zone__longitude", "zone__rayon_km"),
        )
    ),
    (int, 1),
)
_places = Prepared(
    lambda pks: zones.declared_places(Activite.objects.filter(structure__in=pks, zone__isnull=False).values("zone")),
    (int, 1),
)
_labels = Prepared(
    lambda pks: (
        LabelObtenu.objects.filter(structure__in=pks)
        .order_by("label__ordre")
        .values_list("valable_jusqu_au", "label__nom", "label__presentation")
    ),
    (int, 1),
)
_reseaux = Prepared(
    lambda pks: Reseau.objects.filter(structures__in=pks).order_by("nom").values_list("nom", "slug"), (int, 1)
)


_card = PreparedObjects(
    lambda pks, bodies: (
        Structure.objects.visible_or_moved(Acteur(organisation=Organisation(pk=bodies[0])))
        .for_detail()
        .filter(pk__in=pks)
    ),
    (int, 1),
    (int, 1),
)


def card(pk: int, acteur: Acteur) -> Structure | None:
    """The structure of a page, for who may see it or be sent to the one that replaced it; one query, compiled once."""
    if pk > BigIntegerField.MAX_BIGINT:
        return None
    return next(iter(_card.objects([pk], [acteur.organisation_id or 0])), None)


def activities_of(structure: Structure) -> list[Activite]:
    """What a structure does, with the columns a card prints; one query."""
    return [
        Activite(
            pk=pk, mode=mode, origine=origine, precision=precision, secteur=Secteur(code=code, nom=nom),
            zone=Zone(pk=zone, latitude=latitude, longitude=longitude, rayon_km=rayon) if zone else None,
        )
        for pk, mode, origine, precision, code, nom, zone, latitude, longitude, rayon in _activites.rows([structure.pk])
    ]  # fmt: skip


def lists_held(structure: Structure) -> set[str]:
    """Names of the lists of a card that hold something; one query, which tells of the panels as well."""
    return panels.present(structure)


def fiche_vue(structure: Structure, on: date, seuil: int) -> FicheVue:
    """What to print of a structure; five to eleven queries."""
    activites = activities_of(structure)
    placed = {activite.zone for activite in activites if activite.zone}
    places = zones.describe(placed, _places.rows([structure.pk]) if placed else [])
    records = records_of(structure)
    codes = structure.departements_convention.split()
    return FicheVue(
        structure=structure,
        activites=[ActiviteVue(activite, places.get(activite.zone_id or 0, "")) for activite in activites],
        convention=rules.convention_state(structure.convention_debut, structure.convention_fin, on),
        statut=rules.experimentation_state(structure.kind, on),
        departements=list(zones.names_of(("departement", code) for code in codes).values()) if codes else [],
        mois_creux=months_in_words(mois_of(structure.mois_creux)),
        dependance=rules.dependance(structure.part_marches_publics, structure.annee_part, seuil),
        usages=usages(structure.kind, on),
        provenances=provenances(structure, records),
        sources=list(
            dict.fromkeys((SOURCES.get(record.format, record.format), record.publie_le) for record in records)
        ),
        **_lists(structure, on),
    )


def _lists(structure: Structure, on: date) -> dict[str, list]:
    found: dict[str, list] = {}
    held = lists_held(structure)
    if "labels" in held:
        found["labels"] = [
            LabelVu(LabelObtenu(label=Label(nom=nom, presentation=said), valable_jusqu_au=end), bool(end and end < on))
            for end, nom, said in _labels.rows([structure.pk])
        ]
    if "offres" in held:
        found["offres"] = list(structure.offres.all())
    if "references" in held:
        found["references"] = list(structure.references.all())
        for row in found["references"]:
            row.periode = annees(row.annee_debut, row.annee_fin)
    if "photos" in held:
        found["photos"] = list(structure.photos.all())
    if "fondations" in held:
        found["fondations"] = list(structure.fondations.select_related("co_entreprise"))
    if "reseaux" in held:
        found["reseaux"] = [Reseau(nom=nom, slug=slug) for nom, slug in _reseaux.rows([structure.pk])]
    return found


def usages(kind: str, on: date) -> list[Verdict]:
    """What buying from this kind opens to a buyer, with the lots reserved to both sectors at once."""
    said = rules.usages_acheteur(kind, on)
    if rules.reservable(kind, "les_deux", on):
        joint = Verdict.ok(
            "Peut répondre à un lot réservé à la fois au handicap et à l'insertion.",
            source="Code de la commande publique, L. 2113-14",
        )
        said.insert(1, joint)
    return said


def annees(debut: int | None, fin: int | None) -> str:
    """« 2021-2024 », « depuis 2021 », « jusqu'en 2024 », « 2021 »; "" when neither is known."""
    if debut and fin:
        return str(debut) if debut == fin else f"{debut}-{fin}"
    if debut:
        return f"depuis {debut}"
    return f"jusqu'en {fin}" if fin else ""

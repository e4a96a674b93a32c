"""Bodies named by the records: found or made, and given the name that is known elsewhere."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from marches.enums import GenreAcheteur
from marches.models import Acheteur
from marches.rules import genre_probable
from marches.rules.decp import Identite, nom_prefere
from marches.upsert.ecriture import insert, update
from portal.siret import is_siret
from portal.tables import read_table
from portal.text import de_lieu
from structures.enums import TypeIdentifiant
from structures.models import Commune, Epci, Organisation, Structure

Noms = Mapping[str, tuple[str, str]]  # SIRET → name, source
SIRET = TypeIdentifiant.SIRET.value
DITS = "données de la commande publique"  # `Organisation.source_denomination` of a name that a record gives


def read_noms(path: str | Path) -> dict[str, tuple[str, str]]:
    """A table of names (siret, denomination, perhaps source), by valid SIRET; TableError when unreadable."""
    names = {}
    for row in read_table(path, required=["siret", "denomination"]):
        number, name = row.values["siret"].replace(" ", ""), " ".join(row.values["denomination"].split())
        if name and is_siret(number):
            names.setdefault(number, (name[:250], row.values.get("source", "")[:60]))
    return names


def find_organisations(
    identities: Iterable[Identite], noms: Noms, dits: Mapping[Identite, str] | None = None
) -> tuple[dict[Identite, Organisation], set[int]]:
    """An `Organisation` for each identity, made where missing, and the ids of those that have just been named.

    A name already there stays; else it comes from the directory, then from the commune or EPCI of that SIREN, then
    from `noms`, then from what the records say (`dits`), of which a better one may come later. Six queries, whatever
    the number, and one more for each kind of identifier but SIRET.
    """
    wanted = set(identities)
    by_kind: dict[str, set[str]] = defaultdict(set)
    for kind, number in wanted:
        by_kind[kind].add(number)
    found = {
        (organisation.type_identifiant, organisation.identifiant): organisation
        for kind, numbers in by_kind.items()
        for organisation in Organisation.objects.filter(type_identifiant=kind, identifiant__in=numbers)
    }
    dits = dits or {}
    missing = sorted(wanted - found.keys())
    nameless = [organisation for organisation in found.values() if not organisation.denomination]
    known = _names([*missing, *((item.type_identifiant, item.identifiant) for item in nameless)], found, noms)
    known = {identity: (name, DITS) for identity, name in dits.items() if identity in wanted} | known
    made = []
    for kind, number in missing:
        name, source = known.get((kind, number), ("", ""))
        made.append(
            Organisation(
                type_identifiant=kind,
                identifiant=number,
                identifiant_valide=kind != SIRET or is_siret(number),
                denomination=name,
                source_denomination=source,
            ).derive()
        )
    insert(Organisation, made)
    found |= {(organisation.type_identifiant, organisation.identifiant): organisation for organisation in made}
    named = []
    for organisation in nameless:
        name, source = known.get((organisation.type_identifiant, organisation.identifiant), ("", ""))
        if name:
            organisation.denomination, organisation.source_denomination = name, source
            named.append(organisation.derive())
    for identity, name in dits.items():
        organisation = found.get(identity)
        if organisation is not None and organisation.source_denomination == DITS:
            better = nom_prefere(organisation.denomination, name)
            if better != organisation.denomination:
                organisation.denomination = better
                named.append(organisation.derive())
    update(Organisation, named, ["denomination", "source_denomination", "nom_tri"])
    return found, {organisation.pk for organisation in named}


def _names(identities: list[Identite], found: dict, noms: Noms) -> dict[Identite, tuple[str, str]]:
    """Names known of these bodies, best source first."""
    sirets = [number for kind, number in identities if kind == SIRET]
    directory: dict[int, str] = {}
    ids = [found[identity].pk for identity in identities if identity in found]
    rows = Structure.objects.filter(organisation__in=ids).order_by("-nom_tri", "-pk")
    for organisation_id, name in rows.values_list("organisation", "nom"):
        directory[organisation_id] = name
    sirens = {number[:9] for number in sirets}
    places = dict(Epci.objects.filter(siren__in=sirens).values_list("siren", "nom"))
    for siren, name in Commune.objects.filter(siren__in=sirens, parente=None).values_list("siren", "nom"):
        places[siren] = f"Commune {de_lieu(name)}"
    known = {}
    for identity in identities:
        organisation = found.get(identity)
        if organisation is not None and organisation.pk in directory:
            known[identity] = (directory[organisation.pk][:250], "annuaire")
        elif identity[0] == SIRET and identity[1][:9] in places:
            known[identity] = (places[identity[1][:9]][:250], "référentiel des territoires")
        elif identity[0] == SIRET and identity[1] in noms:
            known[identity] = noms[identity[1]]
    return known


def find_acheteurs(organisations: Iterable[Organisation]) -> dict[int, Acheteur]:
    """The `Acheteur` of each organisation, by organisation id, made where missing; the kind guessed when unknown."""
    by_id = {organisation.pk: organisation for organisation in organisations}
    found = {acheteur.organisation_id: acheteur for acheteur in Acheteur.objects.filter(organisation__in=by_id)}
    guessed = {pk: genre_probable(organisation.siren, organisation.denomination) for pk, organisation in by_id.items()}
    made = [Acheteur(organisation=by_id[pk], genre=guessed[pk]) for pk in sorted(by_id.keys() - found.keys())]
    changed = [item for item in found.values() if item.genre == GenreAcheteur.INCONNU != guessed[item.organisation_id]]
    for acheteur in changed:
        acheteur.genre = guessed[acheteur.organisation_id]
    update(Acheteur, changed, ["genre"])
    insert(Acheteur, made)
    return found | {acheteur.organisation_id: acheteur for acheteur in made}

"""« Ce fournisseur est-il inclusif ? »: SIRET and SIREN numbers matched with the directory.

A number the directory does not know is not a supplier that is not inclusive: pages say so beside « inconnu ».
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import TextChoices

from portal import depots
from portal.correspondance import Champ, propose
from portal.imports import FichierRefuse
from portal.models import Depot
from portal.siret import SIREN_LENGTH, SIRET_LENGTH, clean, is_siren, is_siret, repair
from portal.tables import Row
from portal.templatetags.formats import nombre
from structures.models import Structure
from structures.rules import convention_state

USAGE = "fournisseurs"  # of the files kept between two pages
MOST_LINES = 5_000
AT_ONCE = 2_000  # SIREN asked for in one query
SAMPLE = 200  # rows read to guess which column holds the numbers
LA_POSTE = "356000000"
PASTED = "liste collée.csv"
BARE = "SIRET\n"  # the header that numbers pasted alone are given: it is no line of theirs

CHAMP = Champ(
    "siret",
    "SIRET du fournisseur",
    ("siret", "numéro siret", "n° siret", "code siret", "siret titulaire", "siren", "identifiant", "id fournisseur"),
    obligatoire=True,
)


class Etat(TextChoices):
    """What the directory says of one number."""

    INCLUSIF = "inclusif", "Connu de l'annuaire"
    AUTRE = "autre", "Même entreprise, autre établissement"
    INCONNU = "inconnu", "Inconnu de l'annuaire"
    INVALIDE = "invalide", "Numéro invalide"

    @property
    def formes(self) -> str:
        """What follows a number of them: singular, then plural."""
        return {
            "inclusif": "connu de l'annuaire,connus de l'annuaire",
            "autre": "connu par un autre établissement,connus par un autre établissement",
            "inconnu": "inconnu de l'annuaire,inconnus de l'annuaire",
        }.get(self.value, "numéro invalide,numéros invalides")

    @property
    def tone(self) -> str:
        """Colour of its badge."""
        return {"inclusif": "ok", "autre": "information", "invalide": "blocage"}.get(self.value, "generic")


@dataclass(frozen=True)
class Reponse:
    """What is known of one number: cards of this very establishment, then those of the same company elsewhere.

    For a SIREN no establishment is told, so all its cards are `ailleurs`. `raison` says why a number is invalid.
    """

    numero: str
    etat: Etat
    ici: tuple[Structure, ...] = ()
    ailleurs: tuple[Structure, ...] = ()
    raison: str = ""

    @property
    def is_siren(self) -> bool:
        return self.etat != Etat.INVALIDE and len(self.numero) == SIREN_LENGTH

    @property
    def kinds(self) -> list[str]:
        """Kinds at this establishment, each once."""
        return sorted({structure.kind for structure in self.ici})

    @property
    def kinds_ailleurs(self) -> list[str]:
        return sorted({structure.kind for structure in self.ailleurs})


# One number ---------------------------------------------------------------------------------------------------------
def lire(value: object) -> tuple[str, str]:
    """A number as people and spreadsheets write it: (SIRET or SIREN, ""), or (what was read, why it is none)."""
    siret, valid = repair(value)
    if valid:
        return siret, ""
    number, valid = repair(value, SIREN_LENGTH)
    if valid and len(clean(value)) >= SIREN_LENGTH:  # fewer digits: any short number could pass for a SIREN
        return number, ""
    number = clean(value)
    return number, _fault(number)


def _fault(number: str) -> str:
    if not number:
        return "Aucun numéro\u00a0: un SIRET compte 14 chiffres, un SIREN 9."
    if not (number.isascii() and number.isdigit()):
        return "Ce numéro contient autre chose que des chiffres\u00a0: recopiez les 14 chiffres du SIRET."
    if len(number) not in {SIREN_LENGTH, SIRET_LENGTH}:
        return f"Ce numéro compte {len(number)} chiffres\u00a0: il en faut 14 pour un SIRET, 9 pour un SIREN."
    if number.startswith(LA_POSTE) and len(number) == SIRET_LENGTH:
        return (
            "Clé fausse\u00a0: pour La Poste, la somme des 14 chiffres doit être un multiple de 5. Vérifiez la saisie."
        )
    if len(number) == SIRET_LENGTH and is_siren(number[:SIREN_LENGTH]):
        return "Les 9 premiers chiffres sont justes, mais la clé du SIRET est fausse\u00a0: vérifiez les 5 derniers."
    return "La clé de contrôle est fausse\u00a0: un chiffre manque, est de trop ou a été interverti."


def rapprocher(numeros: Iterable[str]) -> dict[str, Reponse]:
    """The answer to each valid number, read by `lire`; one query for 2 000 companies.

    A card replaced by another one answers for its former number with the card that took over.
    """
    numeros = set(numeros)
    by_siren: dict[str, list[tuple[str, Structure]]] = {}
    sirens = sorted({numero[:SIREN_LENGTH] for numero in numeros})
    for start in range(0, len(sirens), AT_ONCE):
        found = (
            Structure.objects.filter(publiee=True, organisation__siren__in=sirens[start : start + AT_ONCE])
            .select_related("organisation", "groupe", "remplacee_par__organisation", "remplacee_par__groupe")
            .defer("racines", "description", "remplacee_par__racines", "remplacee_par__description")
            .order_by("nom_tri", "pk")
        )
        for structure in found:
            shown = structure.remplacee_par or structure
            if shown.publiee:
                place = (structure.organisation.identifiant, shown)
                by_siren.setdefault(structure.organisation.siren, []).append(place)
    return {numero: _answer(numero, by_siren.get(numero[:SIREN_LENGTH], [])) for numero in numeros}


def _answer(numero: str, known: list[tuple[str, Structure]]) -> Reponse:
    here = {shown.pk: shown for identifiant, shown in known if identifiant == numero}
    elsewhere = {shown.pk: shown for identifiant, shown in known if identifiant != numero and shown.pk not in here}
    etat = Etat.INCLUSIF if here else Etat.AUTRE if elsewhere else Etat.INCONNU
    return Reponse(numero, etat, tuple(here.values()), tuple(elsewhere.values()))


def verifier(value: object) -> Reponse:
    """The answer to one number as typed; one query, none for an invalid one."""
    numero, raison = lire(value)
    return Reponse(numero, Etat.INVALIDE, raison=raison) if raison else rapprocher([numero])[numero]


# A list -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Ligne:
    """One line of a list; `doublon_de` is the line where the same number stands first."""

    ligne: int
    cellules: list[str]
    lu: str
    reponse: Reponse
    doublon_de: int | None = None


@dataclass
class Rapport:
    """A whole list answered: its lines in order, and counts where a number written twice counts once."""

    entetes: list[str]
    colonne: str
    lignes: list[Ligne] = field(default_factory=list)
    etats: Counter = field(default_factory=Counter)
    kinds: Counter = field(default_factory=Counter)
    doublons: int = 0

    @property
    def distincts(self) -> int:
        """Valid numbers, each once."""
        return sum(count for etat, count in self.etats.items() if etat != Etat.INVALIDE)

    def filtered(self, etat: str) -> list[Ligne]:
        """Lines of one answer, « doublon » included; all of them for anything else."""
        if etat == "doublon":
            return [ligne for ligne in self.lignes if ligne.doublon_de]
        if etat in Etat.values:
            return [ligne for ligne in self.lignes if ligne.reponse.etat == etat]
        return self.lignes


def texte_en_table(text: str) -> str:
    """A pasted text as a CSV: its first line is kept as headers when it holds no figure, else one number a line."""
    lines = [line.strip(" \ufeff") for line in text.replace("\x00", "").splitlines() if line.strip()]
    if not lines or not any(char.isdigit() for char in lines[0]):
        return "\n".join(lines)
    numbers = [part.strip() for line in lines for part in line.replace("\t", ";").replace(",", ";").split(";")]
    return BARE + "\n".join(f'"{number.replace(chr(34), "")}"' for number in numbers if number)


def lignes(depot: Depot) -> tuple[list[str], list[Row]]:
    """Headers and rows of a list. A file that begins with a number has no header: its columns are then numbered.

    FichierRefuse beyond 5 000 lines, when there is no row, or when one has more cells than there are headers.
    """
    headers: list[str] = []
    rows: list[Row] = []
    total = 0
    added = 1 if depot.nom == PASTED and bytes(depot.contenu).startswith(f'{BARE}"'.encode()) else 0
    for row in depots.table(depot):
        if not headers:
            headers = list(row.values)
            if any(not lire(header)[1] for header in headers):
                first, headers = headers, [f"Colonne {rank}" for rank in range(1, len(headers) + 1)]
                rows.append(Row(1, dict(zip(headers, first, strict=True))))
                total += 1
        total += 1
        if total <= MOST_LINES:
            rows.append(Row(row.line - added, dict(zip(headers, row.values.values(), strict=True))))
    if not rows:
        raise FichierRefuse("La liste est vide\u00a0: il faut au moins un SIRET sous la ligne d'en-têtes.")
    if total > MOST_LINES:
        raise FichierRefuse(
            f"Votre liste compte {nombre(total)} lignes, la limite est de {nombre(MOST_LINES)}\u00a0: partagez-la en "
            f"{-(-total // MOST_LINES)} fichiers de {nombre(MOST_LINES)} lignes au plus, en répétant la ligne "
            "d'en-têtes."
        )
    return headers, rows


def colonne(entetes: list[str], rows: list[Row], asked: str = "") -> str:
    """The column that holds the numbers: the one asked for, the one so called, the one with most valid SIRET; or ""."""
    if asked in entetes:
        return asked
    if header := propose(entetes, [CHAMP]).get("siret"):
        return header
    counts = {name: sum(is_siret(row.values.get(name)) for row in rows[:SAMPLE]) for name in entetes}
    best = max(counts, key=lambda name: counts[name], default="")
    return best if counts.get(best) else ""


def rapport(entetes: list[str], rows: list[Row], colonne: str) -> Rapport:
    """The whole list answered; as many queries for one line as for 2 000."""
    read = [(row, *lire(row.values.get(colonne))) for row in rows]
    known = rapprocher(numero for _, numero, fault in read if not fault)
    report, first = Rapport(entetes, colonne), {}
    for row, numero, fault in read:
        answer = Reponse(numero, Etat.INVALIDE, raison=fault) if fault else known[numero]
        twin = None if fault else first.get(numero)
        report.lignes.append(Ligne(row.line, list(row.values.values()), row.values.get(colonne, ""), answer, twin))
        if twin:
            report.doublons += 1
            continue
        first[numero] = row.line
        report.etats[answer.etat] += 1
        report.kinds.update(answer.kinds)
    return report


# Out ----------------------------------------------------------------------------------------------------------------
COLONNES = (
    "Réponse de l'annuaire", "Précision", "Types à cet établissement", "Nom dans l'annuaire", "Convention",
    "Types dans un autre établissement", "Autres établissements (SIRET)", "Source", "Date des données",
    "Adresse de la fiche",
)  # fmt: skip


def export_rows(report: Rapport, on: date, absolute: Any) -> Iterator[list[Any]]:
    """The lines as they came, each followed by the answer; `absolute` makes a full address of a path."""
    for ligne in report.lignes:
        answer = ligne.reponse
        shown = answer.ici[0] if answer.ici else None
        states = [convention_state(card.convention_debut, card.convention_fin, on).reason for card in answer.ici]
        yield [
            *ligne.cellules,
            answer.etat.label,
            answer.raison or (f"Doublon de la ligne {ligne.doublon_de}" if ligne.doublon_de else ""),
            ", ".join(answer.kinds),
            ", ".join(dict.fromkeys(card.nom for card in answer.ici)),
            " ".join(dict.fromkeys(filter(None, states))),
            ", ".join(answer.kinds_ailleurs),
            ", ".join(dict.fromkeys(card.organisation.identifiant for card in answer.ailleurs if card.organisation)),
            shown.source if shown else "",
            shown.donnees_du if shown else None,
            absolute(shown.get_absolute_url()) if shown else "",
        ]

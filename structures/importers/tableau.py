"""A free table of structures, once a person has said which column is what."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.correspondance import Champ, apply
from portal.tables import Row
from structures.enums import Mode, NiveauLieu
from structures.importers.common import Context, Format, Reading, day_of, joined
from structures.importers.mots import Lieux, Secteurs, kind_of, looks_personal, mode_of
from structures.lieux import resolve
from structures.rules import usual_mode
from structures.upsert import Fiche

FORMAT = "tableau"
USAGE = "structures"
LARGEST_RADIUS = 500  # km, as a zone takes it
RAYON = re.compile(
    r"(?P<km>\d{1,4}(?:[.,]\d+)?) ?(?:kms?|kilom[eè]tres?)?(?: autour (?:de |d['’]|du )?(?P<lieu>.+))?", re.IGNORECASE
)
POSTCODE = re.compile(r"\b\d{5}\b")
CHAMPS = (
    Champ("siret", "SIRET", ("n siret", "numero siret", "siret etablissement", "siret de la structure"), True,
          "14 chiffres\u00a0; il dit de quelle structure parle la ligne."),
    Champ("type", "Type de structure", ("type", "kind", "categorie", "mesure", "statut", "conventionnement"),
          aide="En toutes lettres ou en sigle\u00a0: EI, ACI, «\u00a0chantier d'insertion\u00a0», ESAT…"),
    Champ("nom", "Nom", ("raison sociale", "denomination", "nom de la structure", "structure", "denomination sociale",
                          "name"),
          aide="Nécessaire pour les structures que l'annuaire ne connaît pas encore."),
    Champ("enseigne", "Enseigne", ("nom commercial", "sigle", "nom d usage", "marque", "brand")),
    Champ("adresse", "Adresse", ("adresse postale", "rue", "voie", "adresse 1", "address", "address line 1")),
    Champ("code_postal", "Code postal", ("cp", "post code", "postcode")),
    Champ("ville", "Ville", ("commune", "localite", "city")),
    Champ("courriel", "Courriel public", ("courriel", "mail", "e mail", "email", "adresse electronique", "adresse mail",
                                         "adresse courriel", "mel"),
          aide="Un courriel d'accueil\u00a0: ceux qui semblent porter le nom d'une personne sont laissés de côté."),
    Champ("telephone", "Téléphone public", ("telephone", "tel", "standard", "phone")),
    Champ("site", "Site", ("site internet", "site web", "url", "website")),
    Champ("description", "Présentation", ("description", "activite detaillee", "a propos")),
    Champ("secteurs", "Secteurs d'activité", ("secteurs", "secteur", "activites", "activite", "metiers", "prestations"),
          aide="Codes, noms ou synonymes, séparés par des points-virgules."),
    Champ("mode", "Mode de réponse", ("mode", "modalite"),
          aide="Prestation, mise à disposition ou fabrication\u00a0; à défaut, le mode habituel du type."),
    Champ("zone", "Zone d'intervention", ("zone", "territoire", "territoires", "perimetre", "departements",
                                         "departements d intervention", "secteur geographique"),
          aide="«\u00a0France\u00a0», codes ou noms de départements, régions, communes, séparés par des "
               "points-virgules."),
    Champ("rayon", "Rayon d'intervention (km)", ("rayon", "rayon km", "rayon en km", "rayon d intervention",
                                                "rayon d action", "distance maximale", "kilometres"),
          aide="De 1 à 500, autour du siège, ou de la commune ci-dessous\u00a0; s'ajoute à la zone."),
    Champ("rayon_autour", "Commune au centre du rayon", ("centre du rayon", "rayon autour de", "autour de",
                                                        "commune du rayon"),
          aide="Nom et code postal\u00a0; à défaut, la ville du siège."),
    Champ("capacite", "Capacité (places)", ("capacite", "places", "nombre de places")),
    Champ("effectif", "Effectif", ("nombre de salaries", "nb salaries", "etp")),
    Champ("convention_debut", "Début de convention ou d'agrément", ("debut convention", "date de debut",
                                                                   "date d agrement")),
    Champ("convention_fin", "Fin de convention ou d'agrément", ("fin convention", "date de fin", "echeance")),
)  # fmt: skip


@dataclass
class Choix:
    """What the person answered: the columns, the kind of lines that tell none, the network of the structures."""

    colonnes: dict[str, str]
    kind: str = ""
    reseau: str = ""  # slug
    organisation: int = 0  # whose file it is: two networks may speak of the same structure
    format: str = FORMAT
    officiel: bool = False  # brought by the administration
    publie_le: date | None = None  # of an official list

    @classmethod
    def read(cls, saved: Any) -> "Choix | None":
        """From `Depot.choix`; None when the columns are still to be chosen."""
        saved = saved if isinstance(saved, dict) else {}
        colonnes, format = saved.get("colonnes") or {}, saved.get("format", FORMAT)
        if format == FORMAT and not colonnes:
            return None
        given = {name: saved[name] for name in ("kind", "reseau", "organisation", "officiel") if name in saved}
        published = saved.get("publie_le")
        return cls(
            dict(colonnes), format=format, publie_le=date.fromisoformat(published) if published else None, **given
        )


@dataclass
class _Reader:
    choix: Choix
    secteurs: Secteurs = field(default_factory=Secteurs)
    lieux: Lieux = field(default_factory=Lieux)
    named: dict[str, int] = field(default_factory=dict)  # key of a structure → the line that names it

    def read(self, row: Row, context: Context) -> Fiche | None:
        reading = Reading(Row(row.line, apply(row, self.choix.colonnes)), context)
        siret, valid = reading.siret("siret")
        if not siret:
            return reading.set_aside("ligne sans SIRET", reading["nom"])
        if not valid:
            return reading.set_aside("SIRET invalide\u00a0: vérifiez ses 14 chiffres", reading["siret"])
        kind = kind_of(reading["type"]) if reading["type"] else self.choix.kind
        if not kind:
            return reading.set_aside("type de structure absent ou inconnu", reading["type"] or reading["nom"])
        cle = f"{self.choix.organisation}|{siret}|{kind}"
        if cle in self.named:
            reading.flag("structure déjà nommée plus haut, complétée par cette ligne", f"ligne {self.named[cle]}")
        self.named.setdefault(cle, row.line)
        champs = self._champs(reading)
        activites, zone = self._activites(reading, kind)
        rayon = self._rayon(reading, champs)
        if rayon and not activites:
            reading.flag("rayon sans secteur, laissé de côté", reading["rayon"])
            rayon = None
        return reading.fiche(
            cle=cle,
            kind=kind,
            siret=siret,
            brut={},  # nothing else of the file is kept
            champs=champs,
            activites=activites,
            zone=zone,
            rayon=rayon,
            reseaux=[self.choix.reseau] if self.choix.reseau else [],
        )

    def _champs(self, reading: Reading) -> dict[str, Any]:
        nom, enseigne = reading["nom"][:250], reading["enseigne"][:250]
        courriel = reading.email("courriel")
        if courriel and looks_personal(courriel, nom, enseigne):
            reading.flag("courriel peut-être nominatif, laissé de côté")  # not repeated in the report
            courriel = ""
        start, end = self._day(reading, "convention_debut"), self._day(reading, "convention_fin")
        if start and end and end < start:
            reading.flag("fin de convention avant son début, dates laissées de côté", f"{start} – {end}")
            start = end = None
        champs = {
            "nom": nom,
            "enseigne": enseigne,
            "description": reading.row.values.get("description", "").replace("\x00", "").strip()[:5_000],
            "courriel": courriel,
            "telephone": reading["telephone"][:30],
            "site": reading.url("site"),
            "capacite": reading.whole("capacite"),
            "effectif": reading.whole("effectif"),
            "convention_debut": start,
            "convention_fin": end,
        }
        if reading["ville"] or reading["code_postal"]:
            champs |= reading.place(reading["ville"], reading.digits("code_postal", 5, "code postal"))
            champs["adresse"] = joined(reading["adresse"])
        return champs

    def _activites(self, reading: Reading, kind: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        codes, unknown = self.secteurs.read(reading.row.values.get("secteurs", ""))
        for words in unknown:
            reading.flag("secteur inconnu, laissé de côté", words)
        mode: str | None = usual_mode(kind).value
        if reading["mode"]:
            mode = mode_of(reading["mode"])
            if mode is None:
                reading.flag("mode de réponse inconnu, remplacé par le mode habituel", reading["mode"])
                mode = usual_mode(kind).value
        zone, nowhere = self.lieux.read(reading.row.values.get("zone", ""))
        for words in nowhere:
            reading.flag("lieu inconnu, laissé de côté", words)
        if zone and not codes:
            reading.flag("zone sans secteur, laissée de côté", reading["zone"])
        return [(code, mode or Mode.PRESTATION.value) for code in codes], zone if codes else []

    def _rayon(self, reading: Reading, champs: dict[str, Any]) -> tuple[str, int] | None:
        """« 30 », « 30 km », « 30 km autour de Lisieux » → the commune at the centre, and the km."""
        written = reading["rayon"]
        if not written:
            return None
        found = RAYON.fullmatch(written)
        km = round(float(found["km"].replace(",", "."))) if found else 0
        if not found or not 1 <= km <= LARGEST_RADIUS:
            reading.flag("rayon illisible, laissé de côté\u00a0: écrivez un nombre de kilomètres de 1 à 500", written)
            return None
        around = reading["rayon_autour"] or found["lieu"] or ""
        centre = self._centre(around, champs, reading.context) if around else champs.get("commune_id")
        if not centre or centre not in reading.context.communes.point:
            why = "commune au centre du rayon inconnue" if around else "rayon sans ville du siège pour centre"
            reading.flag(f"{why}, rayon laissé de côté", around or written)
            return None
        return centre, km

    def _centre(self, around: str, champs: dict[str, Any], context: Context) -> str | None:
        postcode = POSTCODE.search(around)
        city = POSTCODE.sub(" ", around).strip(" ()-,")
        near = context.communes.match(city, postcode[0] if postcode else "", champs.get("departement_id") or "").code
        if near:
            return near
        lieu = resolve(around).lieu  # farther than the département of the seat
        return lieu.code if lieu and lieu.niveau == NiveauLieu.COMMUNE else None

    def _day(self, reading: Reading, column: str) -> str | None:
        found = day_of(reading[column])
        if reading[column] and not found:
            reading.flag("date illisible, laissée de côté", reading[column])
        return found


def format_of(choix: Choix) -> Format:
    """The format that these answers make of a table."""
    return Format(FORMAT, "tableau libre", required=(), read=_Reader(choix).read, by_siret=True)

"""A free table of structures, once a person has said which column is what."""

from dataclasses import dataclass, field
from typing import Any

from portal.correspondance import Champ, apply
from portal.tables import Row
from structures.enums import Mode
from structures.importers.common import Context, Format, Reading, day_of, joined
from structures.importers.mots import Lieux, Secteurs, kind_of, looks_personal, mode_of
from structures.rules import usual_mode
from structures.upsert import Fiche

FORMAT = "tableau"
USAGE = "structures"
CHAMPS = (
    Champ("siret", "SIRET", ("n siret", "numero siret", "siret etablissement", "siret de la structure"), True,
          "14 chiffres ; il dit de quelle structure parle la ligne."),
    Champ("type", "Type de structure", ("type", "kind", "categorie", "mesure", "statut", "conventionnement"),
          aide="En toutes lettres ou en sigle : EI, ACI, « chantier d'insertion », ESAT…"),
    Champ("nom", "Nom", ("raison sociale", "denomination", "nom de la structure", "structure", "denomination sociale"),
          aide="Nécessaire pour les structures que l'annuaire ne connaît pas encore."),
    Champ("enseigne", "Enseigne", ("nom commercial", "sigle", "nom d usage", "marque")),
    Champ("adresse", "Adresse", ("adresse postale", "rue", "voie", "adresse 1")),
    Champ("code_postal", "Code postal", ("cp",)),
    Champ("ville", "Ville", ("commune", "localite")),
    Champ("courriel", "Courriel public", ("courriel", "mail", "e mail", "email", "adresse electronique", "adresse mail",
                                         "adresse courriel", "mel"),
          aide="Un courriel d'accueil : ceux qui semblent porter le nom d'une personne sont laissés de côté."),
    Champ("telephone", "Téléphone public", ("telephone", "tel", "standard")),
    Champ("site", "Site", ("site internet", "site web", "url")),
    Champ("description", "Présentation", ("description", "activite detaillee", "a propos")),
    Champ("secteurs", "Secteurs d'activité", ("secteurs", "secteur", "activites", "activite", "metiers", "prestations"),
          aide="Codes, noms ou synonymes, séparés par des points-virgules."),
    Champ("mode", "Mode de réponse", ("mode", "modalite"),
          aide="Prestation, mise à disposition ou fabrication ; à défaut, le mode habituel du type."),
    Champ("zone", "Zone d'intervention", ("zone", "territoire", "territoires", "perimetre", "departements",
                                         "departements d intervention", "secteur geographique"),
          aide="« France », codes ou noms de départements, régions, communes, séparés par des points-virgules."),
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

    @classmethod
    def read(cls, saved: Any) -> "Choix | None":
        """From `Depot.choix`; None when the columns are still to be chosen."""
        saved = saved if isinstance(saved, dict) else {}
        colonnes, format = saved.get("colonnes") or {}, saved.get("format", FORMAT)
        if format == FORMAT and not colonnes:
            return None
        given = {name: saved[name] for name in ("kind", "reseau", "organisation", "officiel") if name in saved}
        return cls(dict(colonnes), format=format, **given)


@dataclass
class _Reader:
    choix: Choix
    secteurs: Secteurs = field(default_factory=Secteurs)
    lieux: Lieux = field(default_factory=Lieux)

    def read(self, row: Row, context: Context) -> Fiche | None:
        reading = Reading(Row(row.line, apply(row, self.choix.colonnes)), context)
        siret, valid = reading.siret("siret")
        if not siret:
            return reading.set_aside("ligne sans SIRET", reading["nom"])
        if not valid:
            return reading.set_aside("SIRET invalide : vérifiez ses 14 chiffres", reading["siret"])
        kind = kind_of(reading["type"]) if reading["type"] else self.choix.kind
        if not kind:
            return reading.set_aside("type de structure absent ou inconnu", reading["type"] or reading["nom"])
        activites, zone = self._activites(reading, kind)
        return reading.fiche(
            cle=f"{self.choix.organisation}|{siret}|{kind}",
            kind=kind,
            siret=siret,
            brut={},  # nothing else of the file is kept
            champs=self._champs(reading),
            activites=activites,
            zone=zone,
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

    def _day(self, reading: Reading, column: str) -> str | None:
        found = day_of(reading[column])
        if reading[column] and not found:
            reading.flag("date illisible, laissée de côté", reading[column])
        return found


def format_of(choix: Choix) -> Format:
    """The format that these answers make of a table."""
    return Format(FORMAT, "tableau libre", required=(), read=_Reader(choix).read, by_siret=True)

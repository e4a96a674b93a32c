"""Lists of entreprises adaptées: no official layout exists, so columns are known by what people call them."""

import re
from collections.abc import Callable, Iterable

from portal.correspondance import Champ, propose
from portal.tables import Row
from portal.text import fold
from structures.enums import Kind
from structures.importers.common import Context, Format, Reading, day_of, joined
from structures.importers.mots import kind_of, looks_personal
from structures.upsert import Fiche

CHAMPS = (
    Champ("siret", "SIRET", ("n siret", "numero siret", "siret etablissement", "siret de l ea"), obligatoire=True),
    Champ(
        "nom",
        "Raison sociale",
        ("denomination", "nom", "nom de l entreprise adaptee", "entreprise adaptee", "denomination sociale",
         "nom de l entreprise", "nom ea", "structure"),
        obligatoire=True,
    ),
    Champ("enseigne", "Enseigne", ("nom commercial", "sigle", "nom d usage")),
    Champ("type", "Type", ("ea eatt", "type ea", "type d entreprise adaptee", "categorie", "statut")),
    Champ("adresse", "Adresse", ("adresse postale", "rue", "voie", "adresse 1")),
    Champ("complement", "Complément d'adresse", ("complement", "adresse 2")),
    Champ("code_postal", "Code postal", ("cp",)),
    Champ("ville", "Commune", ("ville", "localite")),
    Champ("departement", "Département", ("dpt", "dept", "code departement", "n departement")),
    Champ("debut", "Date d'agrément", ("date agrement", "date de debut", "debut cpom", "date cpom", "agrement",
                                      "date de debut du cpom", "date de signature du cpom")),
    Champ("fin", "Fin d'agrément", ("fin cpom", "date de fin", "date de fin du cpom", "echeance cpom", "fin agrement",
                                    "date de fin d agrement")),
    Champ("effectif", "Effectif", ("nombre de salaries", "nb salaries", "effectif total")),
    Champ("telephone", "Téléphone", ("tel", "telephone standard")),
    Champ("courriel", "Courriel", ("mail", "e mail", "email", "adresse electronique", "adresse mail")),
    Champ("site", "Site internet", ("site", "site web", "url")),
    Champ("naf", "Code NAF", ("naf", "ape", "code ape")),
)  # fmt: skip
MORE = (
    Champ("secteurs", "Secteurs d'activité", ("secteurs", "secteur", "activites", "metiers", "prestations")),
    Champ("description", "Présentation", ("description",)),
)
SAYS_EA = re.compile(r"\b(ea|eatt|cpom|entreprises? adaptees?)\b")


def is_list(entetes: Iterable[str], types: Callable[[str], Iterable[str]]) -> bool:
    """Whether a table is a list of entreprises adaptées: it tells SIRET and names, and either its headers speak of
    EA, EATT or CPOM, or every kind it writes is one of the two. `types` gives the cells of a column.

    A table that also tells sectors or a text of presentation says more than this format reads: it is not taken for one.
    """
    entetes = list(entetes)
    columns = propose(entetes, CHAMPS)
    if not {"siret", "nom"} <= columns.keys() or propose(entetes, MORE):
        return False
    kinds = {kind_of(cell) for cell in types(columns["type"]) if cell} if "type" in columns else set()
    if kinds:
        return kinds <= {Kind.EA.value, Kind.EATT.value}
    return any(SAYS_EA.search(fold(header)) for header in entetes)


def read(row: Row, context: Context) -> Fiche | None:
    reading = Reading(row, context)
    nom = reading["nom"]
    siret, valid = reading.siret("siret")
    if not siret:
        return reading.set_aside("ligne sans SIRET", nom)
    if not nom:
        return reading.set_aside("ligne sans raison sociale", siret)
    kind = kind_of(reading["type"]) or Kind.EA.value
    if kind not in {Kind.EA, Kind.EATT}:
        return reading.set_aside("ni EA ni EATT", reading["type"])
    departement = reading["departement"].upper().split(" ")[0]
    courriel = reading.email("courriel")
    if courriel and looks_personal(courriel, nom, reading["enseigne"]):
        reading.flag("courriel peut-être nominatif, laissé de côté")  # not repeated in the report
        courriel = ""
    start, end = day_of(reading["debut"]), day_of(reading["fin"])
    if start and end and end < start:
        reading.flag("fin d'agrément avant son début, dates laissées de côté", f"{start} – {end}")
        start = end = None
    naf = reading["naf"].upper().replace(".", "")
    return reading.fiche(
        cle=f"{siret}|{kind}",
        kind=kind,
        siret=siret,
        siret_valide=valid,
        brut={},  # other columns may name people
        champs={
            "nom": nom[:250],
            "enseigne": reading["enseigne"][:250],
            "adresse": joined(reading["adresse"], reading["complement"]),
            "telephone": reading["telephone"][:30],
            "courriel": courriel,
            "site": reading.url("site"),
            "effectif": reading.whole("effectif"),
            "convention_debut": start,
            "convention_fin": end,
            "naf": naf[:6],
            **reading.place(
                reading["ville"],
                reading.digits("code_postal", 5, "code postal"),
                departement.zfill(2) if departement else "",
            ),
        },
        activites=context.activities(kind, naf),
    )


FORMAT = Format(
    name="ea", libelle="liste d'entreprises adaptées, colonnes reconnues à leur titre", required=(), read=read,
    champs=CHAMPS, by_siret=True,
)  # fmt: skip

"""The contracts of the founding stories, and some fifty invented ones on the same buyers and others, made."""

import random
from datetime import date, timedelta
from decimal import Decimal

from marches.enums import (
    FormeGroupement,
    Reservation,
)
from marches.models import Acheteur, DispenseSociale, Groupement, Lot, Marche, MembreGroupement, Titulaire
from marches.rules import add_months
from marches.upsert import lot_racines, reindex
from marches.upsert.facts import refresh_holders
from marches.upsert.references import Secteurs
from portal.pages.demo.cas import RARES
from portal.pages.demo.contrats import ACHETEURS, DISPENSES, ENTREPRISES, GABARITS, L, T, told
from portal.pages.demo.identites import Registre
from structures.enums import Kind
from structures.models import Commune, Secteur, Structure

LIENS = {"predecesseur", "operation_mere", "accord_cadre"}
SEUIL, SEUIL_TRAVAUX = 200_000, 5_000_000  # below every European threshold of these years
INVENTED = 48


class Maker:
    """Makes contracts, with what they share: organisations, sectors, communes."""

    def __init__(self, cards: dict[str, Structure]):
        self.cards = cards
        self.registre = Registre()
        for _ in range(500):  # numbers of structures come before those of buyers and firms
            self.registre.siret()
        codes = {insee for _, _, insee in [*ACHETEURS.values(), *ENTREPRISES]} | {"93001", "93072", "93055", "75056"}
        self.communes = Commune.objects.select_related("departement").in_bulk(codes | {"14118"})
        self.secteurs = {secteur.code: secteur for secteur in Secteur.objects.all()}
        self.words = Secteurs()
        self.acheteurs = {
            key: Acheteur.objects.create(
                organisation=self.registre.organisation(nom, self.communes[insee]), genre=genre
            )
            for key, (nom, genre, insee) in ACHETEURS.items()
        }
        self.entreprises = {
            key: self.registre.organisation(nom, self.communes[insee]) for key, nom, insee in ENTREPRISES
        }

    def body(self, key: str):
        return self.entreprises[key] if key in self.entreprises else self.cards[key].organisation

    def marche(self, acheteur: str, columns: dict, lots: list[L], made: dict[str, Marche]) -> Marche:
        columns = {k: made[v] if k in LIENS else v for k, v in columns.items()}
        usual = {"procedure": _procedure(columns, lots)}
        marche = Marche(acheteur=self.acheteurs[acheteur], fictif=True, **usual | columns)
        marche.save_without_historical_record()
        seat = self.acheteurs[acheteur].organisation.commune
        for lot in lots:
            self.lot(marche, lot, self.communes.get(lot.commune) or seat)
        return marche

    def lot(self, marche: Marche, given: L, commune: Commune) -> Lot:
        lot = Lot(
            marche=marche, numero=given.numero, identifiant=marche.reference[:16], objet=given.objet, cpv=given.cpv,
            secteur=self.secteurs[given.secteur], commune=commune, departement=commune.departement,
            montant=Decimal(given.montant), montant_initial=Decimal(given.montant),
            date_notification=given.debut - timedelta(days=24),
            date_publication=given.debut + timedelta(days=given.publie_apres),
            date_debut=given.debut, date_fin=add_months(given.debut, given.mois) - timedelta(days=1),
            duree_mois=given.mois, duree_mois_initiale=given.mois, reconductions=given.reconductions,
            reconduction_mois=given.reconduction_mois, reservation=given.reservation, clause_sociale=given.clause,
            critere_social=given.critere, materiel_a_fournir=given.materiel, petit_lot=given.petit, fictif=True,
            forme_prix="Forfaitaire" if given.montant % 2_000 else "Unitaire",
            offres_recues=1 + given.montant // 1_000 % 5,
        )  # fmt: skip
        if not given.titulaires:  # nothing was awarded yet
            lot.montant_estime, lot.montant, lot.montant_initial = lot.montant, None, None
            lot.date_notification = lot.date_publication = lot.offres_recues = None
        lot.racines = lot_racines(lot.objet, lot.secteur_id, self.words)
        lot.save_without_historical_record()
        bodies = [(key, self.body(key)) for key in given.titulaires]
        Titulaire.objects.bulk_create(
            Titulaire(lot=lot, organisation=body, rang=rank) for rank, (_, body) in enumerate(bodies)
        )
        if len(bodies) > 1:
            self.groupement(lot, given.groupement, bodies)
        return lot

    def groupement(self, lot: Lot, given: dict, bodies: list) -> None:
        groupement = Groupement(
            lot=lot, nom=given.get("nom", ""), forme=given.get("forme", FormeGroupement.NON_PRECISEE),
            convention_signee_le=given.get("signee"), gouvernance=given.get("gouvernance", ""), fictif=True,
        )  # fmt: skip
        groupement.save_without_historical_record()
        MembreGroupement.objects.bulk_create(
            MembreGroupement(
                groupement=groupement, organisation=body, structure=self.cards.get(key), mandataire=rank == 0,
                voix=given.get("voix"), taches=given.get("taches", {}).get(key, ""), rang=rank,
            )
            for rank, (key, body) in enumerate(bodies)
        )  # fmt: skip


def _procedure(columns: dict, lots: list[L]) -> str:
    """The procedure that such a contract would have followed: its small lots and its insertion were adapted."""
    whole = sum(lot.montant * (1 + lot.reconductions * (lot.reconduction_mois or lot.mois) // lot.mois) for lot in lots)
    whole = max(whole, columns.get("montant_maximum", 0))
    limit = SEUIL_TRAVAUX if columns["type"] == T else SEUIL
    adapted = whole < limit or columns.get("marche_insertion") or all(lot.petit for lot in lots)
    return "Procédure adaptée" if adapted else "Appel d'offres ouvert"


def load(cards: dict[str, Structure], today: date) -> dict[str, Marche]:
    """Make every contract with its lots, holders and groupings; key → Marche (invented ones under « inv-… »)."""
    maker, made, draw = Maker(cards), {}, random.Random(28)
    for key, acheteur, columns, lots in told(today):
        made[key] = maker.marche(acheteur, columns, lots, made)
    for key, (motif, texte) in DISPENSES.items():
        day = made[key].date_lancement
        DispenseSociale(marche=made[key], motif=motif, texte=texte, constatee_le=day).save_without_historical_record()
    idf = maker.acheteurs["idf"]
    idf.objectif_heures, idf.annee_objectif = 170_000, 2017
    idf.save()
    calvados = maker.acheteurs["calvados"]
    calvados.objectif_heures, calvados.annee_objectif = 6_500, today.year
    calvados.save()
    by_kind: dict[str, list[str]] = {}
    for key, card in cards.items():
        if key not in RARES:
            by_kind.setdefault(card.kind, []).append(key)
    buyers = [key for key in ACHETEURS if key not in {"sncf", "la-poste"}]
    for rank in range(INVENTED):
        titre, type_, gabarit = draw.choice(GABARITS)
        acheteur = buyers[rank % len(buyers)]
        debut = add_months(date(today.year, today.month, 1), -draw.randrange(0, 26))
        mois = draw.choice([12, 12, 18, 24, 36])
        lots = [
            _invented_lot(draw, number, ligne, debut, mois, by_kind, type_)
            for number, ligne in enumerate(draw.sample(gabarit, k=draw.randint(1, len(gabarit))), start=1)
        ]
        columns = {
            "objet": f"{titre} – {maker.acheteurs[acheteur].organisation.denomination}",
            "reference": f"{debut:%Y}-{rank + 1:03d}",
            "type": type_,
            "date_lancement": debut - timedelta(days=draw.randrange(60, 150)),
        }
        made[f"inv-{rank}"] = maker.marche(acheteur, columns, lots, made)
    reindex([marche.pk for marche in made.values()])
    refresh_holders()
    return made


def _invented_lot(draw, number, ligne, debut, mois, by_kind, type_) -> L:
    """A lot of a pattern: reserved when a structure could hold it and the draw says so, else given to a firm."""
    objet, secteur, cpv, (least, most), firms, kinds = ligne
    reserved = bool(kinds) and draw.random() < 0.45
    holder, reservation = draw.choice(firms), Reservation.AUCUNE
    if reserved:
        kind = draw.choice(sorted(kinds))
        holder = draw.choice(by_kind[kind])
        reservation = Reservation.HANDICAP if kind in {Kind.ESAT, Kind.EA} else Reservation.INSERTION
        if draw.random() < 0.2:
            reservation = Reservation.LES_DEUX
    return L(
        objet, secteur, cpv, draw.randrange(least, most) * 1000, debut, mois, [holder], str(number), reservation,
        clause=not reserved and (type_ == T or draw.random() < 0.5), critere=draw.random() < 0.25,
        reconductions=draw.choice([0, 0, 1, 2, 3]) if type_ != T else 0, reconduction_mois=12,
    )  # fmt: skip

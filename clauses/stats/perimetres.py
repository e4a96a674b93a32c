"""What a report may be about for an `Acteur`: their contracts, buyers, places, their own organisation."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, Q
from django.db.models.functions import Cast

from clauses.enums import PorteeBilan
from clauses.models import Bilan, ClauseSociale
from clauses.querysets import holders_q
from clauses.stats.bilans import Perimetre
from marches.models import Marche
from portal.permissions import Acteur, Role
from structures.enums import NiveauLieu
from structures.lieux import from_parametre
from structures.models import Organisation

DECLARENTS = (Role.ENTREPRISE, Role.STRUCTURE)
LONGEST_KEY = 12  # digits
MOST = 300  # subjects proposed of each kind


@dataclass(frozen=True)
class Sujet:
    """What a report is about, out of what its reader may see."""

    portee: PorteeBilan
    objet: str
    libelle: str
    clauses: Any
    organisation: int | None = None

    def perimetre(self, du: date, au: date) -> Perimetre:
        return Perimetre(self.clauses, du, au, self.organisation)


def sujet(acteur: Acteur, portee: str, objet: str) -> Sujet | None:
    """The subject named by an address; None when it does not exist for this `Acteur`."""
    clauses = ClauseSociale.objects.visible_to(acteur)
    if portee == PorteeBilan.TERRITOIRE:
        return _territoire(acteur, objet, clauses)
    if not (objet.isascii() and objet.isdigit() and len(objet) < LONGEST_KEY):
        return None
    pk = int(objet)
    if portee == PorteeBilan.MARCHE and acteur.has(Role.FACILITATEUR, Role.ACHETEUR):
        marche = Marche.objects.filter(pk=pk, lots__clauses__in=clauses.values("pk")).distinct().first()
        if marche is None:
            return None
        return Sujet(PorteeBilan.MARCHE, objet, marche.objet, clauses.filter(lot__marche=marche))
    organisation = Organisation.objects.filter(pk=pk).first()
    if organisation is None:
        return None
    if portee == PorteeBilan.ACHETEUR and acteur.has(Role.FACILITATEUR, Role.ACHETEUR):
        mine = clauses.filter(lot__marche__acheteur__organisation=organisation)
        return Sujet(PorteeBilan.ACHETEUR, objet, str(organisation), mine) if mine.exists() else None
    if portee == PorteeBilan.STRUCTURE:
        if acteur.has(*DECLARENTS):
            mine = clauses if pk == acteur.organisation_id else clauses.none()
        elif acteur.has(Role.FACILITATEUR):
            mine = clauses.filter(
                Q(imputations__ligne__employeur=pk) | Q(declarations__organisation=pk) | holders_q(pk)
            ).distinct()
        else:
            return None
        if pk == acteur.organisation_id or mine.exists():
            return Sujet(PorteeBilan.STRUCTURE, objet, str(organisation), mine, pk)
    return None


def _territoire(acteur: Acteur, objet: str, clauses) -> Sujet | None:
    """Contracts done in a place; those without a place are in « France » alone."""
    lieu = from_parametre(objet) if acteur.has(Role.FACILITATEUR) else None
    if lieu is None or lieu.niveau == NiveauLieu.COMMUNE:
        return None
    departement = Q(lot__departement=lieu.code) | Q(lot__commune__departement=lieu.code)
    region = Q(lot__departement__region=lieu.code) | Q(lot__commune__departement__region=lieu.code)
    within = {
        NiveauLieu.FRANCE: Q(),
        NiveauLieu.REGION: region,
        NiveauLieu.DEPARTEMENT: departement,
        NiveauLieu.EPCI: Q(lot__commune__epci=lieu.code),
    }[lieu.niveau]
    name = "Toutes les clauses" if lieu.niveau == NiveauLieu.FRANCE else lieu.libelle
    return Sujet(PorteeBilan.TERRITOIRE, objet, name, clauses.filter(within))


def sujets(acteur: Acteur) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """(heading, [(portée, objet, label)]): every subject proposed to this `Acteur`; at most seven queries."""
    if acteur.has(*DECLARENTS):
        mine = acteur.organisation
        return [("Votre organisation", [(PorteeBilan.STRUCTURE, str(mine.pk), str(mine))])]
    clauses = ClauseSociale.objects.visible_to(acteur).order_by()
    ids = clauses.values("pk")
    buyers = Organisation.objects.filter(acheteur__marches__lots__clauses__in=ids).distinct()
    contracts = Marche.objects.filter(lots__clauses__in=ids).distinct().order_by("objet", "pk")
    found = [
        ("Acheteurs", [(PorteeBilan.ACHETEUR, str(each.pk), str(each)) for each in buyers[:MOST]]),
        (
            "Marchés",
            [(PorteeBilan.MARCHE, str(pk), objet) for pk, objet in contracts.values_list("pk", "objet")[:MOST]],
        ),
    ]  # fmt: skip
    if acteur.has(Role.FACILITATEUR):
        firms = Organisation.objects.filter(declarations__clause__in=ids) | Organisation.objects.filter(
            titulaires__lot__clauses__in=ids
        )
        places = _places(clauses)
        found = [
            ("Territoires", [(PorteeBilan.TERRITOIRE, key, label) for key, label in places]),
            *found,
            (
                "Entreprises et structures",
                [(PorteeBilan.STRUCTURE, str(o.pk), str(o)) for o in firms.distinct()[:MOST]],
            ),
        ]  # fmt: skip
    return [(heading, rows) for heading, rows in found if rows]


def _places(clauses) -> list[tuple[str, str]]:
    rows = set(
        clauses.values_list(
            "lot__departement", "lot__departement__nom", "lot__departement__region", "lot__departement__region__nom",
            "lot__commune__departement", "lot__commune__departement__nom", "lot__commune__departement__region",
            "lot__commune__departement__region__nom", "lot__commune__epci", "lot__commune__epci__nom",
        ).distinct()
    )  # fmt: skip
    found = {("france", "Toutes les clauses")} if rows else set()
    for row in rows:
        for code, name in ((row[0], row[1]), (row[4], row[5])):
            found.add((f"departement-{code}", f"{name} ({code})") if code else ("france", "Toutes les clauses"))
        found |= {(f"region-{code}", name) for code, name in ((row[2], row[3]), (row[6], row[7])) if code}
        found |= {(f"epci-{row[8]}", row[9])} if row[8] else set()
    order = ("france", "region", "departement", "epci")
    return sorted(found, key=lambda place: (order.index(place[0].partition("-")[0]), place[1]))


def signes(acteur: Acteur):
    """Signed reports this `Acteur` reads: those they signed as a facilitator, or those about them."""
    rows = Bilan.objects.select_related("facilitateur__organisation")
    if acteur.has(Role.FACILITATEUR):
        return rows.filter(facilitateur__organisation=acteur.organisation_id)
    if acteur.has(*DECLARENTS):
        return rows.filter(portee=PorteeBilan.STRUCTURE, objet=str(acteur.organisation_id))
    if acteur.has(Role.ACHETEUR):
        siren = acteur.organisation.siren
        bodies = Organisation.objects.filter(Q(siren=siren) if siren else Q(pk=acteur.organisation_id))
        contracts = Marche.objects.filter(acheteur__organisation__in=bodies)
        return rows.filter(
            Q(portee=PorteeBilan.ACHETEUR, objet__in=_keys(bodies))
            | Q(portee=PorteeBilan.MARCHE, objet__in=_keys(contracts))
        )  # fmt: skip
    return rows.none()


def _keys(rows):
    return rows.order_by().annotate(en_texte=Cast("pk", CharField())).values("en_texte")

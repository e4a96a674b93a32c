"""Letters about a gap and attestations of hours, as PDF: everything is written here as French reads it."""

import re
from collections.abc import Mapping
from typing import Any

from clauses.actions import ecarts
from clauses.enums import SuiteEcart
from clauses.models import Attestation, Ecart
from clauses.rules import SMALLEST
from clauses.stats import attestations
from portal.pdf import render_pdf
from portal.templatetags.formats import euros, heures, jour, nombre, pluriel

LONGUEUR_SIRET = 14
LONG_WORD = re.compile(r"(\S{60})(?=\S)")


def notification(ecart: Ecart) -> bytes:
    """The notice to the company: figures, parameters of the contract, until when it may answer."""
    data = _common(ecart) | {
        "titre": "Écart constaté sur une clause sociale",
        "delai": jour(ecart.delai_observations) if ecart.delai_observations else "",
    }
    return render_pdf("lettre_ecart", data)


def decision(ecart: Ecart) -> bytes:
    """The decision of the buyer, with the share of each member of the group."""
    data = _common(ecart) | {
        "titre": "Décision sur un écart",
        "organisme": str(ecart.clause.lot.marche.acheteur),
        "decision": ecart.get_decision_display(),
        "le": jour(ecart.decidee_le),
        "raisons": secable(ecart.decision_texte),
        "montant": euros(ecart.montant) if ecart.decision == SuiteEcart.PENALITE else "",
        "vers": str(ecart.vers_clause.lot) if ecart.vers_clause else "",
        "observations": secable(ecart.observations),
        "parts": [
            [part.organisation.nom, heures(part.heures), euros(part.montant)]
            for part in ecart.parts.select_related("organisation")
        ],
        "repartie": bool(ecart.repartie_le),
        "groupe": len(ecarts.membres(ecart.clause)) > 1,
    }
    return render_pdf("lettre_decision", data)


def attestation(row: Attestation, figures: Mapping[str, Any], *, part: bool, adresse: str) -> bytes:
    """The attestation, or for a buyer the part about its contracts; `adresse`: the page where anybody checks it."""
    people = figures.get("personnes") or 0
    data = {
        "titre": f"{'Extrait de l’attestation' if part else 'Attestation'} d’heures {row.numero}",
        "organisme": str(row.facilitateur),
        "organisation": figures.get("organisation", ""),
        "identifiant": figures.get("identifiant", ""),
        "nature": "SIRET" if len(figures.get("identifiant", "")) == LONGUEUR_SIRET else "Identifiant",
        "du": jour(row.du),
        "au": jour(row.au),
        "delivree": jour(row.delivree_le),
        "chiffres": [
            [heures(figures.get("heures", 0)), "d’insertion acceptées"],
            [heures(figures.get("formation", 0)), "dont formation"],
            # The paper goes from hand to hand: a number of one to four people stays with the facilitator.
            *([[nombre(people), "personnes"]] if people >= SMALLEST else []),
        ],
        "lignes": [
            [f"{line[3]} ({line[1]})", attestations.ROLES.get(line[4], line[4]), heures(line[5]), heures(line[6])]
            for line in figures.get("lignes", [])
        ],
        "extrait": part,
        "code": row.code_lisible,
        "adresse": adresse,
        "annulee": jour(row.annulee_le) if row.annulee_le else "",
        "motif": row.motif_annulation,
    }
    return render_pdf("attestation", data)


def secable(text: str) -> str:
    """The same words, those too long for a line of paper (an address) cut where they may be."""
    return LONG_WORD.sub("\\1\u200b", text)


def _titulaires(clause) -> list[str]:
    """[who they are, their names]; of a group, the spokesperson first."""
    noms = [organisation.nom for organisation in ecarts.membres(clause)]
    if len(noms) > 1 and clause.lot.groupements.filter(retenu=True).exists():
        return ["Groupement titulaire", ", ".join([f"{noms[0]} (mandataire)", *noms[1:]])]
    return ["Titulaires" if len(noms) > 1 else "Titulaire", ", ".join(noms) or "non renseigné"]


def _common(ecart: Ecart) -> dict[str, Any]:
    clause = ecart.clause
    prevue = ecarts.prevue(ecart)
    penalites = []
    if prevue is not None:
        if clause.penalite_heure is not None:
            words = f"Heures manquantes, {euros(clause.penalite_heure)} par heure"
            penalites.append([words, euros(prevue.heures)])
        if clause.penalite_document_jour is not None:
            late = pluriel(ecart.jours_retard_documents, "jour,jours")
            words = f"Documents en retard de {late}, {euros(clause.penalite_document_jour)} par jour"
            penalites.append([words, euros(prevue.documents)])
        if prevue.est_plafonnee:
            penalites.append(["Plafond du contrat", euros(prevue.plafond)])
    return {
        "organisme": str(clause.facilitateur or clause.lot.marche.acheteur),
        "marche": str(clause.lot.marche),
        "lot": str(clause.lot),
        "acheteur": str(clause.lot.marche.acheteur),
        "titulaires": _titulaires(clause),
        "courriel": clause.facilitateur.courriel if clause.facilitateur else "",
        "constate": jour(ecart.constate_le),
        "notifie": jour(ecart.notifie_le) if ecart.notifie_le else "",
        "chiffres": [
            [heures(ecart.heures_dues), "dues"],
            [heures(ecart.heures_acceptees), "acceptées"],
            [heures(ecart.manquantes), "manquantes"],
        ],
        "penalites": penalites,
        "total": euros(prevue.montant) if prevue else "",
    }

"""What each role has to do today. The day `on` is an argument; each function costs the same for 1 or 50 rows."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.db.models.fields.json import KT
from django.utils import timezone

from clauses import bord
from clauses.enums import Etat
from clauses.models import ClauseSociale, Declaration, Ecart, Imputation, Participant
from clauses.presentation import allure_pour
from clauses.procedures import a_faire
from clauses.querysets import holders_q
from clauses.rules import Allure, avec_suite, premier_du_mois
from clauses.stats.suites import dernieres_suites
from marches.models import Acheteur, Lot, Marche
from marches.rules import add_months
from portal import tasks
from portal.models import Envoi, Importation
from portal.pages.models import Temoignage
from portal.pages.stats import contrats
from portal.pages.stats.formats import nom_du_format
from portal.pages.stats.listes import SHOWN, Liste
from portal.permissions import Role
from portal.verdict import Niveau
from structures.models import Activite, Echange, ListeFavoris, RechercheEnregistree, Reseau, Revendication, Structure
from structures.notifications.rappels import reference, years_between

MONTHS_AHEAD = 6  # contracts whose end is prepared now
DAYS_AFTER_END = 365  # a clause that ended with missing hours asks for something this long
AT_RISK = (Niveau.AVERTISSEMENT, Niveau.BLOCAGE)


@dataclass(frozen=True)
class Suivi:
    """A clause with its pace on the day."""

    clause: ClauseSociale
    allure: Allure


def tableau(acteur, on: date) -> tuple[str, dict[str, Any]]:
    """(template, context) of the dashboard of this `Acteur`."""
    if acteur.role is None:
        return "pages/tableau_sans_role.html", {"demandes": demandes_de(acteur.user)}
    template, function = PAR_ROLE[acteur.role]
    return template, function(acteur, on)


def acheteur(acteur, on: date) -> dict[str, Any]:
    return {
        "fins": contrats.fins(acteur, on),
        "nb_marches": Marche.objects.editable_by(acteur).count(),
        "ecarts": ecarts(acteur, on),
        "en_retard": en_retard(acteur, on),
        "objectif": objectif(acteur, on),
        "messages_recus": messages_recus(acteur),
        "nb_listes": ListeFavoris.objects.visible_to(acteur).count(),
        "nb_recherches": RechercheEnregistree.objects.filter(user=acteur.user).count(),
        "echeances": contrats.decisions(acteur, on),
        "brouillons": contrats.brouillons(acteur),
        "sites_libres": contrats.sites_libres(acteur),
        "questions": contrats.questions(acteur),
        "etapes": a_faire(acteur, on),
    }


def structure(acteur, on: date) -> dict[str, Any]:
    return {
        "fiches": fiches(acteur, on),
        "messages_recus": messages_recus(acteur),
        "rattachements": rattachements(acteur),
        "appels": contrats.appels_proches(acteur),
        **_declarant(acteur, on),
    }


def entreprise(acteur, on: date) -> dict[str, Any]:
    return {"messages_recus": messages_recus(acteur), **_declarant(acteur, on)}


def facilitateur(acteur, on: date) -> dict[str, Any]:
    waiting = Declaration.objects.visible_to(acteur).to_check().with_etat()
    people = Participant.objects.editable_by(acteur).with_fin_eligibilite()
    ending = people.filter(fin_eligibilite__gte=on, fin_eligibilite__lte=on + timedelta(days=bord.ELIGIBILITES_JOURS))
    return {
        "a_verifier": Liste.of(_with_contract(waiting).order_by("mois", "pk")),
        "en_retard": en_retard(acteur, on),
        "eligibilites": Liste.of(ending.order_by("fin_eligibilite", "code", "pk")),
        "nb_clauses": ClauseSociale.objects.followed_by(acteur).count(),
        "a_traiter": bord.a_traiter(acteur, on) | {"mois_en_retard": bord.nombre_en_retard(acteur, on)},
        "messages_recus": messages_recus(acteur),
    }


def reseau(acteur, on: date) -> dict[str, Any]:
    stories = Temoignage.objects.editable_by(acteur).defer("racines", "corps")
    network = Reseau.objects.filter(organisation=acteur.organisation_id).first()
    members = Structure.objects.filter(reseaux=network) if network else Structure.objects.none()
    silent = members.exclude(Exists(Activite.objects.filter(structure=OuterRef("pk"))))
    return {
        "reseau": network,
        "rattachements": rattachements(acteur),
        "messages_recus": messages_recus(acteur),
        "nb_membres": members.count(),
        "sans_activite": Liste.of(silent.defer("racines").order_by("nom_tri", "pk")),
        "a_finir": Liste.of(stories.exclude(statut=Temoignage.Statut.PUBLIE).order_by("-modifie_le", "-pk")),
        "publies": Liste.of(stories.published()),
    }


def administration(acteur, on: date) -> dict[str, Any]:
    now = timezone.now()
    return {
        "rattachements": rattachements(acteur),
        "importations": importations(),
        "envois": Liste.of(
            Envoi.objects.filter(Q(etat__in=[Envoi.Etat.ECHEC, Envoi.Etat.INCERTAIN]) | tasks.in_flight_too_long(now))
            .only("sujet", "destinataire", "etat", "cree_le", "erreur")
            .order_by("-cree_le", "-pk")
        ),
        "taches": tasks.counts(),
    }


PAR_ROLE = {
    Role.ACHETEUR: ("pages/tableau_acheteur.html", acheteur),
    Role.STRUCTURE: ("pages/tableau_structure.html", structure),
    Role.ENTREPRISE: ("pages/tableau_entreprise.html", entreprise),
    Role.FACILITATEUR: ("pages/tableau_facilitateur.html", facilitateur),
    Role.RESEAU: ("pages/tableau_reseau.html", reseau),
    Role.ADMINISTRATION: ("pages/tableau_administration.html", administration),
}


def fiches(acteur, on: date) -> Liste:
    """Cards of the organisation, each with `a_relire`: nobody confirmed it for a year; what is least complete first."""
    cards = Structure.objects.filter(organisation=acteur.organisation_id, remplacee_par=None)
    cards = cards.select_related("departement").annotate(nb_activites=Count("activites")).defer("racines")
    found = Liste.of(cards.order_by("completude", "nom_tri", "pk"))
    for card in found.rows:
        card.a_relire = years_between(reference(card), on) >= 1
    return found


def messages_recus(acteur) -> Liste:
    """Conversations where a message waits to be read by the organisation, the latest first."""
    rows = Echange.objects.visible_to(acteur).with_unread(acteur).filter(non_lus__gt=0)
    rows = rows.select_related("organisation", "structure").defer("structure__racines", "structure__description")
    found = Liste.of(rows.order_by("-dernier_le", "-pk"))
    for row in found.rows:
        row.de = row.structure.nom if row.organisation_id == acteur.organisation_id else row.organisation.nom
    return found


def rattachements(acteur) -> Liste:
    """Claims of cards that this `Acteur` answers, the oldest first."""
    claims = Revendication.objects.decidable_by(acteur).select_related("structure")
    claims = claims.defer("structure__racines", "structure__description")
    return Liste.of(claims.order_by("cree_le", "pk"))


def demandes_de(user) -> list[Revendication]:
    """Claims that somebody without organisation made, and that are not answered yet."""
    claims = Revendication.objects.filter(user=user).pending().select_related("structure")
    return list(claims.defer("structure__racines", "structure__description")[:SHOWN])


def en_retard(acteur, on: date) -> Liste:
    """Clauses this `Acteur` sees that run behind their pace or ended short within the year, the worst first.

    Every running clause of the actor is judged, in two queries.
    """
    clauses = ClauseSociale.objects.visible_to(acteur).with_suivi(on).for_cards()
    clauses = clauses.filter(date_debut__lte=on, date_fin__gte=on - timedelta(days=DAYS_AFTER_END))
    clauses = clauses.defer("texte", "publics", "lot__racines", "lot__marche__racines")
    suites = dernieres_suites(Ecart.objects.visible_to(acteur))
    judged = [
        Suivi(
            clause,
            avec_suite(
                allure_pour(clause.allure(on), acteur.role), suites.get(clause.pk), fin=clause.date_fin, on=on,
                manquantes=clause.heures_dues_total - clause.heures_acceptees,
            ),
        )
        for clause in clauses
    ]  # fmt: skip
    late = [suivi for suivi in judged if suivi.allure.verdict.level in AT_RISK]
    return Liste.cut(sorted(late, key=lambda suivi: (-suivi.allure.retard, suivi.clause.date_fin, suivi.clause.pk)))


def ecarts(acteur, on: date) -> Liste:
    """Gaps that wait for a decision of this buyer, or for an answer of this company, the oldest first."""
    rows = Ecart.objects.awaiting(acteur, on).select_related("clause__lot__marche")
    rows = rows.defer("clause__texte", "clause__lot__racines", "clause__lot__marche__racines")
    return Liste.of(rows.order_by("constate_le", "pk"))


def objectif(acteur, on: date) -> dict[str, Any] | None:
    """The buyer's yearly objective of hours, what is accepted of it and the pace expected; None without objective."""
    buyer = Acheteur.objects.filter(organisation=acteur.organisation_id).first()
    if buyer is None or not buyer.objectif_heures:
        return None
    year = buyer.annee_objectif or on.year
    first, last = date(year, 1, 1), date(year, 12, 31)
    clauses = ClauseSociale.objects.visible_to(acteur).order_by().values("pk")
    accepted = Imputation.objects.filter(
        clause__in=clauses, etat=Etat.ACCEPTEE, ligne__du__gte=first, ligne__du__lte=min(on, last)
    ).aggregate(heures=Sum("heures"))["heures"]
    elapsed = min(max((on - first).days + 1, 0), (last - first).days + 1)
    return {
        "annee": year,
        "heures": buyer.objectif_heures,
        "acceptees": round(accepted or 0, 2),
        "attendu": round(elapsed / ((last - first).days + 1), 4),
    }


def _declarant(acteur, on: date) -> dict[str, Any]:
    """What an organisation that owes clauses has to do: months to type, lines to correct, its contracts."""
    refused = Imputation.objects.filter(
        declaration__organisation=acteur.organisation_id, etat=Etat.REFUSEE, remplacee_par=None
    ).select_related("declaration", "ligne__affectation__participant", "clause__lot")
    held = Lot.objects.published().filter(holders_q(acteur.organisation_id, prefix="pk__"))
    return {
        "ecarts": ecarts(acteur, on),
        "echeances": contrats.decisions(acteur, on),
        "mes_sites": contrats.mes_sites(acteur, on),
        "a_declarer": a_declarer(acteur, on),
        "en_saisie": Liste.of(_with_contract(_in_hand(acteur)).order_by("mois", "pk")),
        "refusees": Liste.of(refused.order_by("-decidee_le", "-pk")),
        "lots": Liste.of(
            held.select_related("marche__acheteur__organisation")
            .defer("racines", "marche__racines")
            .order_by("-date_notification", "-pk")
        ),
        "en_retard": en_retard(acteur, on),
    }


def a_declarer(acteur, on: date) -> Liste:
    """Clauses owed by this `Acteur` that ran last month, and for which its organisation has not opened that month."""
    month = add_months(premier_du_mois(on), -1)
    opened = Declaration.objects.filter(clause=OuterRef("pk"), organisation=acteur.organisation_id, mois=month)
    owed = ClauseSociale.objects.owed_by(acteur).filter(date_debut__lt=premier_du_mois(on), date_fin__gte=month)
    return Liste.of(owed.exclude(Exists(opened)).for_cards().order_by("date_fin", "pk"))


def mois_a_declarer(on: date) -> date:
    """The month that is over and to be declared now."""
    return add_months(premier_du_mois(on), -1)


def _in_hand(acteur):
    """Months opened by this organisation and not sent yet: nothing in them, or drafts."""
    months = Declaration.objects.visible_to(acteur).with_etat().filter(nb_transmises=0, nb_acceptees=0)
    return months.filter(Q(nb_brouillons__gt=0) | Q(nb_refusees=0, transmise_le=None))


def _with_contract(declarations):
    return declarations.select_related("organisation", "clause__lot__marche").defer(
        "clause__lot__racines", "clause__lot__marche__racines"
    )


def importations() -> list[Importation]:
    """The last imports, without the report itself but with its counts: `lus`, `crees`… (None when unfinished).

    `nom_format` is what their format is called.
    """
    counts = ("lus", "crees", "mis_a_jour", "inchanges")
    rows = Importation.objects.defer("rapport").annotate(**{f"nb_{name}": KT(f"rapport__{name}") for name in counts})
    last = list(rows[: 2 * SHOWN])
    for row in last:
        row.nom_format = nom_du_format(row.format)
        values = [_whole(getattr(row, f"nb_{name}")) for name in counts]
        row.lus, row.crees, row.mis_a_jour, row.inchanges = values
        row.ecartes = None if None in values else values[0] - sum(values[1:])
    return last


def _whole(text) -> int | None:
    try:
        return int(text)
    except (TypeError, ValueError):
        return None


@dataclass(frozen=True)
class Rapport:
    """A saved report: counts, None when missing; records set aside and flagged, as dictionaries of the file."""

    lus: int | None
    crees: int | None
    mis_a_jour: int | None
    inchanges: int | None
    ecartes: list[dict]
    signalements: list[dict]
    nb_ecartes: int = 0  # all of them, where the details were cut short
    nb_signalements: int = 0
    raisons_ecartees: list[tuple[str, int]] = field(default_factory=list)  # the most frequent first
    raisons_signalees: list[tuple[str, int]] = field(default_factory=list)

    @property
    def is_missing(self) -> bool:
        """Nothing is known of this import: a page must not read it as « nothing was set aside »."""
        return self.lus is None and not self.ecartes and not self.signalements

    @classmethod
    def read(cls, saved: Any) -> "Rapport":
        """From the JSON of `ImportReport.as_dict` or of `combine`; an unfinished or unknown one reads as empty."""
        saved = saved if isinstance(saved, dict) else {}
        files = [saved, *(each for each in _list(saved.get("fichiers")) if isinstance(each, dict))]
        ecartes = [row for each in files for row in _rows(each, "ecartes")]
        signalements = [row for each in files for row in _rows(each, "signalements")]
        return cls(
            lus=_whole(saved.get("lus")),
            crees=_whole(saved.get("crees")),
            mis_a_jour=_whole(saved.get("mis_a_jour")),
            inchanges=_whole(saved.get("inchanges")),
            ecartes=ecartes,
            signalements=signalements,
            nb_ecartes=max(len(ecartes), _total(saved.get("raisons_ecartees"))),
            nb_signalements=max(len(signalements), _total(saved.get("raisons_signalees"))),
            raisons_ecartees=_reasons(saved.get("raisons_ecartees")),
            raisons_signalees=_reasons(saved.get("raisons_signalees")),
        )


def _total(counts: Any) -> int:
    return sum(_whole(number) or 0 for number in counts.values()) if isinstance(counts, dict) else 0


def _reasons(counts: Any) -> list[tuple[str, int]]:
    pairs = counts.items() if isinstance(counts, dict) else ()
    known = [(str(reason), whole) for reason, number in pairs if (whole := _whole(number))]
    return sorted(known, key=lambda pair: (-pair[1], pair[0]))


def _rows(report: dict, name: str) -> list[dict]:
    return [{"fichier": report.get("fichier", ""), **row} for row in _list(report.get(name)) if isinstance(row, dict)]


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []

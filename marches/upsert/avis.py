"""Notices read from files: stored with their sources, tied by procedure, then folded into contracts and lots."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from marches.enums import FormatAvis, NatureAvis, RolePartie
from marches.models import Avis, JetonAvis, PartieARapprocher, SourceAvis, SourceLot
from marches.rules import mentions
from marches.rules.avis import CHAINED, AvisLu, PartieLue, as_dict, from_dict, sans_heure
from marches.upsert.dossiers import PREFIX, DossierUpsert
from marches.upsert.folding import canonical
from marches.upsert.limites import lire_limite
from marches.upsert.nuts import departements, is_known
from portal.imports import ImportReport
from portal.models import Importation

BATCH = 500  # notices whose contents are in memory at once
RANKS = {FormatAvis.BOAMP: 0, FormatAvis.TED: 1, FormatAvis.EFORMS: 2}  # the richer format says the last word


@dataclass
class LectureAvis:
    """One notice met in a file: its rank from 1, what it says, and the fingerprint of that."""

    rang: int
    lu: AvisLu
    donnees: dict[str, Any] = field(default_factory=dict)
    empreinte: str = ""

    def __post_init__(self):
        self.donnees = as_dict(self.lu)
        self.empreinte = hashlib.sha256(canonical(self.donnees).encode()).hexdigest()


class Annonce(NamedTuple):
    """What tells one notice from the others: its key, its fingerprint, its own identifier where that is worth any."""

    format: str
    cle: str
    empreinte: str
    identifiant: str
    version: str

    @classmethod
    def of(cls, lecture: LectureAvis) -> "Annonce":
        lu = lecture.lu
        return cls(lu.format, lu.cle, lecture.empreinte, lu.identifiant if lu.est_identifie else "", lu.version)


def signaler(lecture: LectureAvis, report: ImportReport) -> None:
    """Flag what is wrong with a notice that is kept."""
    for reason, value in lecture.lu.problemes:
        report.flag(lecture.rang, reason, value or lecture.lu.cle)
    for code in sorted({code for lot in lecture.lu.lots for code in lot.nuts if not is_known(code)}):
        report.flag(lecture.rang, "code NUTS inconnu", code)


def connus(lectures: Iterable[Annonce]) -> tuple[int, int, int]:
    """How many of these notices are new, said otherwise than before, said already; two queries for 500, no write."""
    rows = list(lectures)
    cles, versions, sources = set[str](), set[tuple[str, str]](), set[tuple[str, str, str]]()
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        named = Avis.objects.filter(
            Q(cle__in={row.cle for row in some}) | Q(identifiant__in={row.identifiant for row in some} - {""})
        )
        for cle, identifiant, version in named.values_list("cle", "identifiant", "version"):
            cles.add(cle)
            versions.add((identifiant, version))
        said = SourceAvis.objects.filter(cle__in={row.cle for row in some})
        sources.update(said.values_list("format", "cle", "empreinte"))
    new = changed = 0
    for row in rows:
        met = row.cle in cles or bool(row.identifiant and (row.identifiant, row.version) in versions)
        told = (row.format, row.cle, row.empreinte) in sources
        new, changed = new + (not met and not told), changed + (met and not told)
        cles.add(row.cle)  # twice in one file: the second time it is known
        versions.add((row.identifiant, row.version))
        sources.add((row.format, row.cle, row.empreinte))
    return new, changed, len(rows) - new - changed


class AvisUpsert:
    """Stores the notices of one file; its caller holds the transaction and calls `finish` once at the end."""

    def __init__(self, importation: Importation, report: ImportReport):
        self.importation, self.report = importation, report
        self.touched: set[int] = set()
        self.ranks: dict[str, int] = {}

    def store(self, lecture: LectureAvis) -> None:
        """Keep what the file says of one notice, and count it."""
        lu = lecture.lu
        signaler(lecture, self.report)
        self.ranks[lu.cle] = lecture.rang
        avis, made = self._find(lu)
        known = SourceAvis.objects.filter(format=lu.format, cle=lu.cle, empreinte=lecture.empreinte)
        if known.exists():
            self.report.unchanged()
            return
        SourceAvis.objects.create(
            importation=self.importation, avis=avis, format=lu.format, cle=lu.cle, empreinte=lecture.empreinte,
            publie_le=lu.publie_le or lu.envoye_le, donnees=lecture.donnees,
        )  # fmt: skip
        self.report.created() if made else self.report.updated()
        self.touched.add(avis.pk)

    def finish(self) -> None:
        """Show every touched notice by its sources, tie it to the others, fold their procedures."""
        lost = rafraichir(self.touched)
        for cle, name in lost:
            if cle in self.ranks:
                self.report.flag(self.ranks[cle], "attribution sans lot reconnu, visible sur la page de l'avis", name)

    def _find(self, lu: AvisLu) -> tuple[Avis, bool]:
        """The row of a notice, by its publication number or by its own identifier and version; made when missing.

        A file from the buyer has the identifier alone, one from the Journal both: the two rows they may have made
        become one.
        """
        rows = list(Avis.objects.filter(cle=lu.cle))
        if lu.est_identifie:
            same = Avis.objects.filter(identifiant=lu.identifiant, version=lu.version)
            rows += [row for row in same if row not in rows and (not row.numero or not lu.numero)]
        if not rows:
            return Avis.objects.create(cle=lu.cle, dossier=lu.cle, format=lu.format, nature=lu.nature), True
        first, *others = rows
        for other in others:
            other.sources.update(avis=first)
            self.touched.add(first.pk)
            other.delete()
        if lu.numero and first.cle != lu.numero:
            first.cle = lu.numero
            first.save(update_fields=["cle"])
        return first, False


@transaction.atomic
def annuler_avis(importation: Importation) -> int:
    """Take one import back: its records go, then the notices left without any; number of notices deleted."""
    touched = set(SourceAvis.objects.filter(importation=importation).values_list("avis", flat=True))
    SourceAvis.objects.filter(importation=importation).delete()
    gone = Avis.objects.filter(pk__in=touched, sources=None)
    neighbours = voisins(gone.values_list("pk", flat=True))
    orphans = {avis.marche_id for avis in gone if avis.marche_id}
    number = gone.count()
    Avis.objects.filter(pk__in=list(gone.values_list("pk", flat=True))).delete()
    rafraichir((touched | neighbours) & set(Avis.objects.values_list("pk", flat=True)))
    DossierUpsert().forget(orphans)
    return number


@transaction.atomic
def relier(sirens: Iterable[str] | None = None) -> int:
    """Look again for the contracts of the DECP that surely are those of stored procedures; number of notices moved.

    For the buyers of these SIREN, or for every one: to be called after an import of contracts, which knows nothing of
    notices.
    """
    rows = Avis.objects.filter(marche__cle__startswith=PREFIX).exclude(acheteur=None)
    if sirens is not None:
        rows = rows.filter(acheteur__organisation__siren__in=set(sirens))
    before = dict(rows.values_list("pk", "marche"))
    rafraichir(before)
    return sum(marche != before[pk] for pk, marche in Avis.objects.filter(pk__in=before).values_list("pk", "marche"))


def relier_import(importation: Importation) -> int:
    """`relier` for the buyers of an import of contracts that have procedures waiting; number of notices moved."""
    waiting = Avis.objects.filter(marche__cle__startswith=PREFIX).exclude(acheteur__organisation__siren="")
    sirens = set(waiting.order_by().values_list("acheteur__organisation__siren", flat=True).distinct()) - {None}
    read = SourceLot.objects.filter(importation=importation, lot__marche__acheteur__organisation__siren__in=sirens)
    found = set(read.order_by().values_list("lot__marche__acheteur__organisation__siren", flat=True).distinct())
    return relier(found) if found else 0


@transaction.atomic
def rafraichir(avis_ids: Iterable[int]) -> list[tuple[str, str]]:
    """Show these notices by their sources and fold the procedures they are of; the results of no known lot."""
    ids = sorted(set(avis_ids))
    chunks = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    parties = PartieIndex()
    for chunk in chunks:
        contents = lus(chunk)  # a notice that no file speaks of has nothing to be shown by
        for avis in Avis.objects.filter(pk__in=contents):
            _show(avis, contents[avis.pk])
            _tie(avis, contents[avis.pk])
            parties.sync(avis, contents[avis.pk])
    lost: list[tuple[str, str]] = []
    upsert = DossierUpsert()
    written: set[int] = set()
    for chunk in chunks:
        for members in dossiers(set(chunk) - written):
            written |= {member.pk for member in members}
            lost += upsert.write(members, lus(member.pk for member in members))
    upsert.finish()
    return lost


def lus(avis_ids: Iterable[int]) -> dict[int, AvisLu]:
    """What each notice says, by its best source: richest format, then latest, then a fixed order."""
    best: dict[int, tuple] = {}
    rows = SourceAvis.objects.filter(avis__in=set(avis_ids))
    for avis_id, format, published, fingerprint, donnees in rows.values_list(
        "avis", "format", "publie_le", "empreinte", "donnees"
    ):
        order = (RANKS[FormatAvis(format)], str(published or ""), fingerprint)
        if avis_id not in best or order > best[avis_id][0]:
            best[avis_id] = (order, donnees)
    return {avis_id: from_dict(AvisLu, donnees) for avis_id, (_, donnees) in best.items()}


def _show(avis: Avis, lu: AvisLu) -> None:
    """The columns of a notice, out of what it says."""
    limite = next(iter(lu.limites), "")
    avis.format, avis.identifiant, avis.version, avis.numero = lu.format, lu.identifiant, lu.version, lu.numero
    avis.procedure, avis.formulaire, avis.nature = lu.procedure, lu.formulaire, lu.nature
    avis.publie_le, avis.envoye_le = lu.publie_le, lu.envoye_le
    avis.date_limite, avis.fuseau = lire_limite(limite)
    avis.limite_sans_heure = sans_heure(limite)
    avis.titre, avis.nombre_lots = lu.titre[:1000], len(lu.lots)
    avis.acheteur_nom = ", ".join(dict.fromkeys(party.nom for party in lu.acheteurs))[:500]
    codes = departements(code for lot in lu.lots for code in lot.nuts)
    avis.departements = f" {' '.join(codes)} " if codes else ""
    avis.texte_social = mentions.texte_social(mentions.textes(lu))
    avis.url, avis.url_documents = lu.url, lu.url_documents
    avis.save()


def _tie(avis: Avis, lu: AvisLu) -> None:
    wanted = lu.jetons | ({lu.cle} if not lu.numero else set())
    known = set(avis.jetons.values_list("jeton", flat=True))
    avis.jetons.exclude(jeton__in=wanted).delete()
    JetonAvis.objects.bulk_create(JetonAvis(avis=avis, jeton=jeton) for jeton in sorted(wanted - known))


def dossiers(avis_ids: Iterable[int]) -> list[list[Avis]]:
    """The procedures that these notices are of, or were: each a list of notices, `dossier` written on them.

    Two notices are of one procedure when they share a token, but one that a prior information notice or a
    qualification system bears, or an identifier of procedure that calls of different buyers share.
    """
    todo = voisins(avis_ids)
    found = []
    while todo:
        members = _component(todo.pop())
        todo -= members
        rows = list(Avis.objects.filter(pk__in=members).order_by("cle"))
        dossier = rows[0].cle
        _name(rows, dossier)
        found.append(rows)
    return sorted(found, key=lambda rows: rows[0].dossier)


def voisins(avis_ids: Iterable[int]) -> set[int]:
    """These notices, those that share a token with one of them, and all that were of the same procedure as those.

    A notice may tie others together, or part them: a prior information notice that comes last unties the awards that
    name it.
    """
    ids = set(avis_ids)
    jetons = JetonAvis.objects.filter(avis__in=ids).values("jeton")
    ids |= set(JetonAvis.objects.filter(jeton__in=jetons).values_list("avis", flat=True))
    was = Avis.objects.filter(pk__in=ids).values("dossier")
    return ids | set(Avis.objects.filter(dossier__in=was).values_list("pk", flat=True))


def _component(start: int) -> set[int]:
    members = {start}
    frontier = {start} if Avis.objects.filter(pk=start, nature__in=CHAINED).exists() else set()
    while frontier:
        jetons = set(JetonAvis.objects.filter(avis__in=frontier).values_list("jeton", flat=True))
        rows = JetonAvis.objects.filter(jeton__in=jetons - _dead(jetons), avis__nature__in=CHAINED)
        frontier = set(rows.values_list("avis", flat=True)) - members
        members |= frontier
    return members


def _dead(jetons: set[str]) -> set[str]:
    """The tokens that tie nothing together."""
    loose = JetonAvis.objects.filter(jeton__in=jetons).exclude(avis__nature__in=CHAINED)
    dead = set(loose.values_list("jeton", flat=True))
    buyers: dict[str, set[str]] = defaultdict(set)
    calls = JetonAvis.objects.filter(
        jeton__in=[jeton for jeton in jetons if jeton.startswith("procedure:")], avis__nature=NatureAvis.CONSULTATION
    )
    for jeton, buyer in calls.values_list("jeton", "avis__acheteur_nom"):
        buyers[jeton].add(buyer.casefold())
    return dead | {jeton for jeton, names in buyers.items() if len(names) > 1}


def _name(rows: list[Avis], dossier: str) -> None:
    """Write `dossier`, and on a corrigendum the notice it changes."""
    by_token: dict[str, int] = {}
    for row in rows:
        by_token |= {token: row.pk for token in (row.numero, row.identifiant and f"avis:{row.identifiant}") if token}
    contents = lus(row.pk for row in rows)
    for row in rows:
        said = contents.get(row.pk)
        changed = by_token.get(said.modifie) if said and said.modifie else None
        changed = None if changed == row.pk else changed
        if (row.dossier, row.modifie_id) != (dossier, changed):
            row.dossier, row.modifie_id = dossier, changed
            row.save(update_fields=["dossier", "modifie"])


class PartieIndex:
    """Parties without identifier, with what people answered before for the same name and town."""

    def sync(self, avis: Avis, lu: AvisLu) -> None:
        """Make the parties of a notice those it names without SIRET; answers already given stay."""
        wanted: dict[tuple[str, str], tuple[PartieLue, list[str]]] = {}
        for party in lu.acheteurs:
            self._want(wanted, RolePartie.ACHETEUR, party, "")
        for result in lu.resultats:
            for party in result.titulaires:
                self._want(wanted, RolePartie.TITULAIRE, party, result.lot)
            for party in result.sous_traitants:
                self._want(wanted, RolePartie.SOUS_TRAITANT, party, result.lot)
        known = {(row.role, row.cle): row for row in avis.parties.all()}
        for key, row in known.items():
            if key not in wanted:
                row.delete()
        for (role, cle), (party, lots) in wanted.items():
            row = known.get((role, cle)) or self._remembered(PartieARapprocher(avis=avis, role=role, cle=cle))
            row.nom, row.ville, row.code_postal, row.lots = party.nom, party.ville, party.code_postal, lots
            row.siren = party.siren
            row.save()

    @staticmethod
    def _want(wanted, role: RolePartie, party: PartieLue, lot: str) -> None:
        if party.siret or not party.nom:
            return
        lots = wanted.setdefault((role.value, party.cle), (party, []))[1]
        if lot and lot not in lots:
            lots.append(lot)

    @staticmethod
    def _remembered(row: PartieARapprocher) -> PartieARapprocher:
        """What was accepted once for this name and town, by whom and when."""
        before = PartieARapprocher.objects.filter(cle=row.cle).exclude(organisation=None).order_by("-traitee_le")
        if (same := before.first()) is not None:
            row.organisation_id, row.traitee_par_id = same.organisation_id, same.traitee_par_id
            row.traitee_le = same.traitee_le or timezone.now()
        return row

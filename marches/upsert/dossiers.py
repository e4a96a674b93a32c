"""The fold of one procedure written as a contract and its lots; or shown on the contract that the DECP already gave.

When is a contract of the DECP surely that of a procedure? Same buyer (SIREN), then the same published reference or
the same title, notified after the launch and within three years of it, and only one contract answering. Then no
second contract is made: the notices are shown on that one, which learns its launch, its deadline and its estimate.
Otherwise the two stand apart: a wrong link would hide a contract, two cards only repeat it.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from marches.enums import Reservation, RolePartie
from marches.models import Acheteur, Avis, Lot, Marche, Modification, PartieARapprocher, Titulaire
from marches.rules import dossiers as rules
from marches.rules import fin_prevue, skeleton, type_marche
from marches.rules.avis import AvisLu, PartieLue
from marches.rules.dossiers import Dossier, LotPlie
from marches.rules.objets import SHORTEST_TITLE
from marches.upsert.contrats import reindex
from marches.upsert.facts import refresh_holders
from marches.upsert.folding import digest
from marches.upsert.limites import lire_limite
from marches.upsert.nuts import FRANCE, departements
from marches.upsert.organisations import find_acheteurs, find_organisations
from marches.upsert.references import Secteurs
from portal.text import fold
from structures.enums import TypeIdentifiant
from structures.models import Departement, Organisation
from structures.models.organisations import SANS_IDENTIFIANT

PREFIX = "avis:"  # opens the keys of the contracts and lots that notices made
SOURCE = "avis de marché"
LONGEST_AWARD = timedelta(days=3 * 365)  # between a launch and the notification of the contract
LEARNT = ("date_lancement", "date_limite", "montant_estime", "reservation_mentionnee")


def key_of(*parts: str) -> str:
    return PREFIX + digest(*parts)[:56]


class DossierUpsert:
    """Writes procedures one by one; `finish` refreshes what follows from contracts and holders."""

    def __init__(self):
        self.secteurs = Secteurs()
        self.departements = set(Departement.objects.values_list("code", flat=True))
        self.marches: set[int] = set()
        self.organisations: set[int] = set()

    def finish(self) -> None:
        reindex(Marche.objects.filter(pk__in=self.marches).values_list("pk", flat=True))
        refresh_holders(self.organisations)

    def write(self, rows: list[Avis], contents: dict[int, AvisLu]) -> list[tuple[str, str]]:
        """Show one procedure; the results that are of no known lot."""
        dossier = rules.fold_dossier(contents.values())
        before = {row.marche_id for row in rows if row.marche_id}
        if dossier is None:
            self._link(rows, None)
            self.forget(before)
            return []
        acheteur = self._acheteur(dossier, rows)
        marche = self._decp(dossier, acheteur)
        if marche is not None:
            self._teach(marche, dossier)
        else:
            marche = self._own(rows, before, dossier, acheteur)
        self._link(rows, marche, acheteur)
        self.marches.add(marche.pk)
        self.forget(before - {marche.pk}, into=marche)
        return dossier.sans_lot

    def forget(self, marche_ids: Collection[int], into: Marche | None = None) -> None:
        """Contracts that no notice speaks of any more: removed when notices made them and nobody added anything."""
        for marche in Marche.objects.filter(pk__in=set(marche_ids), avis=None):
            if not marche.cle.startswith(PREFIX):
                _assign(marche, dict.fromkeys(LEARNT), set(marche.champs_saisis))
                _save(marche)
                continue
            for lot in marche.lots.all():
                if _removable(lot):
                    lot.delete()
                elif into is not None and "marche" not in lot.champs_saisis:
                    Lot.objects.filter(pk=lot.pk).update(marche=into)
            if not marche.lots.exists() and not marche.champs_saisis:
                marche.delete()
                self.marches.discard(marche.pk)

    # Bodies ---------------------------------------------------------------------------------------------------------
    def _acheteur(self, dossier: Dossier, rows: list[Avis]) -> Acheteur:
        """The first buyer: by its SIRET, by what a person answered, else a body known by its name alone."""
        party = next(iter(dossier.base.acheteurs), PartieLue(nom="Acheteur non précisé"))
        organisation = self._organisation(party, RolePartie.ACHETEUR, rows)
        if organisation is None:
            organisation, made = Organisation.objects.get_or_create(
                type_identifiant=TypeIdentifiant.AUTRE,
                identifiant=SANS_IDENTIFIANT + digest(party.cle)[:20],
                defaults={
                    "denomination": party.nom[:250], "source_denomination": SOURCE, "identifiant_valide": False,
                    "code_postal": party.code_postal[:10],
                },
            )  # fmt: skip
        return find_acheteurs([organisation])[organisation.pk]

    def _organisation(self, party: PartieLue, role: RolePartie, rows: list[Avis]) -> Organisation | None:
        if party.siret:
            identity = (TypeIdentifiant.SIRET.value, party.siret)
            found, _ = find_organisations([identity], {party.siret: (party.nom[:250], SOURCE)})
            return found[identity]
        answered = PartieARapprocher.objects.filter(avis__in=rows, role=role, cle=party.cle).exclude(organisation=None)
        row = answered.select_related("organisation").first()
        return row.organisation if row else None

    # Contracts ------------------------------------------------------------------------------------------------------
    def _decp(self, dossier: Dossier, acheteur: Acheteur) -> Marche | None:
        """The one contract of the DECP that surely is this procedure; see the top of the file."""
        siren = acheteur.organisation.siren
        if not siren:
            return None
        reference, title = fold(dossier.base.reference), skeleton(dossier.base.titre)
        known = Marche.objects.filter(acheteur__organisation__siren=siren).exclude(groupe="")
        known = known.annotate(notified=Max("lots__date_notification"))
        found = []
        for marche in known:
            same_reference = (
                len(reference) >= 4 and any(map(str.isdigit, reference)) and reference == fold(marche.reference)
            )
            same_title = len(fold(marche.objet)) >= SHORTEST_TITLE and skeleton(marche.objet) == title
            if (same_reference or same_title) and _follows(dossier, marche.notified):
                found.append(marche)
        return found[0] if len(found) == 1 else None

    def _teach(self, marche: Marche, dossier: Dossier) -> None:
        values = _marche_values(dossier)
        typed = set(marche.champs_saisis)
        if _assign(marche, {name: values[name] for name in LEARNT}, typed):
            _save(marche)

    def _own(self, rows: list[Avis], before: set[int], dossier: Dossier, acheteur: Acheteur) -> Marche:
        """The contract that notices make: the row most of them had, else a new one; with its lots."""
        cle = key_of(rows[0].dossier)
        # A contract that another procedure shows too, after a split, is left to the one whose key it bears.
        shared = Avis.objects.exclude(pk__in=[row.pk for row in rows]).filter(marche__in=before).values("marche")
        mine = Marche.objects.filter(Q(cle=cle) | (Q(pk__in=before) & ~Q(pk__in=shared)), cle__startswith=PREFIX)
        votes = [row.marche_id for row in rows if row.marche_id]
        marche = min(mine, key=lambda row: (-votes.count(row.pk), row.cle != cle, row.pk), default=None)
        values = _marche_values(dossier) | {"acheteur_id": acheteur.pk, "cle": cle}
        _free(Marche.objects.filter(cle=cle).exclude(pk=marche.pk if marche else 0))
        if marche is None:
            marche = Marche.objects.bulk_create([Marche(**values)])[0]
        elif _assign(marche, values, set(marche.champs_saisis)):
            _save(marche)
        self._lots(marche, before, rows, dossier)
        return marche

    def _link(self, rows: list[Avis], marche: Marche | None, acheteur: Acheteur | None = None) -> None:
        named = acheteur is not None and not acheteur.organisation.est_sans_identifiant
        wanted = (marche.pk if marche else None, acheteur.pk if acheteur and named else None)
        for row in rows:
            if (row.marche_id, row.acheteur_id) != wanted:
                row.marche_id, row.acheteur_id = wanted
                row.save(update_fields=["marche", "acheteur"])

    # Lots -----------------------------------------------------------------------------------------------------------
    def _lots(self, marche: Marche, before: set[int], rows: list[Avis], dossier: Dossier) -> None:
        """The lots of the contract. One that a person put elsewhere stays there; else those of contracts that become
        one are known by their number."""
        keys = {numero: key_of(rows[0].dossier, numero) for numero in dossier.lots}
        shared = Avis.objects.exclude(pk__in=[row.pk for row in rows]).filter(marche__in=before).values("marche")
        near = Q(marche=marche) | (Q(marche__in=before) & ~Q(marche__in=shared)) | Q(cle__in=keys.values())
        found = list(Lot.objects.filter(near, cle__startswith=PREFIX))
        known: dict[str, Lot] = {}
        for lot in sorted(found, key=lambda lot: (not _placed(lot), lot.marche_id != marche.pk, lot.pk)):
            known.setdefault(lot.identifiant, lot)
        _free(Lot.objects.filter(cle__in=keys.values()).exclude(pk__in=[lot.pk for lot in known.values()]))
        for numero, plie in dossier.lots.items():
            values = self._lot_values(plie, dossier) | {"cle": keys[numero], "identifiant": numero[:60]}
            lot = known.pop(numero[:60], None)
            if lot is not None and not _placed(lot):
                values["marche_id"] = marche.pk
            if lot is None:
                lot = Lot.objects.bulk_create([Lot(marche=marche, **values)])[0]
            elif _assign(lot, values, set(lot.champs_saisis)):
                _save(lot)
            self._holders(lot, plie, rows)
            self._modifications(lot, dossier)
        for lot in known.values():
            if lot.marche_id == marche.pk and _removable(lot):
                self.organisations |= set(lot.titulaires.values_list("organisation", flat=True))
                lot.delete()

    def _lot_values(self, plie: LotPlie, dossier: Dossier) -> dict[str, Any]:
        lu, base = plie.lu, dossier.base
        places = [code for code in departements(lu.nuts) if code != FRANCE and code in self.departements]
        count, months, tacit = rules.reconduction(lu)
        cpv = lu.cpv or base.cpv
        start = lu.date_debut or plie.conclu_le
        end = lu.date_fin or fin_prevue(start, lu.duree_mois)
        if start and end and end < start:
            end = None
        return {
            "numero": "" if lu.numero.startswith("#") else lu.numero.partition("#")[0][:20],
            "objet": (lu.titre or base.titre or "Objet non précisé")[:1000],
            "objet_publie": lu.titre[:1000],
            "cpv": cpv[:10],
            "secteur_id": self.secteurs.find(cpv),
            "lieu_code": " ".join(lu.nuts)[:20].strip(),
            "lieu_type": "NUTS" if lu.nuts else "",
            "departement_id": places[0] if len(places) == 1 else None,
            "montant": plie.montant,
            "montant_initial": plie.montant,
            "montant_estime": lu.montant_estime,
            "offres_recues": plie.offres,
            "date_notification": plie.conclu_le,
            "date_publication": plie.publie_le,
            "date_debut": lu.date_debut,
            "date_fin": end,
            "duree_mois": lu.duree_mois,
            "duree_mois_initiale": lu.duree_mois,
            "reconductions": count,
            "reconduction_mois": months,
            "reconduction_tacite": tacit,
            "reservation": plie.reservation.value,
            "clause_sociale": plie.clause_sociale,
            "critere_social": plie.critere_social,
            "criteres": lu.grille,
        }

    def _holders(self, lot: Lot, plie: LotPlie, rows: list[Avis]) -> None:
        """Holders with a SIRET, or matched by a person; the others stay text on their notice."""
        if "titulaires" in lot.champs_saisis:
            return
        found = [self._organisation(party, RolePartie.TITULAIRE, rows) for party in plie.titulaires]
        wanted = list(dict.fromkeys(organisation.pk for organisation in found if organisation))
        known = {row.organisation_id: row for row in lot.titulaires.all()}
        self.organisations |= set(wanted) | known.keys()
        for pk in known.keys() - set(wanted):
            known[pk].delete()
        for rank, pk in enumerate(wanted):
            Titulaire.objects.update_or_create(lot=lot, organisation_id=pk, defaults={"rang": rank})

    def _modifications(self, lot: Lot, dossier: Dossier) -> None:
        if "modifications" in lot.champs_saisis or len(dossier.lots) > 1:
            return  # a notice of modification does not say which lot of several it is about
        wanted = {lu.cle[:20]: lu for lu in dossier.modifications}
        lot.modifications.exclude(numero__in=wanted).delete()
        for numero, lu in wanted.items():
            change = lu.changements[0] if lu.changements else None
            Modification.objects.update_or_create(
                lot=lot, numero=numero,
                defaults={
                    "date_publication": lu.publie_le,
                    "montant": rules.amount(change.apres) if change else None,
                    "objet": change.ou[:500] if change else "",
                },
            )  # fmt: skip


def _placed(lot: Lot) -> bool:
    """Whether a person chose the contract of this lot."""
    return "marche" in lot.champs_saisis


def _free(rows: QuerySet) -> None:
    """Give other keys to rows that bear keys about to be used; they stay known as made by notices."""
    for pk in rows.values_list("pk", flat=True):
        rows.model.objects.filter(pk=pk).update(cle=f"{PREFIX}libre-{pk}")


def _follows(dossier: Dossier, notified: date | None) -> bool:
    """Whether a contract notified that day may come from this launch."""
    launch = dossier.lancement
    if notified is None or launch is None:
        return notified is not None or launch is not None
    return launch <= notified <= launch + LONGEST_AWARD


def _marche_values(dossier: Dossier) -> dict[str, Any]:
    base = dossier.base
    frameworks = any(plie.lu.accord_cadre for plie in dossier.lots.values())
    reserved = any(plie.reservation != Reservation.AUCUNE for plie in dossier.lots.values())
    return {
        "reference": base.reference[:60],
        "objet": (base.titre or "Objet non précisé")[:1000],
        "nature": base.nature_contrat or "marche",
        "type": base.type or type_marche(base.cpv).value,
        "procedure": rules.PROCEDURES.get(base.type_procedure, "")[:100],
        "techniques": "Accord-cadre" if frameworks else "",
        "est_accord_cadre": frameworks,
        "date_lancement": dossier.lancement,
        "date_limite": lire_limite(dossier.limite)[0],
        "montant_estime": base.montant_estime,
        "presentation": base.description,
        "reservation_mentionnee": True if dossier.reservation_mentionnee or (reserved and dossier.lancement) else None,
        "lots_max_candidat": _small(base.lots_max_candidat),
        "lots_max_attribues": _small(base.lots_max_attribues),
    }


def _small(number: int | None) -> int | None:
    return number if number is not None and number <= 32_767 else None


def _assign(row: Any, values: dict[str, Any], typed: set[str]) -> bool:
    """Set what nobody typed; whether anything changed."""
    changed = False
    for name, value in values.items():
        if name.removesuffix("_id") not in typed and getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    start, end = getattr(row, "date_debut", None), getattr(row, "date_fin", None)
    if start and end and end < start:
        setattr(row, "date_debut" if "date_fin" in typed else "date_fin", None)
    return changed


def _save(row: Marche | Lot) -> None:
    """Written without a line of history: an import leaves its records as trace."""
    row.modifie_le = timezone.now()
    names = [field.name for field in row._meta.concrete_fields if not field.primary_key]
    manager: Any = type(row)._default_manager
    manager.bulk_update([row], names)


OF_IMPORTS = frozenset({"titulaires", "modifications"})


def _removable(lot: Lot) -> bool:
    """Whether a lot is nothing more than what notices wrote."""
    if lot.champs_saisis or not lot.cle.startswith(PREFIX):
        return False
    for relation in lot._meta.get_fields():
        if not relation.auto_created or relation.concrete or relation.many_to_many:
            continue
        name = relation.get_accessor_name()
        if name in OF_IMPORTS or relation.related_model.__name__.startswith("Historical"):
            continue
        if relation.related_model._base_manager.filter(**{relation.field.name: lot.pk}).exists():
            return False
    return True

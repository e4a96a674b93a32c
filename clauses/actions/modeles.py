"""The library of model texts: loaded from our files; a published version never changes, a new one follows it."""

from datetime import date
from itertools import chain, count
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from clauses.models import ModeleClause
from clauses.parametres import DATA
from clauses.rules.modeles import variables
from clauses.rules.redaction import relire_modele
from portal.text import slugify_fr
from structures.models import Organisation


@transaction.atomic
def load_models(on: date, folder: Path = DATA / "modeles") -> int:
    """Publish every text of `folder` that differs from its last version; how many versions were added.

    ValueError when a text has an unknown variable: nothing is written then.
    """
    added = 0
    for path in sorted(folder.glob("*.txt")):
        head, _, texte = path.read_text(encoding="utf-8").partition("\n\n")
        said = dict(line.split(": ", 1) for line in head.splitlines())
        texte = texte.strip()
        variables(texte)
        last = ModeleClause.objects.filter(organisation=None, code=path.stem).order_by("-version").first()
        if last and (last.texte, last.titre, last.type) == (texte, said["titre"], said["type"]):
            continue
        version = last.version + 1 if last else 1
        ModeleClause.objects.create(code=path.stem, version=version, texte=texte, publie_le=on, **said)
        added += 1
    return added


def nouvelle_version(*, form, organisation: Organisation, depuis: ModeleClause | None) -> ModeleClause:
    """A draft of this organisation: the next version of its own text, its own version of the portal's, or a new text.

    A draft already begun under that code is written over; nothing published ever changes.
    """
    code = depuis.code if depuis else _free_code(organisation, form.cleaned_data["titre"])
    mine = ModeleClause.objects.filter(organisation=organisation, code=code)
    draft = mine.filter(publie_le=None).first()
    if draft is None:
        last = mine.aggregate(last=Max("version"))["last"] or 0
        draft = ModeleClause(organisation=organisation, code=code, version=last + 1)
    for name in ("titre", "type", "texte"):
        setattr(draft, name, form.cleaned_data[name])
    draft.save()
    return draft


def publier(modele: ModeleClause, on: date) -> None:
    """From now on this version never changes; ValidationError when a mention is missing."""
    missing = [verdict.reason for verdict in relire_modele(modele.texte, modele.type) if verdict.is_blocking]
    if missing:
        raise ValidationError(missing)
    modele.publie_le = on
    modele.save(update_fields=["publie_le"])


def _free_code(organisation: Organisation, titre: str) -> str:
    base = slugify_fr(titre)[:34] or "modele"
    mine = ModeleClause.objects.filter(organisation=organisation, code__startswith=base)
    taken = set(mine.values_list("code", flat=True))
    codes = chain([base], (f"{base}-{n}" for n in count(2)))
    return next(code for code in codes if code not in taken)

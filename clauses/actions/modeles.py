"""The library of model texts: loaded from our files; a published version never changes, a new one follows it."""

from datetime import date
from pathlib import Path

from django.db import transaction

from clauses.models import ModeleClause
from clauses.parametres import DATA
from clauses.rules.modeles import variables


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

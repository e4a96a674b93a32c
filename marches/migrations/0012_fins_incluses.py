"""Every end is the last day of execution, included: those computed as the day after become the day before it.

An end is known to be computed when it is the start plus the duration, from date to date.
"""

from django.db import migrations
from django.db.models.functions import Coalesce

from marches.rules.dates import LONGEST_MONTHS, UN_JOUR, add_months

BATCH = 2_000
POSTGRESQL = """
    UPDATE marches_lot SET date_fin = date_fin {move} 1
    WHERE duree_mois BETWEEN 1 AND {longest}
    AND date_fin = (COALESCE(date_debut, date_notification) + make_interval(months => duree_mois))::date {shift}
"""


def move(apps, editor, days: int) -> None:
    if editor.connection.vendor == "postgresql":
        sign, shift = ("-", "") if days < 0 else ("+", "- 1")
        editor.execute(POSTGRESQL.format(move=sign, longest=LONGEST_MONTHS, shift=shift))
        return
    model = apps.get_model("marches", "Lot")
    rows = model.objects.filter(duree_mois__gt=0, duree_mois__lte=LONGEST_MONTHS).exclude(date_fin=None)
    rows = rows.annotate(debut=Coalesce("date_debut", "date_notification")).exclude(debut=None).order_by()
    computed = []
    for pk, start, months, end in rows.values_list("pk", "debut", "duree_mois", "date_fin").iterator():
        try:
            following = add_months(start, months)
        except ValueError:
            continue
        if end == (following if days < 0 else following - UN_JOUR):
            computed.append((pk, end))
    for first in range(0, len(computed), BATCH):
        some = [model(pk=pk, date_fin=end + days * UN_JOUR) for pk, end in computed[first : first + BATCH]]
        model.objects.bulk_update(some, ["date_fin"], batch_size=BATCH)


def forwards(apps, editor):
    move(apps, editor, -1)


def backwards(apps, editor):
    move(apps, editor, 1)


class Migration(migrations.Migration):
    dependencies = [("marches", "0011_espaces_insecables")]

    operations = [migrations.RunPython(forwards, backwards)]

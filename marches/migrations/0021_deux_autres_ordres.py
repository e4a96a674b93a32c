from django.db import migrations, models
from django.db.models import OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from portal.text import sort_key

BATCH = 200  # more rows at once cost more each: every row is looked for among all of them


def fill(apps, schema_editor):
    """Both columns as `marches.upsert.contrats` keeps them from now on."""
    Lot, Marche = apps.get_model("marches", "Lot"), apps.get_model("marches", "Marche")
    amounts = Lot.objects.filter(marche=OuterRef("pk"), montant__gt=1, montant__lt=999_999_999).order_by()
    total = amounts.values("marche").annotate(total=Sum("montant")).values("total")
    Marche.objects.update(montant_lots=Coalesce(Subquery(total), Value(0), output_field=models.DecimalField()))
    rows = []
    for row in Marche.objects.only("objet").iterator(chunk_size=2_000):
        row.objet_tri = sort_key(row.objet)[:80]
        rows.append(row)
        if len(rows) == BATCH:
            Marche.objects.bulk_update(rows, ["objet_tri"])
            rows = []
    Marche.objects.bulk_update(rows, ["objet_tri"])


class Migration(migrations.Migration):
    """The orders by subject and by amount are read from an index: a million lots are not summed for a page."""

    dependencies = [("marches", "0020_criteres_ponderes")]
    operations = [
        migrations.AddField("marche", "objet_tri", models.CharField(default="", editable=False, max_length=80)),
        migrations.AddField(
            "marche",
            "montant_lots",
            models.DecimalField(decimal_places=2, default=0, editable=False, max_digits=20),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

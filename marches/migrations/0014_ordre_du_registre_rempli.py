from django.db import migrations
from django.db.models import Min, OuterRef, Subquery
from django.db.models.functions import Coalesce, ExtractDay, ExtractMonth, ExtractYear


def fill(apps, schema_editor):
    """`premiere` of each contract, `recence` of each lot, as `marches.upsert.contrats` keeps them from now on."""
    Lot, Marche = apps.get_model("marches", "Lot"), apps.get_model("marches", "Marche")
    first = Min("date_notification")
    day = ExtractYear(first) * 10_000 + ExtractMonth(first) * 100 + ExtractDay(first)
    notified = Lot.objects.filter(marche=OuterRef("pk"), date_notification__isnull=False).order_by().values("marche")
    Marche.objects.update(premiere=Coalesce(Subquery(notified.annotate(jour=day).values("jour")), 0))
    order = Marche.objects.filter(pk=OuterRef("marche")).order_by().values("recence")
    Lot.objects.update(recence=Subquery(order))


class Migration(migrations.Migration):
    dependencies = [("marches", "0013_ordre_du_registre")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

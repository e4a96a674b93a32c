import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

RESERVE = ~Q(reservation="aucune")
SOCIAL = Q(clause_sociale=True) | Q(critere_social=True) | RESERVE
ORDER = ["-recence", "-marche"]


def indexed_otherwise(to):
    return models.ForeignKey(
        to, on_delete=django.db.models.deletion.SET_NULL, null=True, blank=True, db_index=False, related_name="lots"
    )


class Migration(migrations.Migration):
    """Lots read in the order of the register, by one criterion; two of these indexes replace those of foreign keys."""

    dependencies = [("marches", "0014_ordre_du_registre_rempli")]

    operations = [
        migrations.RemoveIndex("lot", "lot_notification"),
        migrations.AlterField("lot", "departement", indexed_otherwise("structures.departement")),
        migrations.AlterField("lot", "secteur", indexed_otherwise("structures.secteur")),
        migrations.AddIndex("lot", models.Index(fields=ORDER, name="lot_recents")),
        migrations.AddIndex("lot", models.Index(fields=["departement", *ORDER], name="lot_departement")),
        migrations.AddIndex("lot", models.Index(fields=["secteur", *ORDER], name="lot_secteur")),
        migrations.AddIndex("lot", models.Index(fields=ORDER, condition=SOCIAL, name="lot_sociaux")),
        migrations.AddIndex("lot", models.Index(fields=ORDER, condition=RESERVE, name="lot_reserves")),
        migrations.AddIndex(
            "marche",
            models.Index(
                fields=["premiere", "recence"],
                condition=Q(premiere__gt=0, premiere__lt=F("recence")),
                name="marche_etales",
            ),
        ),
    ]

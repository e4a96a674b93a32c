from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("marches", "0012_fins_incluses")]

    operations = [
        migrations.AddField("lot", "recence", models.PositiveIntegerField(default=0, editable=False)),
        migrations.AddField("marche", "premiere", models.PositiveIntegerField(default=0, editable=False)),
    ]

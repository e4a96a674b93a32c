from django.db import migrations

from portal.search import racines_index


class Migration(migrations.Migration):
    dependencies = [("marches", "0001_initial")]
    operations = [racines_index("marches_marche", "marche_racines")]

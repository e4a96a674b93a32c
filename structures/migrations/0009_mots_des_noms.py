"""The words of the names, indexed on PostgreSQL only: a search shows first the structures whose name holds them."""

from django.db import migrations

from portal.search import racines_index


class Migration(migrations.Migration):
    dependencies = [("structures", "0008_espaces_insecables")]

    operations = [racines_index("structures_structure", "structure_noms", "nom_tri")]

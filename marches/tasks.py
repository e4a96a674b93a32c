"""Work of the register done out of the page."""

from portal.tasks import task


@task()
def import_avis_depot(importation_id: int, depot_id: int) -> None:
    from marches.actions import avis

    try:
        avis.run(importation_id, depot_id)
    except Exception:
        avis.stopped(importation_id)
        raise

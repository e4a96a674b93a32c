"""Writes on stories: one transaction for the row, its links, its trace and its words."""

from django.core.exceptions import ValidationError
from django.db import transaction

from portal import photos
from portal.pages import depuis_bilan
from portal.pages.models import Charte, Photo, Temoignage
from portal.pages.rules import missing_to_publish
from portal.text import racines
from structures.zones import make_zone


def missing(temoignage: Temoignage) -> list[str]:
    """What keeps this stored story from being published, in French; four queries."""
    if temoignage.pk is None:
        return missing_to_publish(chapeau="", corps="", linked=0, photos=[])
    return missing_to_publish(
        chapeau=temoignage.chapeau,
        corps=temoignage.corps,
        linked=temoignage.structures.count() + temoignage.marches.count() + temoignage.lots.count(),
        photos=list(temoignage.photos.values_list("texte_alternatif", "credit")),
    )


@transaction.atomic
def save_story(*, form, chiffres, by) -> Temoignage:
    """Save what the two forms hold: story, links, key figures in their order on the page; `by` is the `Acteur`."""
    temoignage = form.instance
    if temoignage.pk is None:
        temoignage.auteur = by.organisation
        reason = "creation"
    else:
        reason = "saisie"
    _sign(temoignage, by, reason)
    form.save()
    chiffres.instance = temoignage
    kept = [each for each in chiffres.forms if each.has_changed() or each.instance.pk]
    for rank, each in enumerate(kept):
        each.instance.rang = rank
    chiffres.save()
    for each in kept:  # a row moved by the removal of another one has not changed for the form
        if each.instance.pk and each not in chiffres.deleted_forms and not each.has_changed():
            each.instance.save(update_fields=["rang"])
    reindex([temoignage.pk])
    return temoignage


@transaction.atomic
def story_of_report(bilan, *, by) -> Temoignage:
    """A draft that starts from a signed report; the one this body already made of it, when it is still there."""
    found = Temoignage.objects.filter(auteur=by.organisation, source=depuis_bilan.source(bilan)).first()
    if found is not None:
        return found
    lots = depuis_bilan.lots(bilan)
    structures = depuis_bilan.structures(lots)
    story = Temoignage(
        titre=depuis_bilan.titre(bilan), corps=depuis_bilan.corps(bilan, lots, structures), auteur=by.organisation,
        source=depuis_bilan.source(bilan),
    )  # fmt: skip
    _sign(story, by, "bilan")
    story.save()
    story.lots.set(lots)
    story.marches.set({lot.marche for lot in lots})
    story.structures.set(structures)
    for figure in depuis_bilan.chiffres(bilan):
        figure.temoignage = story
        figure.save()
    reindex([story.pk])
    return story


def mark_read(temoignage: Temoignage, *, by) -> None:
    """Brouillon → relu: somebody read it through."""
    _change(temoignage, Temoignage.Statut.RELU, None, by, "relecture")


@transaction.atomic
def publish(temoignage: Temoignage, *, by, on) -> None:
    """Publish on the day `on`; ValidationError with the list of what is missing."""
    problems = missing(temoignage)
    if problems:
        raise ValidationError(problems)
    _change(temoignage, Temoignage.Statut.PUBLIE, on, by, "publication")
    reindex([temoignage.pk])


def unpublish(temoignage: Temoignage, *, by) -> None:
    """Back to a draft: out of the list, the home page, the feed and the panels at once."""
    _change(temoignage, Temoignage.Statut.BROUILLON, None, by, "depublication")


@transaction.atomic
def delete_story(temoignage: Temoignage, *, by) -> None:
    """Delete a story, its figures, its pictures and their files."""
    names = [name for photo in temoignage.photos.all() for name in photo.file_names()]
    if by is not None:
        _sign(temoignage, by, "suppression")
    temoignage.delete()
    photos.delete_files(Photo.image.field.storage, names)


def save_photo(*, form, by) -> Photo:
    """Save a picture and its words; a replaced file is deleted once the new one is recorded."""
    is_new_file = form.instance.pk is not None and bool(form.cleaned_data.get("fichier"))
    return photos.save(
        form, lambda photo, what: _touch(photo.temoignage, by, "photo_modifiee" if is_new_file else "photo")
    )


@transaction.atomic
def delete_photo(photo: Photo, *, by) -> None:
    """Delete a picture and its two files."""
    photos.delete(photo)
    _touch(photo.temoignage, by, "photo_supprimee")


def reindex(ids) -> None:
    """Refresh the words by which these stories are found: their text, and the names they are linked to."""
    stories = Temoignage.objects.filter(pk__in=ids).select_related("auteur")
    changed = []
    for story in stories.prefetch_related("structures", "marches", "lots"):
        names = [text for s in story.structures.all() for text in (s.nom, s.enseigne, s.ville)]
        objects = [each.objet for each in (*story.marches.all(), *story.lots.all())]
        network = story.auteur.denomination if story.auteur else ""
        words = racines(story.titre, story.chapeau, story.corps, story.fonction_interviewee, network, *names, *objects)
        if words != story.racines:
            story.racines = words
            changed.append(story)
    Temoignage.objects.bulk_update(changed, ["racines"], batch_size=200)


def _change(temoignage, statut, publie_le, by, reason) -> None:
    temoignage.statut, temoignage.publie_le = statut, publie_le
    _touch(temoignage, by, reason)


def _touch(temoignage, by, reason) -> None:
    _sign(temoignage, by, reason)
    temoignage.save()


def _sign(temoignage, by, reason) -> None:
    temoignage._history_user, temoignage._change_reason = by.user, reason


# Charters -------------------------------------------------------------------------------------------------------------
@transaction.atomic
def save_charter(*, form, by) -> Charte:
    """Save a charter with its territory and its trace."""
    charte = form.instance
    charte._history_user, charte._change_reason = by.user, "saisie" if charte.pk else "creation"
    if charte.pk is None:
        charte.organisation = by.organisation
    places = [(str(lieu.niveau), lieu.code) for lieu in form.cleaned_data["territoire"]]
    charte.zone = make_zone(places) if places else None
    return form.save()

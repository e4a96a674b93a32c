"""Pictures with their words, of whatever they illustrate: their columns, and how their files come and go.

    class PhotoStructure(Photo):
        structure = models.ForeignKey(Structure, on_delete=models.CASCADE, related_name="photos")
        image, vignette = files_in("structures")
        PARENT = "structure"

The form is `portal.fields.PictureForm`, the picture itself is made by `portal.images.prepare`.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar, Self, TypeVar

from django.core.files.storage import Storage
from django.db import models, transaction
from django.db.models import Max, QuerySet

from portal import images


def files_in(folder: str) -> tuple[models.ImageField, models.ImageField]:
    """The columns `image` and `vignette`, whose files are kept by year under `folder`."""
    kept = {"upload_to": f"{folder}/%Y/"}
    return (
        models.ImageField("image", width_field="largeur", height_field="hauteur", **kept),
        models.ImageField("vignette", blank=True, editable=False, **kept),
    )


class Photo(models.Model):
    """A picture; its alternative text and its credit are compulsory. `PARENT` names the key of what it illustrates."""

    PARENT: ClassVar[str]

    largeur = models.PositiveIntegerField(default=0, editable=False)
    hauteur = models.PositiveIntegerField(default=0, editable=False)
    texte_alternatif = models.CharField("texte alternatif", max_length=250)
    credit = models.CharField("crédit", max_length=150)
    legende = models.CharField("légende", max_length=250, blank=True)
    rang = models.PositiveSmallIntegerField(default=0)

    image: models.ImageField
    vignette: models.ImageField

    class Meta:
        abstract = True
        ordering = ["rang", "pk"]

    def __str__(self) -> str:
        return self.texte_alternatif

    @property
    def petite(self) -> str:
        """Address of the thumbnail, or of the picture itself where there is none."""
        return (self.vignette or self.image).url

    def siblings(self) -> QuerySet[Self]:
        """The pictures of the same object, this one among them once it is saved."""
        key = f"{self.PARENT}_id"
        return type(self)._default_manager.filter(**{key: getattr(self, key)})

    def hold(self, prepared: images.Prepared) -> None:
        """Write the two files; the row is left to be saved."""
        self.image.save(str(prepared.image.name), prepared.image, save=False)
        self.vignette.save(str(prepared.vignette.name), prepared.vignette, save=False)

    def file_names(self) -> list[str]:
        return [file.name for file in (self.image, self.vignette) if file]

    @property
    def storage(self) -> Storage:
        return self.image.storage


P = TypeVar("P", bound=Photo)


def save(form, trace: Callable[[P, str], object]) -> P:
    """Save a picture and its words, then `trace(photo, what)`, what being « ajoutée » or « modifiée », in the same
    transaction. A replaced file is deleted once the new one is recorded, a new one at once when nothing is."""
    photo, prepared = form.instance, form.cleaned_data.get("fichier")
    is_new = photo.pk is None
    replaced = photo.file_names() if prepared and not is_new else []
    written: list[str] = []
    try:
        with transaction.atomic():
            if is_new:
                last = photo.siblings().aggregate(rang=Max("rang"))["rang"]
                photo.rang = 0 if last is None else last + 1
            if prepared:
                photo.hold(prepared)
                written = photo.file_names()
            form.save()
            trace(photo, "ajoutée" if is_new else "modifiée")
            delete_files(photo.storage, replaced)
    except Exception:
        for name in written:
            photo.storage.delete(name)
        raise
    return photo


def delete(photo: Photo) -> None:
    """Delete a picture and, once the transaction is saved, its two files."""
    names = photo.file_names()
    photo.delete()
    delete_files(photo.storage, names)


def delete_files(storage: Storage, names: Iterable[str]) -> None:
    """Delete files once the transaction is saved: a rollback keeps them."""
    for name in filter(None, names):
        transaction.on_commit(partial(storage.delete, name))

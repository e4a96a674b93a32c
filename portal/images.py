"""Pictures sent by people: really decoded, made smaller, and emptied of everything but what one sees."""

import io
import secrets
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image, ImageOps, UnidentifiedImageError

from portal.templatetags.formats import nombre

LARGEST_FILE = 8 * 1024 * 1024
LARGEST_SIDE, MOST_PIXELS = 12_000, 60_000_000  # a picture is refused before its pixels take memory
IMAGE_SIDE, THUMBNAIL_SIDE = 1600, 480
FORMATS = ("JPEG", "PNG", "WEBP")

NOT_A_PICTURE = "Ce fichier n'est pas une image JPEG, PNG ou WebP lisible\u00a0: choisissez-en un autre."
DAMAGED = (
    "Cette image est abîmée ou incomplète\u00a0: ouvrez-la sur votre ordinateur, enregistrez-la de nouveau, réessayez."
)
TOO_LARGE = "Cette image est trop grande ({} × {} pixels)\u00a0: réduisez-la à 5\u00a0000 pixels de côté."


@dataclass(frozen=True)
class Prepared:
    """A picture ready to be stored, and its thumbnail; both WebP, under a name nobody can guess."""

    image: ContentFile
    vignette: ContentFile


def prepare(upload) -> Prepared:
    """The uploaded file as WebP of at most 1600 px and a thumbnail of 480 px, upright, without metadata.

    ValidationError, in French, when the file is too heavy, is no JPEG, PNG or WebP, is damaged or is a bomb.
    """
    if upload.size > LARGEST_FILE:
        raise ValidationError("Ce fichier pèse plus de 8\u00a0Mo\u00a0: réduisez l'image avant de l'envoyer.")
    picture = _shrunk(_decoded(upload), IMAGE_SIDE)
    name = secrets.token_hex(12)
    return Prepared(
        image=_webp(picture, f"{name}.webp"),
        vignette=_webp(_shrunk(picture, THUMBNAIL_SIDE), f"{name}-vignette.webp"),
    )


def _decoded(upload) -> Image.Image:
    """The pixels of the file, the right way up, in RGB or RGBA."""
    upload.seek(0)
    try:
        picture = Image.open(upload, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ValidationError(NOT_A_PICTURE) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError(
            "Cette image compte trop de pixels\u00a0: réduisez-la à 5\u00a0000 pixels de côté, et renvoyez-la."
        ) from error
    except Exception as error:  # a decoder may raise anything on a hostile header
        raise ValidationError(DAMAGED) from error
    width, height = picture.size
    if max(width, height) > LARGEST_SIDE or width * height > MOST_PIXELS:
        raise ValidationError(TOO_LARGE.format(nombre(width), nombre(height)))
    try:
        picture.draft("RGB", (IMAGE_SIDE, IMAGE_SIDE))  # a JPEG is decoded at the size nearest above, others ignore it
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except Exception as error:  # the same, on hostile pixels
        raise ValidationError(DAMAGED) from error


def _shrunk(picture: Image.Image, side: int) -> Image.Image:
    """A copy of at most `side` pixels, which carries its pixels alone: no EXIF, no place, no colour profile."""
    small = picture.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    bare = Image.new(small.mode, small.size)
    bare.paste(small)
    return bare


def _webp(picture: Image.Image, name: str) -> ContentFile:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80, method=4)
    return ContentFile(buffer.getvalue(), name=name)

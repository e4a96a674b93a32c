import io
import struct
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from portal import images
from tests.factories import make_image


def upload(content, name="photo.jpg"):
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def encoded(picture, kind="JPEG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width, height):
    """A PNG that announces its size and holds nothing."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def refusal(content, name="photo.jpg"):
    with pytest.raises(ValidationError) as error:
        images.prepare(upload(content, name))
    return error.value.messages[0]


def test_large_picture_becomes_two_small_webp():
    prepared = images.prepare(make_image(4000, 2000, "JPEG"))
    for file, size in ((prepared.image, (1600, 800)), (prepared.vignette, (480, 240))):
        picture = Image.open(file)
        assert picture.format == "WEBP"
        assert picture.size == size
        assert file.name.endswith(".webp")
        assert "photo" not in file.name


def test_small_picture_is_not_enlarged():
    prepared = images.prepare(make_image(40, 30))
    assert Image.open(prepared.image).size == (40, 30)
    assert Image.open(prepared.vignette).size == (40, 30)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_accepted_formats(kind):
    assert images.prepare(make_image(40, 30, kind)).image.size > 0


def test_metadata_is_dropped_and_orientation_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "Appareil"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (49.0, 10.0, 55.0)
    content = encoded(Image.new("RGB", (60, 40), "red"), exif=exif, comment=b"secret")
    assert b"Appareil" in content
    assert Image.open(io.BytesIO(content)).getexif().get_ifd(0x8825)
    prepared = images.prepare(upload(content))
    for file in (prepared.image, prepared.vignette):
        picture = Image.open(file)
        assert picture.size == (40, 60)
        assert not picture.getexif()
        assert not set(picture.info) & {"exif", "xmp", "icc_profile", "comment"}
        file.seek(0)
        assert b"Appareil" not in file.read()


def test_transparency_is_kept():
    content = encoded(Image.new("RGBA", (30, 30), (10, 20, 30, 0)), "PNG")
    assert Image.open(images.prepare(upload(content)).image).convert("RGBA").getpixel((5, 5))[3] == 0


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA", "I;16"])
def test_unusual_colours_are_read(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert images.prepare(upload(encoded(Image.new(mode, (30, 30)), kind))).image.size > 0


@pytest.mark.parametrize(
    "content",
    [
        b"ceci est un texte",
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"\x00" * 2000,
    ],
)
def test_what_is_no_picture_is_refused(content):
    assert "n'est pas une image" in refusal(content)


def test_truncated_picture_is_refused():
    noise = Image.effect_noise((300, 300), 90)
    for content in (encoded(noise), encoded(noise, "PNG"), encoded(noise.convert("RGB"), "WEBP")):
        assert "abîmée" in refusal(content[: len(content) // 2])


@pytest.mark.parametrize("size", [(20_000, 20_000), (11_000, 11_000), (12_001, 10), (10_000, 9_000)])
def test_bomb_is_refused_before_it_is_decoded(size):
    assert "pixels" in refusal(png_header(*size), "bombe.png")


def test_heavy_file_is_refused():
    heavy = upload(b"x" * 10)
    heavy.size = images.LARGEST_FILE + 1
    with pytest.raises(ValidationError, match="plus de 8"):
        images.prepare(heavy)

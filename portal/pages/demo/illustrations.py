"""Drawings for the demonstration: shapes in the colours of the portal, no stock picture and no face."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1600, 900
SKY, GROUND, SAPIN, LEAF, OCRE, PAPER, INK, VIOLET = (
    "#e3f1ee", "#d9d5cc", "#0f5b4f", "#6fa597", "#b4540a", "#fbfaf7", "#1d2b36", "#5b3a8c",
)  # fmt: skip


def _scene() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (WIDTH, HEIGHT), SKY)
    draw = ImageDraw.Draw(image)
    draw.ellipse((1180, 110, 1340, 270), fill="#f3d9b8")
    draw.rectangle((0, 690, WIDTH, HEIGHT), fill=GROUND)
    return image, draw


def _tree(draw, x: int, foot: int, size: int) -> None:
    draw.rectangle((x - size // 10, foot - size // 2, x + size // 10, foot), fill="#7a5a3a")
    draw.ellipse((x - size // 2, foot - int(size * 1.4), x + size // 2, foot - size // 3), fill=SAPIN)
    draw.ellipse((x - size // 4, foot - int(size * 1.3), x + size // 2, foot - size // 2), fill=LEAF)


def college() -> Image.Image:
    """A school with its yard."""
    image, draw = _scene()
    draw.rectangle((330, 330, 1270, 720), fill=PAPER)
    draw.polygon([(290, 340), (800, 170), (1310, 340)], fill=OCRE)
    for floor in (390, 530):
        for x in range(390, 1210, 120):
            draw.rectangle((x, floor, x + 70, floor + 90), fill=LEAF)
            draw.line((x + 35, floor, x + 35, floor + 90), fill=PAPER, width=6)
    draw.rectangle((745, 570, 855, 720), fill=SAPIN)
    _tree(draw, 190, 740, 230)
    _tree(draw, 1420, 740, 260)
    return image


def jardin() -> Image.Image:
    """Rows of a public garden, with trees."""
    image, draw = _scene()
    draw.polygon([(0, 690), (420, 480), (900, 690)], fill=LEAF)
    draw.polygon([(620, 690), (1150, 430), (1600, 690)], fill="#8fbdb0")
    for rank, y in enumerate(range(730, 900, 45)):
        draw.rectangle((0, y, WIDTH, y + 22), fill=SAPIN if rank % 2 else "#3d7f71")
        for x in range(40 + 30 * (rank % 2), WIDTH, 120):
            draw.ellipse((x, y - 18, x + 40, y + 20), fill=OCRE if rank % 2 else VIOLET)
    _tree(draw, 280, 720, 260)
    _tree(draw, 1330, 720, 220)
    return image


def rails() -> Image.Image:
    """A railway line under works."""
    image, draw = _scene()
    for y, spread in zip(range(700, 900, 28), range(60, 700, 82), strict=False):
        draw.rectangle((800 - spread, y, 800 + spread, y + 12), fill="#8b6d4d")
    draw.polygon([(770, 690), (780, 690), (420, 900), (360, 900)], fill=INK)
    draw.polygon([(820, 690), (830, 690), (1240, 900), (1180, 900)], fill=INK)
    draw.rectangle((1010, 470, 1330, 640), fill=OCRE)
    draw.rectangle((1210, 380, 1320, 480), fill=LEAF)
    for x in (1060, 1160, 1270):
        draw.ellipse((x, 610, x + 80, 690), fill=INK)
    draw.line((1010, 500, 860, 340, 760, 470), fill=INK, width=22)
    _tree(draw, 210, 720, 240)
    return image


def cartons() -> Image.Image:
    """Folded boxes ready to be collected."""
    image, draw = _scene()
    draw.rectangle((860, 380, 1420, 700), fill=SAPIN)
    draw.rectangle((700, 500, 870, 700), fill=LEAF)
    draw.rectangle((730, 530, 830, 610), fill=PAPER)
    for x in (760, 1050, 1280):
        draw.ellipse((x, 650, x + 110, 760), fill=INK)
        draw.ellipse((x + 35, 685, x + 75, 725), fill=GROUND)
    for left, top, size in ((150, 560, 180), (350, 600, 140), (210, 400, 160), (520, 640, 110)):
        draw.rectangle((left, top, left + size, top + size), fill="#c89b6c")
        draw.rectangle((left, top, left + size, top + size // 6), fill="#a87d50")
        draw.line((left + size // 2, top, left + size // 2, top + size), fill="#a87d50", width=6)
    return image


def cuisine() -> Image.Image:
    """The line of a school canteen."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    for x in range(0, WIDTH, 160):
        draw.line((x, 0, x, 420), fill=SKY, width=6)
    for y in range(0, 420, 105):
        draw.line((0, y, WIDTH, y), fill=SKY, width=6)
    draw.rectangle((0, 420, WIDTH, HEIGHT), fill=GROUND)
    draw.rectangle((120, 470, 1480, 760), fill=SAPIN)
    draw.rectangle((120, 470, 1480, 520), fill=LEAF)
    for x, colour in ((220, OCRE), (540, VIOLET), (860, LEAF), (1180, OCRE)):
        draw.rectangle((x, 380, x + 220, 470), fill=INK)
        draw.ellipse((x + 20, 350, x + 200, 430), fill=colour)
    for x in (260, 620, 980):
        draw.rectangle((x, 800, x + 280, 850), fill=OCRE)
        draw.ellipse((x + 30, 790, x + 130, 840), fill=PAPER)
    return image


def couloir() -> Image.Image:
    """A corridor being cleaned: a trolley, a bucket, doors."""
    image = Image.new("RGB", (WIDTH, HEIGHT), SKY)
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, HEIGHT), (560, 520), (1040, 520), (WIDTH, HEIGHT)], fill=GROUND)
    draw.rectangle((560, 250, 1040, 520), fill=PAPER)
    for left in (130, 330):
        draw.polygon([(left, 820 - left // 2), (left, 200 + left // 8), (left + 130, 230 + left // 8),
                      (left + 130, 740 - left // 2)], fill=SAPIN)  # fmt: skip
    draw.rectangle((1080, 420, 1380, 760), fill=OCRE)
    draw.rectangle((1110, 450, 1350, 600), fill=PAPER)
    for x in (1100, 1310):
        draw.ellipse((x, 740, x + 60, 800), fill=INK)
    draw.line((980, 330, 860, 790), fill=INK, width=18)
    draw.polygon([(800, 780), (930, 780), (960, 840), (770, 840)], fill=VIOLET)
    return image


def logo() -> Image.Image:
    """A mark: three shapes that hold together."""
    image = Image.new("RGB", (480, 480), PAPER)
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 40, 300, 300), fill=SAPIN)
    draw.ellipse((200, 120, 440, 360), fill=LEAF)
    draw.polygon([(140, 440), (340, 440), (240, 250)], fill=OCRE)
    return image


SCENES = {
    "college": (college, "Dessin d'un collège entouré d'arbres"),
    "jardin": (jardin, "Dessin d'un jardin public avec ses rangées de fleurs"),
    "rails": (rails, "Dessin d'une voie ferrée en travaux et d'un engin de chantier"),
    "cuisine": (cuisine, "Dessin d'une ligne de service de cantine, plats et plateaux alignés"),
    "couloir": (couloir, "Dessin d'un couloir d'école pendant le ménage, avec un chariot et un balai"),
    "logo": (logo, "Trois formes emboîtées"),
    "cartons": (cartons, "Dessin de cartons empilés devant un camion de collecte"),
}


def upload(scene: str) -> tuple[SimpleUploadedFile, str]:
    """A drawing as if it had been sent by a form, and its alternative text."""
    draw, text = SCENES[scene]
    content = BytesIO()
    draw().save(content, "PNG")
    return SimpleUploadedFile(f"{scene}.png", content.getvalue(), content_type="image/png"), text

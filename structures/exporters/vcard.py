"""The public contact of a structure as a vCard, the form that address books read."""

from structures.models import Structure

LONGEST_LINE = 75  # bytes, the end of line left out
EOL = "\r\n"


def vcard(structure: Structure, url: str) -> str:
    """A vCard 4.0 of what the card shows to everyone: name, kind, address, public contact, `url` of its page.

    Source: RFC 6350 (3.2 folding, 3.4 escaping, 6.2 to 6.7 properties).
    """
    street, city, postcode = structure.adresse, structure.ville, structure.code_postal
    lines = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        "KIND:org",
        f"FN:{escape(structure.nom)}",
        f"ORG:{escape(structure.nom)}",
        f"CATEGORIES:{escape(structure.get_kind_display())}",
    ]
    if structure.enseigne:
        lines.append(f"NICKNAME:{escape(structure.enseigne)}")
    if street or city or postcode:
        # Post office box, extended address, street, locality, region, postcode, country.
        lines.append(f"ADR;TYPE=work:;;{escape(street)};{escape(city)};;{escape(postcode)};France")
    if structure.telephone:
        lines.append(f"TEL;TYPE=work;VALUE=text:{escape(structure.telephone)}")
    if structure.courriel:
        lines.append(f"EMAIL;TYPE=work:{escape(structure.courriel)}")
    if structure.site:
        lines.append(f"URL;TYPE=work:{uri(structure.site)}")
    if structure.latitude is not None and structure.longitude is not None:
        lines.append(f"GEO:geo:{structure.latitude:.5f},{structure.longitude:.5f}")
    lines += [f"SOURCE:{uri(url)}", "END:VCARD"]
    return "".join(fold(line) + EOL for line in lines)


def escape(text: str) -> str:
    """A text value: backslash, comma, semicolon and end of line; other control characters are dropped."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(char for char in text if char in "\n\t" or (ord(char) >= 0x20 and ord(char) != 0x7F))
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")


def uri(text: str) -> str:
    """An address stays as it is, on one line."""
    return "".join(text.split())


def fold(line: str) -> str:
    """A long line cut every 75 bytes at most, never inside a character; each next line starts with a space."""
    pieces, piece, size, room = [], "", 0, LONGEST_LINE
    for char in line:
        width = len(char.encode())
        if size + width > room:
            pieces.append(piece)
            piece, size, room = "", 0, LONGEST_LINE - 1
        piece, size = piece + char, size + width
    return f"{EOL} ".join([*pieces, piece])

"""What several test files of pages share."""

import re


def text(response) -> str:
    """What a page says, with plain spaces."""
    return re.sub(
        r"\s+", " ", response.content.decode().replace("&nbsp;", " ").replace("\u202f", " ").replace("\xa0", " ")
    )

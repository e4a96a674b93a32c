"""Documents as PDF: the only module that knows typst. Each is tagged and follows PDF/UA-1, which typst enforces.

A template of `templates/pdf/` imports `base.typ` and reads its data from `donnees`: texts and figures written as
French reads them. Data come in as one JSON text, so that what people typed stays text, whatever signs it holds.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

from portal.text import slugify_fr


class PdfImpossible(Exception):
    """A template that does not compile: a fault of ours, never of the data."""


def render_pdf(template: str, data: Mapping[str, Any], *, on: datetime | None = None) -> bytes:
    """The PDF of `templates/pdf/<template>.typ` with these data (strings, numbers, lists, dictionaries, None).

    About 20 ms. `on` dates the file, now by default. PdfImpossible when the template is wrong.
    """
    folder = _folder()
    try:
        content = typst.compile(
            str(folder / f"{template}.typ"),
            root=str(folder),
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards="ua-1",
            sys_inputs={"donnees": json.dumps(_plain(data), ensure_ascii=False)},
            timestamp=int((on or timezone.now()).timestamp()),
        )
    except (typst.TypstError, RuntimeError) as error:
        raise PdfImpossible(f"{template}.typ\u00a0: {error}") from error
    return bytes(content)


def pdf_response(content: bytes, name: str) -> HttpResponse:
    """The PDF as a file to keep, under a name without surprise."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{slugify_fr(name)[:100] or "document"}.pdf"'
    return response


@lru_cache(maxsize=1)
def _folder() -> Path:
    return Path(settings.BASE_DIR) / "templates" / "pdf"


def _plain(value: Any) -> Any:
    """`value` as JSON takes it: anything that is no number, list nor dictionary becomes text; no NUL."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value).replace("\0", "")

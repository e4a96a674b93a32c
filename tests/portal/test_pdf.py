"""Documents: tagged, in French, with what people typed left as text."""

from datetime import datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pikepdf
import pytest

from portal import pdf

TEMPLATE = """
#import "base.typ": *
#show: document-portail.with(titre: donnees.titre, organisme: donnees.organisme, mention: donnees.mention)
== Un titre
#chiffres(donnees.chiffres)
#tableau(legende: "Heures par mois", entetes: ("Mois", "Heures"), lignes: donnees.lignes, nombres: (1,))
#faits((("Du", donnees.du),))
"""
DATA = {
    "titre": "Bilan d'essai", "organisme": "Maison de l'emploi", "mention": "Année 2026",
    "chiffres": [["833 h", "dues"]], "lignes": [["mars 2026", Decimal("12.50")], ["avril 2026", None]],
    "du": "01/01/2026",
}  # fmt: skip


@pytest.fixture
def template(tmp_path, monkeypatch):
    """A folder of templates of our own, with the real base."""
    base = pdf._folder() / "base.typ"
    (tmp_path / "base.typ").write_text(base.read_text(encoding="utf-8"), encoding="utf-8")

    def write(text: str) -> str:
        (tmp_path / "essai.typ").write_text(text, encoding="utf-8")
        return "essai"

    monkeypatch.setattr(pdf, "_folder", lambda: tmp_path)
    return write


def opened(content: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(content))


def test_a_document_is_tagged_in_french_and_says_it_follows_pdf_ua(template):
    day = datetime(2026, 11, 26, 12, tzinfo=ZoneInfo("Europe/Paris"))
    document = opened(pdf.render_pdf(template(TEMPLATE), DATA, on=day))
    assert bool(document.Root.MarkInfo.Marked)
    assert str(document.Root.Lang).startswith("fr")
    assert "/StructTreeRoot" in document.Root
    with document.open_metadata() as metadata:
        assert metadata["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
        assert "Bilan d'essai" in str(metadata["dc:title"])


@pytest.mark.parametrize(
    "hostile", ["#panic()", "*gras* _non_ $x$ @ref <fin> \\ ] #let x = 1", "]]]}}}", "\0", "é" * 5_000]
)
def test_what_people_typed_stays_text(template, hostile):
    content = pdf.render_pdf(template(TEMPLATE), DATA | {"organisme": hostile, "mention": hostile})
    assert content.startswith(b"%PDF-")


def test_a_template_reads_nothing_out_of_its_folder(template):
    with pytest.raises(pdf.PdfImpossible):
        pdf.render_pdf(template('#read("/../../etc/passwd")'), {})


def test_a_template_that_is_wrong_is_our_fault_and_says_so(template):
    with pytest.raises(pdf.PdfImpossible, match="essai.typ"):
        pdf.render_pdf(template("#inconnue()"), {})


def test_a_document_is_downloaded_under_a_plain_name():
    response = pdf.pdf_response(b"%PDF-", "Bilan : « Été » / 2026\n")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="bilan-ete-2026.pdf"'

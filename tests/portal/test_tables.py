import codecs
import csv
import gzip
import io
import tracemalloc
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.imports import FichierRefuse
from portal.tables import Row, TableError, csv_pieces, csv_response, printed, read_table, write_xlsx, xlsx_response


def read(content: bytes | str, **given) -> list[dict[str, str]]:
    return [row.values for row in rows_of(content, **given)]


def rows_of(content: bytes | str, **given) -> list[Row]:
    return list(read_table(io.BytesIO(content.encode() if isinstance(content, str) else content), **given))


def refusal(content: bytes | str, **given) -> TableError:
    with pytest.raises(TableError) as refused:
        rows_of(content, **given)
    return refused.value


def workbook(rows, **formats) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        length = book.add_format({"num_format": "[h]:mm"})
        kinds = {datetime: moment, date: day, timedelta: length}
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(line, column, value, *([kinds[type(value)]] if type(value) in kinds else []))
    return content.getvalue()


TABLE = "nom;ville\nL'Étape;Orléans\nŒuvre;Évry\n"
READ = [{"nom": "L'Étape", "ville": "Orléans"}, {"nom": "Œuvre", "ville": "Évry"}]


# Reading CSV --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        codecs.BOM_UTF8 + TABLE.encode(),
        TABLE.encode("cp1252"),
        TABLE.encode("utf-16"),
        codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"),
        gzip.compress(TABLE.encode(), mtime=0),
        gzip.compress(TABLE.encode("cp1252"), mtime=0),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\r").encode(),
        TABLE.strip().encode(),
        TABLE.replace(";", ",").encode(),
        TABLE.replace(";", "\t").encode(),
        TABLE.replace(";", "|").encode(),
        f"sep=;\r\n{TABLE}".encode(),
        f"\n\n  \n{TABLE}\n;\n\n".encode(),
        TABLE.replace("\n", ";;\n").encode(),
        TABLE.replace("nom;ville", ' nom\u00a0;"ville "').encode(),
        "nom;ville\nL'Étape;Orléans\n".encode() + "Œuvre;Évry\n".encode("cp1252"),
        workbook([["nom", "ville"], ["L'Étape", "Orléans"], [], ["Œuvre", "Évry"]]),
        workbook([[], [], ["", "nom", "ville"], ["", "L'Étape", "Orléans"], ["", "Œuvre", "Évry"]]),
        gzip.compress(workbook([["nom", "ville"], ["L'Étape", "Orléans"], ["Œuvre", "Évry"]]), mtime=0),
    ],
)
def test_whatever_the_encoding_the_separator_or_the_format(content):
    assert read(content, required=["ville"]) == READ


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16-le", "mac-roman"])
def test_encoding_given(encoding):
    content = TABLE.replace("Œ", "E").encode(encoding)
    assert read(content, encoding=encoding)[0] == READ[0]


def test_encoding_given_wrong():
    assert "utf-8" in str(refusal(TABLE.encode("cp1252"), encoding="utf-8"))


@pytest.mark.parametrize(
    ("header", "row", "cell"),
    [
        ('"Montant, en euros (HT)";date', "1;2", ("date", "2")),
        ('"a;b",c', "1,2", ("a;b", "1")),
        ('"Montant\nHT";date', "1;2", ("Montant HT", "1")),
        ("seule", "a,b;c", ("seule", "a,b;c")),
        ("nom;nom;", "1;2;", ("nom (2)", "2")),
        ("a;;b", "1;2;3", ("b", "3")),
    ],
)
def test_header(header, row, cell):
    separated = row if header != "seule" else f'"{row}"'
    assert cell in read(f"{header}\n{separated}\n")[0].items()


def test_the_separator_is_the_one_that_gives_the_required_columns():
    assert read("a,b,c;siret\n1,2,3;4\n", required=["siret"]) == [{"a,b,c": "1,2,3", "siret": "4"}]


def test_lines_are_those_of_the_file():
    rows = rows_of('nom;note\n\nA;"deux\nlignes"\n;\nB;x\n')
    assert [(row.line, row.values["nom"]) for row in rows] == [(3, "A"), (6, "B")]
    assert rows[0].values["note"] == "deux\nlignes"


def test_lines_of_a_workbook_are_its_rows():
    assert [row.line for row in rows_of(workbook([[], ["nom"], [], ["A"], ["B"]]))] == [4, 5]


def test_short_rows_are_completed():
    assert read("a;b;c\n1\n2;3\n") == [{"a": "1", "b": "", "c": ""}, {"a": "2", "b": "3", "c": ""}]


def test_a_header_alone_has_no_row():
    assert read("nom;siret\n") == []


@pytest.mark.parametrize("name", ['LES "AMIS" DE', '"LES "AMIS" DE"', 'Tube 5" noir'])
def test_stray_quotes_stop_nothing(name):
    (row,) = read(f"nom;x\n{name};1\n")
    assert row["x"] == "1"


def test_cells_of_a_workbook_as_text():
    header = ["texte", "entier", "nombre", "oui", "jour", "moment", "durée"]
    days = [date(2026, 11, 22), datetime(2026, 11, 22, 14, 5), timedelta(hours=36.5)]
    (row,) = read(workbook([header, ["0123", 12345678900011, 1250.5, True, *days]]))
    assert list(row.values()) == [
        *("0123", "12345678900011", "1250.5", "VRAI"),
        *("2026-11-22", "2026-11-22 14:05:00", "36:30"),
    ]


def test_the_first_visible_sheet_that_is_not_empty_is_read():
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        book.add_worksheet("vide")
        hidden, shown = book.add_worksheet("masquée"), book.add_worksheet("données")
        hidden.write(0, 0, "masqué")
        hidden.hide()
        shown.write_column(0, 0, ["nom", "A"])
    assert read(content.getvalue()) == [{"nom": "A"}]


MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
    'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def ods(rows) -> bytes:
    cells = "".join(
        "<table:table-row>"
        + "".join(f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in row)
        + "</table:table-row>"
        for row in rows
    )
    name = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{name}:office:1.0" '
        f'xmlns:table="{name}:table:1.0" xmlns:text="{name}:text:1.0" office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="F">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", content)
    return packed.getvalue()


def test_ods():
    assert read(ods([["nom", "ville"], ["L'Étape", "Orléans"], ["Œuvre", "Évry"]])) == READ


def test_a_path_an_upload_or_a_stream(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TABLE, encoding="utf-8")
    stream = io.BytesIO(TABLE.encode())
    stream.seekable = lambda: False
    with TemporaryUploadedFile("t.csv", "text/csv", 0, None) as upload:
        upload.write(TABLE.encode())
        for source in (path, str(path), SimpleUploadedFile("t.csv", TABLE.encode()), upload, stream):
            assert [row.values for row in read_table(source)] == READ
    book = SimpleUploadedFile("t.xlsx", workbook([["nom", "ville"], ["L'Étape", "Orléans"], ["Œuvre", "Évry"]]))
    assert [row.values for row in read_table(book)] == READ


def test_a_text_file_is_a_mistake_of_ours():
    with pytest.raises(TypeError, match="binary"):
        list(read_table(io.StringIO(TABLE)))


# What is refused ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", None, "vide"),
        (b"\n \r\n\t\n", None, "vide"),
        (b"\n;;\n;\n", None, "vide"),
        (codecs.BOM_UTF8, None, "vide"),
        (codecs.BOM_UTF16_LE, None, "vide"),
        (gzip.compress(b"", mtime=0), None, "vide"),
        (workbook([]), None, "vide"),
        (b"%PDF-1.7\n%\xe2\xe3", None, "PDF"),
        (b'  {"marches": []}', None, "JSON"),
        (b'[{"id": 1}]', None, "JSON"),
        (b"<!doctype html>", None, "HTML"),
        (codecs.BOM_UTF8 + b"<?xml version='1.0'?>", None, "XML"),
        (b"\x89PNG\r\n\x1a\n\0\0", None, "image"),
        (b"\x7fELF\x02\x01\x01\0\0\0", 1, "nul"),
        (b"\x01\x02\x03\x04", None, "pas un tableau"),
        (b"\0" * 100, 1, "nul"),
        (b"nom;x\nA;1\nB\0;2\n", 3, "nul"),
        ("nom;x\nA;1\nB\0;2\n".encode("utf-16"), 3, "nul"),
        (b"nom;x\nA;1\nB;2;3\n", 3, "3 cellules pour 2 colonnes"),
        (workbook([["nom"], ["A"], ["B", "trop"]]), 3, "2 cellules pour 1 colonnes"),
        (b'nom;x\nA;1\nB;"jamais\nferm', 3, "guillemet"),
        (b'nom;x\nA;1\nB;"jamais\n', 3, "guillemet"),
        (b'nom;x\nA;"' + b"y\n" * 200_000, 2, "guillemet"),
        (b"nom;x;y\nA;1;2\nB;3;4\nC;5", 4, "tronqué"),
        (b"a" * 5_000_000, None, "pas un tableau"),
        (b"a" * 200_000 + b"\n1\n", None, "pas un tableau"),
        (gzip.compress(TABLE.encode() * 1000, mtime=0)[:-9], None, ".gz"),
        (gzip.compress(TABLE.encode(), mtime=0)[:12], None, ".gz"),
        (b"\x1f\x8b" + b"abcdef" * 9, None, ".gz"),
        (b"PK\x03\x04 tronque", None, "abîmé"),
        (workbook([["nom"], ["A"]])[:2000], None, "abîmé"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, None, "abîmé"),
        (TABLE.encode("utf-16")[:-3], None, "tronqué"),
    ],
)
def test_refusals_say_what_and_where(content, line, words):
    error = refusal(content)
    assert words in str(error)
    assert error.line == line
    assert (f"Ligne {line}\u00a0: " in str(error)) is (line is not None)
    assert isinstance(error, FichierRefuse)
    assert len(str(error)) > 50, "a refusal also says what to do"


def test_a_zip_of_something_else():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("liste.csv", TABLE)
    assert "archive ZIP" in str(refusal(packed.getvalue()))


def test_missing_columns_are_named_with_those_read():
    error = refusal("nom;ville\nA;B\n", required=["siret", "nom", "code postal"])
    assert "Colonnes manquantes\u00a0: «\u00a0siret\u00a0», «\u00a0code postal\u00a0»." in str(error)
    assert "Colonnes lues\u00a0: «\u00a0nom\u00a0», «\u00a0ville\u00a0»." in str(error)
    assert "Colonne manquante\u00a0: «\u00a0siret\u00a0»." in str(refusal("nom\nA\n", required=["siret"]))


def test_a_name_in_gz_that_is_not_one(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(TABLE.encode())
    with pytest.raises(TableError, match="retirez «\u00a0[.]gz\u00a0»"):
        list(read_table(path))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TableError, match=r"absent\.csv"):
        list(read_table(tmp_path / "absent.csv"))


def test_rows_before_the_bad_one_are_read():
    rows = read_table(io.BytesIO(b"a;b\n1;2\n3;4;5\n"))
    assert next(rows).values == {"a": "1", "b": "2"}
    with pytest.raises(TableError):
        next(rows)


def test_bad_rows_can_be_set_aside():
    bad = []
    assert read(b"a;b\n1;2\n3;4;5\n6;7\n", on_bad_row=bad.append) == [{"a": "1", "b": "2"}, {"a": "6", "b": "7"}]
    assert [error.line for error in bad] == [3]


def test_error_with_a_column():
    error = TableError("Date illisible.", line=12, column="date")
    assert str(error) == "Ligne 12, colonne «\u00a0date\u00a0»\u00a0: date illisible."
    assert (error.message, error.line, error.column) == ("Date illisible.", 12, "date")
    assert str(TableError("Date illisible.", column="Début")) == "Colonne «\u00a0Début\u00a0»\u00a0: date illisible."


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_a_refusal(content):
    for data in (content, b"PK\x03\x04" + content, b"\x1f\x8b" + content, b"a;b\n" + content):
        try:
            rows_of(data)
        except TableError as error:
            assert str(error)  # noqa: PT017 — either outcome is right, any other exception is not


def test_csv_is_read_in_constant_memory(tmp_path):
    path = tmp_path / "long.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"nom;ville\n")
        for _ in range(40):
            file.write(b"L'Etape de la rue principale;Orleans\n" * 1000)
    tracemalloc.start()
    assert sum(1 for _ in read_table(path)) == 40_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000  # bytes; the file is 1.5 MB


# Writing ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+33 1 02 03 04 05", "'+33 1 02 03 04 05"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\rx", "'\rx"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("-12,5", "-12,5"),
        ("-3", "-3"),
        ("a=b", "a=b"),
        ("L'Étape", "L'Étape"),
        ("'entre'", "'entre'"),
        (-12.5, "-12,5"),
        (-3, "-3"),
        (Decimal("1250.50"), "1250,50"),
        (Decimal("1E+3"), "1000"),
        (float("nan"), ""),
        (Decimal("Infinity"), ""),
        (None, ""),
        (True, "oui"),
        (False, "non"),
        (date(2026, 11, 22), "2026-11-22"),
        (datetime(2026, 11, 22, 13, 5, tzinfo=UTC), "2026-11-22 14:05"),
        ("a\x00b", "ab"),
    ],
)
def test_printed(value, cell):
    assert printed(value) == cell


def test_csv_response_is_what_a_french_spreadsheet_expects():
    response = csv_response("Marchés réservés.csv", ["Intitulé", "Montant"], [["L'Étape; lot 1", 12.5], ["=A1", None]])
    assert b"".join(response.streaming_content) == (
        codecs.BOM_UTF8 + "Intitulé;Montant\r\n\"L'Étape; lot 1\";12,5\r\n'=A1;\r\n".encode()
    )
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''March%C3%A9s%20r%C3%A9serv%C3%A9s.csv"


def test_csv_is_sent_as_it_comes():
    asked = []
    pieces = csv_pieces(["n"], ([asked.append(n) or n] for n in range(1000)))
    next(pieces)
    assert 0 < len(asked) < 300
    assert sum(piece.count(b"\r\n") for piece in pieces) + 200 == 1001


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs"]) | st.sampled_from("=+-@';\"\t\n,"))


@settings(deadline=None)
@given(st.lists(st.tuples(texts, texts), max_size=8))
def test_what_is_written_is_read_back(rows):
    content = b"".join(csv_pieces(["a", "b"], rows))
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    assert [tuple(row.values()) for row in read(content)] == [tuple(cell.strip() for cell in row) for row in kept]


@settings(deadline=None)
@given(st.lists(texts, min_size=1, max_size=8))
def test_no_written_cell_starts_a_formula(cells):
    content = b"".join(csv_pieces(["a"], [[cell] for cell in cells])).decode("utf-8-sig")
    for (cell,) in filter(None, csv.reader(io.StringIO(content, newline=""), delimiter=";")):
        assert cell[:1] not in {"=", "+", "@", "\t", "\r"}


def test_write_xlsx_is_read_back_with_its_types():
    rows = [
        ["=1+1", 1250.5, Decimal("3"), date(2026, 11, 22), True],
        ["https://e.fr", 123456789000112233, None, datetime(2026, 11, 22, 13, 5, tzinfo=UTC), float("nan")],
        ["x" * 40_000, "0123", "", date(1789, 7, 14), "a\x00b"],
    ]
    with write_xlsx(["texte", "nombre", "entier", "jour", "oui"], rows, title="Lots : 2026/2027 [réservés]") as file:
        first, second, third = [list(row.values.values()) for row in read_table(file)]
    assert first == ["=1+1", "1250.5", "3", "2026-11-22", "VRAI"]
    assert second == ["https://e.fr", "123456789000112233", "", "2026-11-22 14:05:00", "nan"]
    assert third == ["x" * 32_767, "0123", "", "1789-07-14", "ab"]


def test_write_xlsx_refuses_more_rows_than_the_format_holds(monkeypatch):
    monkeypatch.setattr("portal.tables.writing.MOST_XLSX_ROWS", 3)
    write_xlsx(["a"], [[1], [2]]).close()
    with pytest.raises(TableError, match="CSV"):
        write_xlsx(["a"], [[1], [2], [3]])


def test_xlsx_response():
    response = xlsx_response("lots.xlsx", ["nom"], [["A"]])
    assert read(b"".join(response.streaming_content)) == [{"nom": "A"}]
    assert 'filename="lots.xlsx"' in response["Content-Disposition"]

"""Tables in and out: CSV, XLSX and ODS files as people make them, with errors that say where and what to do.

Every cell comes in as text without surrounding spaces: what a number or a date means is for the importer to say.
From a workbook, whole numbers lose their « .0 », dates become 2026-11-22, durations 36:30, booleans VRAI or FAUX.
"""

from portal.tables.reading import Row, TableError, read_table
from portal.tables.writing import csv_pieces, csv_response, printed, write_xlsx, xlsx_response

__all__ = [
    "Row", "TableError", "csv_pieces", "csv_response", "printed", "read_table", "write_xlsx", "xlsx_response",
]  # fmt: skip

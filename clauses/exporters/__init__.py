"""What leaves this floor: reports as tables, for a page, a document or a spreadsheet."""

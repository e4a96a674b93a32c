"""Who opens what: one line per page and per role. A page missing here makes the suite fail: decide, then add its line.

The lines are in one file per floor: `structures.py`, `marches.py`, `clauses.py`, `pages.py`.

« Mine » are the objects of the organisations the clients act for: a contract of the buyer, held by the firm, with a
clause followed by the facilitator and hours done in the structure; a story of the network. « Strange » ones belong to
other people: what a role may not reach does not exist (404).
"""

from tests.permissions import clauses, marches, pages, structures

PAGES = [*structures.PAGES, *marches.PAGES, *clauses.PAGES, *pages.PAGES]

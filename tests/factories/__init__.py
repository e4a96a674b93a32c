"""Makers of test data: one `make_…` per model. A test gives what it is about, the rest is usual.

What a row needs above it is made as well: `make_imputation()` alone makes its line, its clause, its lot, its contract.
"""

from tests.factories.achats import *  # noqa: F403
from tests.factories.clauses import *  # noqa: F403
from tests.factories.facilitateurs import *  # noqa: F403
from tests.factories.fiches import *  # noqa: F403
from tests.factories.marches import *  # noqa: F403
from tests.factories.nombres import *  # noqa: F403
from tests.factories.socle import *  # noqa: F403
from tests.factories.structures import *  # noqa: F403
from tests.factories.temoignages import *  # noqa: F403
from tests.factories.territoires import *  # noqa: F403

"""Writes beyond one row, one module per subject."""

from marches.actions.registre import ActionRefusee, detacher, rattacher

__all__ = ["ActionRefusee", "detacher", "rattacher"]

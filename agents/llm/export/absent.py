"""What is said when the package that an export is for is not installed."""

from __future__ import annotations

from rewardsmith.errors import MissingExtraError


def absent(package: str, requirement: str, error: ImportError) -> MissingExtraError:
    """The error of an export whose package cannot be imported.

    These packages pin other versions of what rewardsmith's own extras need, so each belongs into
    an environment of its own, and none is an extra.
    """
    return MissingExtraError(
        f"This export needs the package {package!r}, which could not be imported ({error}). "
        f"Install it beside rewardsmith, in an environment of its own: pip install '{requirement}'"
    )

"""The command line: `rewardsmith train | compare | envs | rewards | show`."""

from __future__ import annotations

import sys

from rewardsmith.cli.app import app
from rewardsmith.errors import RewardsmithError

__all__ = ["app", "main"]


def main() -> None:
    """Console entry point; an error of ours is one block on stderr and exit status 2."""
    try:
        app()
    except RewardsmithError as error:
        print(f"rewardsmith: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("rewardsmith: interrupted", file=sys.stderr)
        raise SystemExit(130) from None

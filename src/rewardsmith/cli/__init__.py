"""The command line: `rewardsmith train | compare | envs | rewards | show`."""

from __future__ import annotations

import sys
import traceback

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
    except Exception as error:  # status 1 would mean CHANGED to a script that runs an audit
        traceback.print_exc()
        print(
            f"rewardsmith: a fault of its own stopped it ({type(error).__name__}). Please report "
            "it with the lines above.",
            file=sys.stderr,
        )
        raise SystemExit(2) from None

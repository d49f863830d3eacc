"""The robotic family's environments; read at `import rewardsmith`, so nothing heavy here."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry


def _reach(name: str, reward_type: str, summary: str) -> EnvEntry:
    return EnvEntry(
        id=f"rewardsmith/{name}-v0",
        family="robotic",
        factory="rewardsmith.envs.robotic.fetch_reach:FetchReach",
        rewards="fetch_reach.yaml",
        summary=summary,
        kwargs={"reward_type": reward_type},
        max_episode_steps=50,
        extra="robotic",
    )


ENVS: tuple[EnvEntry, ...] = (
    _reach(
        "FetchReach", "sparse", "move a Fetch arm's gripper to a point; success: within 5 cm, now"
    ),
    _reach("FetchReachDense", "dense", "FetchReach whose own reward is minus the distance"),
)

"""The control family's environments; read at `import rewardsmith`, so nothing heavy here."""

from __future__ import annotations

from typing import Any

from rewardsmith.catalog import EnvEntry


def _entry(
    name: str, place: str, rewards: str, limit: int, summary: str, **kwargs: Any
) -> EnvEntry:
    return EnvEntry(
        id=f"rewardsmith/{name}-v0",
        family="control",
        factory=f"rewardsmith.envs.control.{place}",
        rewards=rewards,
        summary=summary,
        kwargs=kwargs,
        max_episode_steps=limit,
    )


ENVS: tuple[EnvEntry, ...] = (
    _entry(
        "CartPole",
        "cartpole:CartPole",
        "cartpole.yaml",
        500,
        "balance a pole on a cart; success: 475 steps lasted",
    ),
    _entry(
        "MountainCar",
        "mountain_car:MountainCar",
        "mountain_car.yaml",
        200,
        "swing a weak car up to the flag; success: flag reached",
    ),
    _entry(
        "MountainCarContinuous",
        "mountain_car:MountainCarContinuous",
        "mountain_car_continuous.yaml",
        999,
        "MountainCar with a continuous force; success: flag reached",
    ),
    _entry(
        "Acrobot",
        "acrobot:Acrobot",
        "acrobot.yaml",
        500,
        "swing a two-link arm above the bar; success: tip more than 1 m above the pivot",
    ),
    _entry(
        "Pendulum",
        "pendulum:Pendulum",
        "pendulum.yaml",
        200,
        "swing up and balance; success: within 0.2 rad of upright and below 0.5 rad/s, now",
    ),
    _entry(
        "LunarLander",
        "lunar_lander:LunarLander",
        "lunar_lander.yaml",
        1000,
        "land with a main and two side engines; success: at rest, never crashed",
    ),
    _entry(
        "LunarLanderContinuous",
        "lunar_lander:LunarLander",
        "lunar_lander.yaml",
        1000,
        "LunarLander with throttles; success: at rest, never crashed",
        continuous=True,
    ),
)

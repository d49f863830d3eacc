"""Our engine beside TextWorld's PddlEnv with ALFWorld's names, on the same games."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.envs.text.household.engine import (
    Engine,
    borrow_library,
    give_back,
    player_names,
)
from rewardsmith.envs.text.household.games import Generated, write_game
from rewardsmith.envs.text.household.rooms import Furnishing


@pytest.fixture
def alfworld(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ALFWORLD_DATA", str(tmp_path / "data"))  # importing it makes this folder
    return pytest.importorskip("alfworld.agents.utils.misc")


def reference(folder: Path, alfworld: Any) -> Any:
    textworld = pytest.importorskip("textworld")
    pddl = pytest.importorskip("textworld.envs.pddl")
    env = pddl.PddlEnv(textworld.EnvInfos(admissible_commands=True, won=True))
    env.load(json.loads((folder / "game.tw-pddl").read_text()))
    names = alfworld.Demangler(game_infos=env._entity_infos)
    for info in env._entity_infos.values():
        info.name = names.demangle_alfred_name(info.id)
    return env


def words(text: str) -> list[str]:
    """TextWorld tells lists in the order of its sets, which no two processes share."""
    return sorted(re.findall(r"\w+(?: \d+)?", text))


@pytest.mark.parametrize("kind", ["heat", "two"])
def test_it_plays_like_alfworlds_own(kind: str, tmp_path: Path, alfworld: Any) -> None:
    game = Generated(kind, Furnishing(2, 2)).game(4)
    write_game(tmp_path / "game", game)
    theirs, library = reference(tmp_path / "game", alfworld), borrow_library()
    ours = Engine(game.problem, library)
    state, rng = theirs.reset(), random.Random(kind)
    assert words(ours.look()) == words(state.feedback.split("=-")[1].split("Your task")[0])
    for _ in range(25):
        assert list(ours.commands) == state.admissible_commands
        moves = [c for c in ours.commands if not c.startswith("go")]
        command = rng.choice(moves if rng.random() < 0.6 else list(ours.commands))
        text = ours.play(command)
        state, _, _ = theirs.step(command)
        assert words(text) == words(state.feedback)
        assert ours.done == state.won
    give_back(library)


def test_names_are_counted_as_alfworld_counts(alfworld: Any) -> None:
    things = ["mug_bar_01", "mug_bar_02", "sink_bar_01_bar_sinkbasin", "sink_bar_01", "loc_1"]

    class Info:
        def __init__(self, name: str) -> None:
            self.id = name

    theirs = alfworld.Demangler(game_infos={t: Info(t) for t in things})
    assert player_names(things) == {t: theirs.demangle_alfred_name(t).strip() for t in things}

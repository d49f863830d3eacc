"""The rules of what is written down: a term's state and a reward's formula."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml

from rewardsmith.stack import RewardStack
from rewardsmith.storage import load_state, save_state
from rewardsmith.testing.play import Player
from rewardsmith.testing.report import Broken
from rewardsmith.testing.subject import Subject, close, paid, play, same


def state(subject: Subject, player: Player) -> str:
    """A saved and loaded copy continues bit for bit."""
    first, second = subject.fresh(), subject.fresh()
    if not subject.whole:
        play(first, player.some_episode(), learn=True)
        play(first, player.episode(4, "none"), learn=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.npz"
        save_state(path, first.state_dict())
        second.load_state_dict(load_state(path))
    episode = player.some_episode()
    if subject.whole:
        agree = same(paid(first, "finish", episode), paid(second, "finish", episode))
    else:
        agree = same(play(first, episode, learn=True), play(second, episode, learn=True))
    if not agree or not same(first.state_dict(), second.state_dict()):
        raise Broken(
            "A copy that loaded state_dict() continued differently. Put every array and number "
            "that changes what is paid into state_dict, and read all of it in load_state_dict."
        )
    return "A copy that loads the saved state continues bit for bit."


def formula(subject: Subject, player: Player) -> str:
    """The printed formula and YAML give the same reward back."""
    one = subject.stack()
    for spelling, two in (
        ("formula", RewardStack.parse(one.formula)),
        ("YAML", RewardStack.parse(yaml.safe_load(one.to_yaml()))),
    ):
        if two.hash != one.hash:
            raise Broken(
                f"Its {spelling} reads back as another reward: {two.formula!r} for "
                f"{one.formula!r}. Take only numbers, words, expressions and terms as arguments."
            )
    batch = player.episode(6)
    read_back = subject.beside(RewardStack.parse(one.formula))
    if not close(paid(read_back.fresh(), "finish", batch), paid(subject.fresh(), "finish", batch)):
        raise Broken("The reward read back from its formula pays otherwise than the original.")
    return f"It prints as {one.formula!r} and reads back."

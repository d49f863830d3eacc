"""The session that every export is made of."""

from __future__ import annotations

from typing import Any

import pytest

from rewardsmith.agents.llm.export.session import GROUPS, TextSession, replay
from rewardsmith.errors import BindingError, ConfigError, PlaceError


def _paid(session: TextSession, solved: Any) -> list[float]:
    assert session.begin(solved.task) == solved.text
    return [session.say(line).reward for line in solved.lines]


def test_a_turn_is_paid_when_it_happens(solved: Any) -> None:
    session = TextSession(solved.env_id, "potential")
    assert _paid(session, solved) == pytest.approx(solved.potential)
    assert session.episode().total == pytest.approx(2.0)
    assert session.episode().success
    assert session.turn_components[0] == pytest.approx({"env": 0.0, "potential": 0.5})


def test_pay_for_whole_episodes_comes_with_the_last_turn(solved: Any) -> None:
    session = TextSession(solved.env_id, "gated")
    assert _paid(session, solved) == pytest.approx([0.0, 0.0, 1.5])
    assert session.turn_rewards == pytest.approx(solved.gated)


def test_the_next_episode_is_paid_afresh(solved: Any) -> None:
    session = TextSession(solved.env_id, "gated")
    assert _paid(session, solved) == _paid(session, solved)


def test_a_cut_is_an_end_so_that_the_potential_goes_back_to_zero(solved: Any) -> None:
    session = TextSession(solved.env_id, "potential")
    session.begin(solved.task)
    session.play(solved.lines[0])
    session.finish()
    assert session.turn_rewards == pytest.approx([0 - (-1)])
    turn = session.episode().turns[-1]
    assert (turn.terminated, turn.truncated) == (False, True)


def test_a_line_can_be_said_to_be_the_last(solved: Any) -> None:
    session = TextSession(solved.env_id, "potential")
    session.begin(solved.task)
    paid = session.say(solved.lines[0], last=True)
    assert (paid.reward, paid.truncated) == (pytest.approx(1.0), True)
    with pytest.raises(PlaceError, match="over"):
        session.say(solved.lines[1])


def test_the_time_limit_of_the_environment_ends_the_episode(solved: Any) -> None:
    session = TextSession(solved.env_id, "env", env_kwargs={"max_episode_steps": 2})
    session.begin(solved.task)
    assert not session.say(solved.lines[0]).truncated
    assert session.say(solved.lines[1]).truncated
    assert session.over


def test_an_episode_played_elsewhere_is_paid_the_same(solved: Any) -> None:
    for reward in ("potential", "gated"):
        episode = replay(TextSession(solved.env_id, reward), solved.task, solved.lines)
        assert episode.rewards.tolist() == pytest.approx(getattr(solved, reward))
        assert [turn.text for turn in episode.turns] == solved.lines
        assert episode.turns[0].anchor == solved.text


def test_a_replay_of_another_task_is_refused(solved: Any) -> None:
    session = TextSession(solved.env_id)
    with pytest.raises(ConfigError, match="over after 3"):
        replay(session, solved.task, [*solved.lines, "answer: 2"])
    with pytest.raises(ConfigError, match="at least one line"):
        replay(session, solved.task, [])


def test_terms_that_compare_rollouts_are_refused_where_there_is_one(solved: Any) -> None:
    with pytest.raises(BindingError, match=r"'group'.*sees one at a time"):
        TextSession(solved.env_id, "centred(env)")
    assert TextSession(solved.env_id, "centred(env)", serves=GROUPS)


def test_terms_that_learn_are_refused_where_copies_would_learn_apart(solved: Any) -> None:
    with pytest.raises(BindingError, match="learn apart"):
        TextSession(solved.env_id, "env + 0.1*count(caption)", training=False)


def test_a_potential_is_refused_under_credit_for_trajectories(solved: Any) -> None:
    with pytest.raises(BindingError, match="trajectory"):
        TextSession(solved.env_id, "potential", credit="trajectory")


@pytest.mark.parametrize("task", [-1, 1.5, True, "three"])
def test_a_task_is_a_seed(solved: Any, task: Any) -> None:
    with pytest.raises(ConfigError, match="whole number"):
        TextSession(solved.env_id).begin(task)


def test_lines_are_text_and_need_an_episode(solved: Any) -> None:
    session = TextSession(solved.env_id)
    with pytest.raises(PlaceError, match="begin"):
        session.say("answer: 1")
    session.begin(solved.task)
    with pytest.raises(PlaceError, match="str"):
        session.say(1)  # type: ignore[arg-type]
    with pytest.raises(PlaceError, match="waits"):
        session.settle()


def test_an_environment_without_text_is_refused() -> None:
    with pytest.raises(PlaceError, match="text"):
        TextSession("rewardsmith/CartPole-v0")


def test_the_pay_of_an_env_that_refuses_lines_is_its_own(solved: Any) -> None:
    session = TextSession(solved.env_id, "env", env_kwargs={"invalid_cost": 0.25})
    session.begin(solved.task)
    assert session.say("hello").reward == pytest.approx(-0.25)

import json

import pytest

from rewardsmith.agents.llm.lines import JsonLines
from rewardsmith.agents.llm.quiet import quiet
from rewardsmith.agents.llm.record import Episode, Turn, component_names
from rewardsmith.agents.llm.run_audit import RunAudit, notes_on


def filled():
    """20 episodes, the second half solved; a bonus that goes the other way; they get longer."""
    audit = RunAudit()
    for i in range(20):
        won = i >= 10
        audit.add({"env": float(won), "bonus": 0.0 if won else 3.0, "idle": 1.0}, won, 1 + i, 10)
    return audit


def test_correlations_by_hand():
    found = filled().figures()
    assert found["correlation"] == {
        "reward": pytest.approx(-1),  # 2 if solved, 4 if not
        "env": pytest.approx(1),
        "bonus": pytest.approx(-1),
        "idle": None,  # never varies
    }


def test_shares_and_drift_by_hand():
    found = filled().figures()
    assert found["share"] == pytest.approx({"env": 0.5 / 3, "bonus": 0.5, "idle": 1 / 3})
    assert found["drift"]["turns"] == pytest.approx({"first": 1.5, "last": 19.5, "tau": 1.0})
    assert found["drift"]["tokens"] == {"first": 10.0, "last": 10.0, "tau": 0.0}


def test_the_last_turn_of_a_lost_episode_gives_the_potential_back(learn, script):
    learner = learn("env + potential(x - 3)")
    dialogue = learner.trainer.dialogue
    (lost,) = learner.place.play([0], script(dialogue, ["down"] * 3), dialogue)
    # Phi is -2, -3, -4 before the turns, and 0 after the last
    assert lost.episode.component("potential").tolist() == [-1.0, -1.0, 4.0]
    assert lost.episode.total == 2.0  # -Phi(s_0)
    (note,) = notes_on(learner.stack)
    assert note.startswith("'potential' pays gamma * Phi(s') - Phi(s)")
    assert RunAudit(notes_on(learner.stack)).figures()["notes"] == [note]
    assert notes_on(learn("env + x").stack) == []


def test_too_few_episodes_say_so_and_nothing_else():
    audit = RunAudit()
    for _ in range(19):
        audit.add({"env": 0.0}, False, 1, 1)
    assert audit.figures() == {"episodes": 19, "note": "fewer than 20 episodes"}
    audit.add({"env": 0.0}, False, 1, 1)
    assert audit.figures()["share"] == {"env": 0.0}


def test_a_saved_audit_goes_on(tmp_path):
    whole, first, second = filled(), RunAudit(), RunAudit()
    first.rows = whole.rows[:7]
    second.load_state_dict(first.state_dict())
    second.rows += whole.rows[7:]
    second.write(tmp_path / "audit.json")
    assert json.loads((tmp_path / "audit.json").read_text()) == whole.figures()
    empty = RunAudit()
    empty.load_state_dict(RunAudit().state_dict())
    assert empty.rows == []


def test_lines_are_cut_back_to_their_checkpoint(tmp_path):
    lines = JsonLines(tmp_path / "logs" / "turns.jsonl")
    lines.write({"says": "é"})
    kept = lines.offset()
    lines.write({"says": "lost"})
    lines.close()
    again = JsonLines(lines.path, kept)
    again.write({"says": "new"})
    again.close()
    assert [json.loads(x)["says"] for x in lines.path.read_text().splitlines()] == ["é", "new"]
    JsonLines(lines.path).close()
    assert lines.path.read_text() == ""


def test_only_what_trl_always_warns_of_is_left_out():
    import warnings

    with quiet():
        warnings.warn(
            "You are using 'rollout_func', which is an experimental feature", stacklevel=1
        )
        with pytest.raises(UserWarning, match="another"):
            warnings.warn("another", stacklevel=1)


def test_components_of_a_record():
    episode = Episode(
        (Turn(0, "a", 0, 1, 0.5, {"env": 0.5}), Turn(1, "b", 2, 3, 1.0, {"env": 0, "late": 1.0}))
    )
    assert component_names([episode]) == ("env", "late")
    assert episode.component("late").tolist() == [0.0, 1.0]
    assert (episode.total, episode.rewards.tolist()) == (1.5, [0.5, 1.0])

"""Each reward's audit beside its runs."""

import json

import pytest

from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.compare.auditor import examine
from rewardsmith.agents.compare.audits import audit_all, badge, key_of, read_audit, write_audit
from rewardsmith.agents.compare.plan import make_plan
from rewardsmith.agents.compare.sweep import compare

BICYCLE = "rewardsmith/Bicycle-v0"
SETTINGS = {"steps": 256, "eval_every": 256, "eval_episodes": 1}


@pytest.mark.parametrize(
    ("reward", "word", "kind"),
    [
        ("sparse", "INVARIANT", "good"),
        ("env + 3*potential(x)", "INVARIANT", "good"),
        # Randlov and Alstrom's bicycle: progress towards the goal is paid, leaving is free.
        ("approach", "CHANGED (regret 1)", "bad"),
    ],
)
def test_verdicts_of_the_bicycle(reward, word, kind):
    spec = make_spec(BICYCLE, reward=reward)
    data = json.loads(json.dumps(examine(spec)))
    assert (badge(data).text, badge(data).kind) == (word, kind)
    assert (data["gamma"], data["hash"]) == (spec.gamma, key_of(spec)["hash"])
    assert all({"name", "sentence"} <= set(hazard) for hazard in data["hazards"])


@pytest.mark.parametrize(
    ("env", "settings", "told"),
    [
        ("CartPole", {"reward": "outcome"}, "of scope 'episode'"),
        ("CartPole", {"gamma": 1.0}, "Received 1.0; for an undiscounted task take 0.999"),
        ("SimpleSpread", {}, "a game of several agents cannot be audited"),
    ],
)
def test_what_cannot_be_audited_says_why(env, settings, told):
    data = examine(make_spec(f"rewardsmith/{env}-v0", **settings))
    assert told in data["not_audited"]
    assert "\n" not in data["not_audited"]
    assert badge(data).text == "not audited"


@pytest.mark.parametrize("limit", [{"cpu": 0.3}, {"wall": 0.3}])
def test_a_long_audit_is_given_up(limit):
    data = examine(make_spec("rewardsmith/DoorKey-8x8-v0"), **limit)
    assert "It took longer than" in data["not_audited"]


def test_an_env_that_is_only_sampled_is_inconclusive_with_the_reason():
    data = examine(make_spec("rewardsmith/Pendulum-v0", algo="sac"))
    assert badge(data).kind == "open"
    assert data["open"].startswith("Its actions are Box")


def test_an_audit_of_another_reward_discount_or_version_does_not_count(tmp_path):
    key = key_of(make_spec(BICYCLE, reward="approach"))
    write_audit(tmp_path, {**key, "not_audited": "why"})
    assert read_audit(tmp_path, key)["not_audited"] == "why"
    for other in ({"reward": "sparse"}, {"reward": "approach", "gamma": 0.5}):
        assert read_audit(tmp_path, key_of(make_spec(BICYCLE, **other))) is None
    assert read_audit(tmp_path, {**key, "version": "0"}) is None
    for torn in ('{"hash"', "[]", json.dumps({**key, "verdict": "CHANGED"})):
        (tmp_path / "audit.json").write_text(torn)
        assert read_audit(tmp_path, key) is None


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    out = tmp_path_factory.mktemp("audited")
    return out, compare(BICYCLE, ["sparse", "approach"], seeds=[0], out=out, jobs=2, **SETTINGS)


def test_the_verdicts_stand_in_the_report(audited):
    text = audited[1].read_text()
    changed = '<span class="badge bad">CHANGED (regret 1)</span>'
    assert f"approach</span>{changed}</span>" in text  # beside the curves
    assert text.count(changed) == 2  # and in its card
    assert 'data-head="audit"><span><span class="badge bad">CHANGED</span><small>' in text
    assert "<b>Audit, INVARIANT</b>" in text
    assert "<code>potential(...)</code>" in text


def test_a_fitting_audit_is_kept_and_told_again(audited, capsys):
    out, _ = audited
    file = out / "runs" / "approach" / "audit.json"
    before = file.stat().st_mtime_ns
    compare(BICYCLE, ["sparse", "approach"], seeds=[0], out=out, jobs=2, **SETTINGS)
    assert file.stat().st_mtime_ns == before
    told = capsys.readouterr().err
    assert "audit of sparse: INVARIANT\n" in told
    assert "audit of approach: CHANGED (regret 1): Only approach is paid" in told


def test_an_auditor_that_fails_is_a_reason_and_is_tried_again(tmp_path, capsys):
    plan = make_plan(BICYCLE, ["approach"], [0], tmp_path, **SETTINGS)
    audit_all(plan, 1)  # there is no spec.json yet
    told = capsys.readouterr().err
    assert "audit of approach: not audited: The audit failed: ConfigError:" in told
    assert "Traceback" not in told
    run = plan.runs["approach", 0]
    run.write(plan.folder("approach", 0) / "spec.json")
    audit_all(plan, 1)
    assert "audit of approach: CHANGED (regret 1)" in capsys.readouterr().err

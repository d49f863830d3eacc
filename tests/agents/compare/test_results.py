"""Curves of several seeds on common steps."""

import numpy as np

from rewardsmith.agents.compare.results import Arm, Run


def arm(*curves):
    runs = [
        Run(i, True, {"env_steps": np.array(x, float), "success": np.array(y, float)}, {}, None)
        for i, (x, y) in enumerate(curves)
    ]
    return Arm("a", {}, runs, None)


def test_runs_evaluated_at_the_same_steps_keep_them():
    x, y = arm(([0, 10, 20], [0, 0.5, 1]), ([0, 10, 30], [0, 0, 1])).curves("success")
    assert x.tolist() == [0, 10]
    assert y.tolist() == [[0, 0.5], [0, 0]]


def test_runs_of_whole_episodes_meet_between_their_evaluations():
    x, y = arm(([0, 10, 20], [0, 0.5, 1]), ([0, 5, 15], [0, 1, 0])).curves("success")
    assert x.tolist() == [0, 5, 10, 15]
    assert y.tolist() == [[0, 0.25, 0.5, 0.75], [0, 1, 0.5, 0]]


def test_a_run_with_one_evaluation_has_one_point():
    x, _ = arm(([0], [0.5]), ([0, 5], [0, 1])).curves("success")
    assert x.tolist() == [0]

from __future__ import annotations

from rewardsmith.envs.text.science.progress import Progress, place, read_progress

REPORT = """Completed keys: \n-----
Sequential Subgoals:
-----
0\ttrue\t                 GoalFind\tfocus on substance
1\tfalse\t GoalChangeStateOfMatter\tsubstance is in a liquid state
-----
Unordered and Optional Subgoals:
-----
0\ttrue\t GoalInRoomWithObject\tbe in same location as water
1\tfalse\t GoalActivateDeviceWithName\tactivate heater (stove)
2\tfalse\t GoalActivateDeviceWithName\tactivate heater (oven)
-----
"""


def test_goals_are_counted() -> None:
    assert read_progress(REPORT) == Progress(1, 2, 1, 3, "substance is in a liquid state")
    assert read_progress("") == Progress(0, 0, 0, 0, "")


def test_place() -> None:
    assert place("This room is called the kitchen. In it, you see: ") == "kitchen"
    assert place("This outside location is called the outside. Here you see: ") == "outside"
    assert place("Nothing.") == ""

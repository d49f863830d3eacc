import random

import numpy as np
import pytest
import torch

from rewardsmith.agents.classic.checkpoints import (
    list_checkpoints,
    random_state,
    read_newest,
    set_random_state,
    write_checkpoint,
)
from rewardsmith.errors import ConfigError


def write(folder, step, text="whole"):
    return write_checkpoint(
        folder, step, lambda path: (path / "model").write_text(text), {"step": step}
    )


def read(folder):
    return read_newest(folder, lambda path, state: ((path / "model").read_text(), state["step"]))


def test_the_last_two_are_kept_and_the_newest_is_read(tmp_path):
    for step in (100, 20, 3000):
        write(tmp_path, step, f"at {step}")
    assert [p.name for p in list_checkpoints(tmp_path)] == [
        "step-000000003000",
        "step-000000000100",
    ]
    assert read(tmp_path) == ("at 3000", 3000)


def test_nothing_to_read(tmp_path):
    assert read(tmp_path) is None


@pytest.mark.parametrize("damage", ["unlink", "truncate"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, damage, caplog):
    write(tmp_path, 1)
    state = write(tmp_path, 2) / "state.npz"
    state.unlink() if damage == "unlink" else state.write_bytes(state.read_bytes()[:40])
    assert read(tmp_path) == ("whole", 1)
    assert "cannot be read" in caplog.text


def test_a_full_disk_leaves_the_last_one_and_no_rubbish(tmp_path):
    write(tmp_path, 1)

    def fill(path):
        (path / "model").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(ConfigError, match=r"step-000000000001, is whole\. Free some space"):
        write_checkpoint(tmp_path, 2, fill, {})
    assert [p.name for p in tmp_path.iterdir()] == ["step-000000000001"]
    assert read(tmp_path) == ("whole", 1)


def test_the_remains_of_a_killed_writer_are_swept(tmp_path):
    (tmp_path / ".part-x").mkdir()
    (tmp_path / ".part-x" / "model").write_text("half")
    write(tmp_path, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["step-000000000001"]


def test_the_same_step_may_be_written_again(tmp_path):
    write(tmp_path, 1, "old")
    write(tmp_path, 1, "new")
    assert read(tmp_path) == ("new", 1)


def draw():
    return random.random(), random.gauss(0, 1), np.random.rand(), torch.rand(1).item()


def test_random_states_come_back_through_a_checkpoint(tmp_path):
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    draw()
    write(tmp_path, 1)
    expected = [draw() for _ in range(3)]
    random.seed(9)
    np.random.seed(9)
    torch.manual_seed(9)
    read_newest(tmp_path, lambda path, state: set_random_state(state["random"]))
    assert [draw() for _ in range(3)] == expected


def test_asking_for_the_random_state_draws_nothing():
    torch.manual_seed(0)
    random_state()
    first = torch.rand(1).item()
    torch.manual_seed(0)
    assert torch.rand(1).item() == first

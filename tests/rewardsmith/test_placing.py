"""Files of users: regular, of a sane size, UTF-8."""

import os

import pytest

from rewardsmith import RewardStack
from rewardsmith.agents.classic.settings import read_config
from rewardsmith.errors import ConfigError
from rewardsmith.named_rewards import resolve_reward
from rewardsmith.placing import read_file
from rewardsmith.rewards.audit.printing import read_preferences

READERS = {
    "reward.py": RewardStack.parse,
    "reward.yaml": RewardStack.parse,
    "named.yaml": lambda path: resolve_reward(f"{path}#mine", "CliffWalking-v1"),
    "config.yaml": read_config,
    "pairs.json": read_preferences,
}


@pytest.mark.parametrize("name", READERS)
def test_a_pipe_a_device_and_a_folder_are_not_read(name, tmp_path):
    path = tmp_path / name
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="no regular file"):
        READERS[name](path)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="no regular file"):
        READERS[name](path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match="no regular file"):
        READERS[name](path)


def test_a_file_of_any_size_is_not_read(tmp_path):
    path = tmp_path / "reward.py"
    path.write_text("#" * 1001)
    with pytest.raises(ConfigError, match="more than 1,000 bytes"):
        read_file(path, most=1000)
    assert read_file(path, most=1001) == "#" * 1001


def test_a_byte_order_mark_and_windows_line_ends_are_left_out(tmp_path):
    path = tmp_path / "reward.py"
    path.write_bytes(b"\xef\xbb\xbfdef reward(env_reward):\r\n    return env_reward\r\n")
    assert read_file(path) == "def reward(env_reward):\n    return env_reward\n"
    assert RewardStack.parse(path).formula == "env"


def test_what_is_no_utf8_or_not_there_is_told(tmp_path):
    path = tmp_path / "reward.yaml"
    with pytest.raises(ConfigError, match="No such file"):
        read_file(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="A reward file must be readable UTF-8 text"):
        read_file(path)


@pytest.mark.parametrize("reader", [resolve_reward, None])
def test_deep_yaml_is_told(reader, tmp_path):
    path = tmp_path / "deep.yaml"
    path.write_text("[" * 20_000)
    with pytest.raises(ConfigError, match="must be "):
        resolve_reward(f"{path}#mine", "CliffWalking-v1") if reader else read_config(path)


def _read_all(path):
    yield lambda: resolve_reward(f"{path}#mine", "CliffWalking-v1")
    yield lambda: resolve_reward(str(path), "CliffWalking-v1")
    yield lambda: read_config(path)


def test_broken_yaml_is_told_by_its_file_alone(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("a: [1\nb: {")
    for read in _read_all(path):
        with pytest.raises(ConfigError) as caught:
            read()
        assert str(path) in str(caught.value)
        assert "<unicode string>" not in str(caught.value)


def test_an_empty_file_is_told_to_be_empty(tmp_path):
    path = tmp_path / "empty.yaml"
    path.write_text("")
    for read in _read_all(path):
        with pytest.raises(ConfigError, match="empty") as caught:
            read()
        assert "NoneType" not in str(caught.value)

from pathlib import Path

import pytest

from rewardsmith.agents.classic.folder import Result, RunFolder
from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.errors import ConfigError

CARTPOLE = "rewardsmith/CartPole-v0"


@pytest.fixture
def spec():
    return make_spec(CARTPOLE, steps=1000)


def progress_in(path):
    (path / "checkpoints" / "step-000000000100").mkdir(parents=True)


def test_an_empty_or_absent_folder_is_taken(tmp_path, spec):
    RunFolder(tmp_path).claim(spec, resume=False)
    RunFolder(tmp_path / "new" / "deep").claim(spec, resume=True)
    assert (tmp_path / "new" / "deep" / "spec.json").exists()


def test_another_run_is_refused_with_the_difference(tmp_path, spec):
    RunFolder(tmp_path).claim(spec, resume=False)
    progress_in(tmp_path)
    other = make_spec(CARTPOLE, steps=1000, seed=7)
    for resume in (True, False):
        with pytest.raises(ConfigError, match=r"seed is 0 there, 7 here\. Choose another --out"):
            RunFolder(tmp_path).claim(other, resume=resume)


def test_the_same_run_asks_for_resume(tmp_path, spec):
    folder = RunFolder(tmp_path)
    folder.claim(spec, resume=False)
    progress_in(tmp_path)
    with pytest.raises(ConfigError, match=r"this very run, begun\. Add --resume"):
        folder.claim(spec, resume=False)
    folder.write_result(Result(0.5, 1.0, 1000, 2.0))
    with pytest.raises(ConfigError, match="this very run, finished"):
        folder.claim(spec, resume=False)
    folder.claim(spec, resume=True)


def test_a_run_cannot_be_lengthened_and_the_error_says_why(tmp_path, spec):
    RunFolder(tmp_path).claim(spec, resume=False)
    progress_in(tmp_path)
    longer = make_spec(CARTPOLE, steps=2000)
    with pytest.raises(ConfigError, match=r"1000 there, 2000 here.*cannot be lengthened"):
        RunFolder(tmp_path).claim(longer, resume=True)


def test_a_run_without_a_checkpoint_is_replaced_and_nothing_of_others(tmp_path, spec, caplog):
    RunFolder(tmp_path).claim(spec, resume=False)
    (tmp_path / "eval.csv").write_text("env_steps\n0\n")
    (tmp_path / "logs").mkdir()
    (tmp_path / "thesis.tex").write_text("years of work")
    other = make_spec(CARTPOLE, steps=1000, seed=7)
    RunFolder(tmp_path).claim(other, resume=False)
    assert "ended before its first checkpoint" in caplog.text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["spec.json", "thesis.tex"]
    assert RunSpec.read(tmp_path / "spec.json") == other


def test_a_strangers_spec_is_never_replaced(tmp_path, spec):
    (tmp_path / "spec.json").write_text('{"openapi": 3}')
    with pytest.raises(ConfigError, match="openapi"):
        RunFolder(tmp_path).claim(spec, resume=False)
    assert "openapi" in (tmp_path / "spec.json").read_text()


def test_a_folder_that_cannot_be_written_is_named(spec):
    with (
        pytest.raises(ConfigError, match=r"Received /proc/run.*Choose another --out"),
        RunFolder(Path("/proc/run")).locked(),
    ):
        pass


def test_a_folder_with_other_files_is_refused(tmp_path, spec):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ConfigError, match="needs an empty folder"):
        RunFolder(tmp_path).claim(spec, resume=True)


def test_a_file_is_no_folder(tmp_path, spec):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="Received the file"):
        RunFolder(tmp_path / "file").claim(spec, resume=False)


def test_a_result_is_read_back_and_a_torn_one_is_none(tmp_path):
    folder = RunFolder(tmp_path)
    assert folder.finished() is None
    folder.write_result(Result(None, -3.5, 10, 0.1))
    assert folder.finished() == Result(None, -3.5, 10, 0.1)
    folder.result.write_text('{"status": "fin')
    assert folder.finished() is None


def test_a_folder_belongs_to_one_process_at_a_time(tmp_path):
    one, two = RunFolder(tmp_path), RunFolder(tmp_path)
    with one.locked(), pytest.raises(ConfigError, match="another process trains now"), two.locked():
        pass
    with two.locked():
        pass

"""The command line: a small model, a comparison, its page."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from rewardsmith.agents.classic.folder import RunFolder
from rewardsmith.agents.compare.auditor import examine
from rewardsmith.agents.compare.episode import load_episode
from rewardsmith.agents.llm.playback import play
from rewardsmith.cli.app import app

REWARDS = ("potential", "env + format_match(action, pattern='.*[a-m].*')")
CONFIG = """
n_envs: 4
eval_every: 8
eval_episodes: 2
env_kwargs: {max_episode_steps: 2}
hyperparameters: {num_generations: 2, max_line_tokens: 6, lora: 1}
"""


def run(*arguments):
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def compared(tmp_path_factory, model_folder):
    out = tmp_path_factory.mktemp("compare")
    (out / "settings.yaml").write_text(CONFIG)
    told = run(
        *("compare", "rewardsmith/Calculation-Easy-v0", "--agent", "llm", "--steps", 8),
        *("--reward", REWARDS[0], "--reward", REWARDS[1], "--seeds", 1, "--jobs", 2),
        *("--model", model_folder, "--config", out / "settings.yaml", "--out", out / "swept"),
        "--no-audit",
    )
    assert told.splitlines()[-1] == str(out / "swept" / "report.html")
    return out / "swept"


def films(compared):
    page = (compared / "report.html").read_text()
    blocks = re.findall(r'<script type="application/json" id="film-\d">(.*?)</script>', page)
    return [json.loads(block) for block in blocks]


def test_the_page_shows_what_was_said_and_paid(compared):
    found = films(compared)
    assert [set(film["terms"]) for film in found] == [{"env", "potential"}, {"env", "format_match"}]
    for film in found:
        # two turns: before the first, before the second and at the end
        assert (len(film["env_rewards"]), len(film["frames"]), film["wide"]) == (2, 3, True)
        picture = Image.open(io.BytesIO(base64.b64decode(film["frames"][0].split(",")[1])))
        assert picture.size == (480, 320)
        ink = np.asarray(picture.convert("L")) < 128
        assert 50 < ink.sum() < ink.size / 4


def test_lengths_are_no_pay(compared):
    page = (compared / "report.html").read_text()
    assert "env_steps" not in page
    assert "</i>tokens" not in page
    header = (compared / "runs" / "potential" / "seed-0" / "terms.csv").read_text().split("\n")[0]
    assert header == "env_steps,env,potential,env_return,success,turns,tokens"


def test_a_film_is_of_the_trained_model_on_a_test_task(compared):
    label = compared / "runs" / "potential"
    folder = RunFolder(label / "seed-0")
    from rewardsmith.agents.classic.spec import RunSpec

    spec = RunSpec.read(folder.spec)
    (checkpoint,) = folder.checkpoints.glob("step-*")
    again = play(spec, checkpoint)
    (stored,) = [f for f in label.rglob("episode.json")]
    film = load_episode(stored.parent)
    assert again.terms == film.terms
    assert sum(again.terms["env"]) == pytest.approx(sum(film.env_rewards))
    shown = make_first_picture(spec)
    assert np.array_equal(again.frames[0], shown)


def make_first_picture(spec):
    from rewardsmith.agents.classic.evaluate import FIRST_SEED
    from rewardsmith.wrappers import building

    env = building.make_bare(spec.env_id, {"split": "test", "render_mode": "rgb_array"})
    env.reset(seed=FIRST_SEED)
    picture = env.render()
    env.close()
    return picture


def test_an_audit_of_text_is_quick_and_says_what_it_left_open(compared):
    from rewardsmith.agents.classic.spec import RunSpec

    spec = RunSpec.read(RunFolder(compared / "runs" / "potential" / "seed-0").spec)
    assert spec.gamma == 1.0
    found = examine(spec, cpu=10, wall=20)
    assert found["verdict"] == "INCONCLUSIVE"
    assert "a table needs Discrete" in found["open"]
    assert found["open"].endswith("gamma is 1; an audit needs one below, so this one used 0.999.")


def test_a_small_model_from_the_command_line_trains(tmp_path):
    made = tmp_path / "tiny"
    told = run(
        *("tiny-model", "rewardsmith/Calculation-Easy-v0", "--out", made, "--size", "small"),
        *("--episodes", 8, "--epochs", 1),
    )
    assert told.splitlines()[-1] == str(made)
    assert "8 episodes of the expert" in told
    (tmp_path / "settings.yaml").write_text(CONFIG)
    told = run(
        *("train", "rewardsmith/Calculation-Easy-v0", "--agent", "llm", "--model", made),
        *("--reward", "potential", "--credit", "gigpo", "--steps", 8),
        *("--config", tmp_path / "settings.yaml", "--out", tmp_path / "run"),
    )
    assert told.splitlines()[-1] == str(tmp_path / "run")
    assert re.search(r"success \d\.\d\d, return -?\d\.\d+ after \d+ env steps", told)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--agent", "llm"], "--model"),
        (["--agent", "lm"], "--agent is llm or classic"),
        (["--agent", "classic", "--model", "x"], "is for a language model"),
        (["--agent", "llm", "--algo", "ppo"], "learns by --algo grpo"),
        (["--agent", "llm", "--model", "/nowhere"], "there is nothing"),
        (["--model", "x", "--credit", "turns"], "Did you mean 'turn'"),
    ],
)
def test_commands_that_are_wrong(tmp_path, arguments, words):
    result = CliRunner().invoke(
        app,
        ["train", "rewardsmith/Calculation-Easy-v0", "--out", str(tmp_path / "run"), *arguments],
    )
    assert result.exit_code != 0
    assert words in " ".join(f"{result.output} {result.exception}".split())
    assert not (tmp_path / "run").exists()

"""The examples of README.md and CONTRIBUTING.md run, and keep to their length."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _blocks(file: str, language: str = "python") -> list[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def _code_lines(block: str) -> list[str]:
    lines = [line.strip() for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "import ", "from "))]


def _run(code: str) -> str:
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_example_runs() -> None:
    (example,) = _blocks("README.md")
    assert len([line for line in example.splitlines() if line.strip()]) <= 15
    printed = _run(example).splitlines()
    assert printed[0] == "invariant"
    assert all(line.startswith("{'env': ") for line in printed[1:])
    assert len(printed) > 1, "no episode ended within the example"


@pytest.mark.parametrize(
    ("index", "check"),
    [
        (0, "assert check_term('effort()').ok"),
        (
            1,
            "obs, _ = env.reset(seed=0)\n"
            "after, reward, *_, info = env.step(0)\n"
            "shaping = 0.99 * -abs(float(after[2])) + abs(float(obs[2]))\n"
            "assert info['reward_env'] == 1.0\n"
            "assert abs(reward - 1.0 - shaping) < 1e-6\n"
            "env.reset(seed=0)\n"
            "assert env.step(0)[1] == reward",
        ),
        (
            2,
            "env = FrozenLake(gym.make('FrozenLake-v1'))\n"
            "assert env.reset(seed=0)[1]['features'] == {'to_goal': 6.0}",
        ),
    ],
    ids=["term", "place", "environment"],
)
def test_the_examples_for_contributors_run(index: int, check: str) -> None:
    blocks = _blocks("CONTRIBUTING.md")
    assert len(blocks) == 3
    assert len(_code_lines(blocks[index])) < 20
    _run(f"{blocks[index]}\n{check}")


def test_the_readme_table_is_what_the_catalogs_say() -> None:
    command = [sys.executable, str(ROOT / "tools/families.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_commands_of_the_readme_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`rewardsmith ([a-z-]+)", text))
    assert {"envs", "rewards", "show", "train", "compare"} <= named
    for command in named:
        assert "Usage" in _run(
            "import sys; from rewardsmith.cli import main;"
            f"sys.argv = ['rewardsmith', {command!r}, '--help']; main()"
        )


def test_local_links_lead_somewhere() -> None:
    for file in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/design.md"):
        text = (ROOT / file).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert ((ROOT / file).parent / target).exists(), f"{file} links to {target}"


def test_make_names_its_targets() -> None:
    done = subprocess.run(
        # Under `make test` this is a make within make, which would tell its folder too.
        ["make", "--no-print-directory", "--dry-run", "--always-make", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "rewardsmith compare rewardsmith/DoorKey-5x5-v0" in done.stdout
    assert done.stdout.rstrip().endswith('runs/demo/report.html"')


def test_the_example_on_tensors_runs() -> None:
    (example,) = [b for b in _blocks("docs/rewards.md") if "compile_torch" in b]
    _run(f"{example}\nassert paid.shape == (4096,) and (paid == 1).all()")

"""The report of an audit: what stands in it, in which order, and that it needs nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from rewardsmith.cli import main
from rewardsmith.envs.fixtures import find_case
from rewardsmith.errors import ConfigError
from rewardsmith.rewards.audit import AuditResult, audit
from rewardsmith.rewards.audit.report import command, render, write_report
from rewardsmith.rewards.audit.report_blame import sharpened
from rewardsmith.rewards.audit.report_steps import violation
from rewardsmith.rewards.audit.report_walk import ROUNDS

SECTIONS = [
    "Cause and what to change", "Hazards", "The step that breaks it", "Maps", "The loop", "Checks",
    "What could not be checked, and why", "Run it again",
]  # fmt: skip
VOID = {"meta", "img", "input", "br", "link", "hr"}


class Page(HTMLParser):
    """Text, headings, links and balance of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.classes: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [v or "" for k, v in attrs if k in ("src", "href")]
        self.classes += [v or "" for k, v in attrs if k == "class"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.classes += [v or "" for k, v in attrs if k == "class"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


def film(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="film">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.fixture(scope="module")
def bicycle() -> AuditResult:
    case = find_case("bicycle-approach")
    return audit(case.env_id, reward=case.reward, gamma=case.gamma, episodes=8)


@pytest.fixture(scope="module")
def bicycle_page(bicycle: AuditResult) -> str:
    return render(bicycle)


def test_verdict_first_then_all_sections_in_order(bicycle: AuditResult, bicycle_page: str) -> None:
    page = Page(bicycle_page)
    assert page.headings == SECTIONS
    assert page.open == []
    assert page.text.index("CHANGED") < page.text.index("regret 1.00 of 1")
    assert page.text.index("regret 1.00 of 1") < page.text.index(SECTIONS[0])
    assert bicycle.cause in page.text
    assert "FARMING" in page.text


def test_every_check_is_named_with_its_source(bicycle: AuditResult, bicycle_page: str) -> None:
    text = Page(bicycle_page).text
    rest = text[text.rindex("What could not be checked, and why") :]
    for check in bicycle.checks:
        assert check.name in text
        assert check.source in text
        assert (check.name in rest) == (check.status == "unchecked")


def test_it_opens_offline(bicycle_page: str) -> None:
    assert all(link.startswith("data:") for link in Page(bicycle_page).links)
    assert "http://" not in bicycle_page.replace("http://www.w3.org/", "")
    assert "https://" not in bicycle_page
    assert "@import" not in bicycle_page


def test_the_loop_is_replayed(bicycle: AuditResult, bicycle_page: str) -> None:
    loop, shown = bicycle.loop, film(bicycle_page)
    assert loop is not None
    length = len(loop.path) + ROUNDS * len(loop.states)
    assert len(shown["shown"]) == length + 1
    assert len(shown["steps"]) == length
    # each state of the bicycle (cell and heading) looks different, and is met again each round
    assert len(shown["frames"]) == len(loop.path) + len(loop.states)
    first = len(loop.path)
    assert shown["shown"][first] == shown["shown"][first + len(loop.states)]
    # 0.1 for each of the two steps of a round that come nearer, nothing for the two that leave
    paid = [step[2] for step in shown["steps"][first : first + 4]]
    assert sorted(paid) == pytest.approx([0, 0, 0.1, 0.1])


def test_an_invariant_reward_shows_the_potential_that_it_was_made_of() -> None:
    case = find_case("bicycle-potential")
    result = audit(case.env_id, reward=case.reward, gamma=case.gamma, episodes=8)
    page = render(result)
    assert "Nothing is wrong." in page
    assert "differs: 0 of" in page
    assert page.count('class="wrong"') == 0
    found = re.findall(r"\((\d+), (\d+)\): potential (\S+), 1 state<", page)
    assert len(found) == 41  # of 42 states, all but the end
    for x, y, potential in found:  # -0.1 times the steps to the flag at (4, 1)
        assert float(potential) == pytest.approx(-0.1 * (abs(int(x) - 4) + abs(int(y) - 1)))


@pytest.mark.parametrize(("name", "paid"), [("terminal-wrong", 0.23), ("soccer-touch", 0.1)])
def test_the_step_that_breaks_it_is_where_the_fault_is_paid(name: str, paid: float) -> None:
    # the arrival at the wrong end; the touch of the ball
    case = find_case(name)
    result = audit(case.env_id, reward=case.reward, gamma=case.gamma, episodes=4)
    place = violation(replace(result, exact=(sharpened(result.exact[0]), result.exact[1])))
    assert place is not None
    assert place.paid == pytest.approx(paid, rel=0.05)
    assert place.paid - place.explained > 0.5 * place.paid


def test_an_env_without_a_table_says_what_is_missing() -> None:
    result = audit("CartPole-v1", reward="env - 0.1*abs(obs[0])", episodes=8)
    page = Page(render(result))
    assert "INCONCLUSIVE" in page.text
    assert "Regret is unknown" in page.text
    assert "its states hardly recur" in page.text[: page.text.index(SECTIONS[0])]
    assert "<svg" not in render(result)


def test_a_broken_declared_potential_shows_its_worst_step() -> None:
    class Declared(gym.RewardWrapper):  # type: ignore[type-arg]
        """Says that its potential is 0, and pays 3 a step."""

        def reward(self, reward: Any) -> float:
            return float(reward) + 3.0

        def potential(self, obs: Any, info: Any) -> float:
            return 0.0

    result = audit("CartPole-v1", reward=Declared, episodes=8)
    text = Page(render(result)).text
    assert "4 paid by the audited reward" in text
    assert "1 explained by a potential" in text
    assert "3 unexplained" in text


def test_random_transitions_are_not_played_as_one_path() -> None:
    result = audit("FrozenLake-v1", reward="env + 0.1*(obs > 3)", episodes=4)
    text = Page(render(result)).text
    assert "The env's transitions are random" in text
    assert "Position is (column, row)" in text


def test_a_builder_without_pictures_says_so() -> None:
    case = find_case("bicycle-approach")
    result = audit(lambda: gym.make(f"rewardsmith:{case.env_id}"), reward=_approach, episodes=4)
    text = Page(render(result)).text
    assert 'render_mode="rgb_array"' in text
    assert "0 (turn left)" in text
    assert command(result).startswith("audit(your env, reward=_approach, gamma=0.99")


def test_an_out_that_cannot_be_written_comes_after_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    words = ["audit", "Bicycle-v0", "--reward", "approach", "--episodes", "4", "--out"]
    monkeypatch.setattr("sys.argv", ["rewardsmith", *words, str(tmp_path / "file")])
    with pytest.raises(SystemExit) as status:
        main()
    said = capsys.readouterr()
    assert status.value.code == 2
    assert said.out.startswith("CHANGED (regret 1)")
    assert said.err.startswith("rewardsmith: A report needs a folder that can be written.")
    assert "Traceback" not in said.err


def test_out_prints_the_path_last_and_keeps_json_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["audit", "Bicycle-v0", "--reward", "approach", "--episodes", "4"]
    words += ["--out", str(tmp_path)]
    for extra in ([], ["--json"]):
        monkeypatch.setattr("sys.argv", ["rewardsmith", *words, *extra])
        with pytest.raises(SystemExit) as status:
            main()
        assert status.value.code == 1
        said = capsys.readouterr()
        path = (said.err if extra else said.out).splitlines()[-1]
        assert path == str(tmp_path / "report.html")
        assert not extra or json.loads(said.out)["verdict"] == "CHANGED"


def _approach(env: Any) -> Any:
    class Approach(gym.Wrapper):  # type: ignore[type-arg]
        """Pays for coming nearer, and not for leaving."""

        def reset(self, **kwargs: Any) -> Any:
            obs, info = self.env.reset(**kwargs)
            self.far = info["features"]["distance_to_goal"]
            return obs, info

        def step(self, action: Any) -> Any:
            obs, reward, terminated, truncated, info = self.env.step(action)
            before, self.far = self.far, info["features"]["distance_to_goal"]
            paid = float(reward) + 0.1 * max(0, before - self.far)
            return obs, paid, terminated, truncated, info

    return Approach(env)


def test_what_a_user_wrote_is_text() -> None:
    build = type("<img src=x onerror=alert(1)>", (), {"__call__": lambda self: _cliff()})()
    page = render(audit(build, reward="env - 0.1*potential(obs)", episodes=4))
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def _cliff() -> Any:
    return gym.make("CliffWalking-v1")


def test_it_is_written_with_its_json(bicycle: AuditResult, tmp_path: Path) -> None:
    path = write_report(bicycle, tmp_path / "new")
    assert path == tmp_path / "new" / "report.html"
    assert sorted(p.name for p in path.parent.iterdir()) == ["audit.json", "report.html"]
    data = json.loads((tmp_path / "new" / "audit.json").read_text())
    assert (data["verdict"], data["exit_status"]) == ("CHANGED", 1)
    assert data["regret"] == pytest.approx(1.0)


def test_a_folder_that_cannot_be_written_is_an_error_of_ours(
    bicycle: AuditResult, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="needs a folder that can be written"):
        write_report(bicycle, tmp_path / "file")


def test_the_command_runs_the_same_audit(bicycle: AuditResult) -> None:
    case = find_case("bicycle-approach")
    assert command(bicycle) == (
        f"rewardsmith audit {case.env_id} --reward {case.reward} --gamma 0.99 --episodes 8 "
        "--seeds 1 --max-states 50000"
    )

import csv
import json
import re

import numpy as np
import pytest

from rewardsmith.agents.compare.axes import Scale, axes, figure, short
from rewardsmith.agents.compare.charts import Dots, stacked_chart, steps_chart
from rewardsmith.agents.compare.episode import Episode, load_episode, save_episode
from rewardsmith.agents.compare.films import film_data, term_layers
from rewardsmith.agents.compare.report import write_report
from rewardsmith.agents.compare.results import read_comparison
from rewardsmith.agents.compare.stats import Estimate
from rewardsmith.agents.compare.verdict import finding, rows
from rewardsmith.errors import ConfigError

STEPS = [0, 1000, 2000]


@pytest.fixture
def folder(tmp_path):
    """Write a comparison's folder: label -> one list of successes per seed."""

    def write(arms, finished=True, formula="env", label_of=lambda name: name):
        seeds = list(range(len(next(iter(arms.values())))))
        about = [
            {
                "label": label_of(name),
                "formula": formula,
                "doc": "",
                "guarantee": "invariant",
                "hash": "0",
            }
            for name in arms
        ]
        plan = {
            "command": "rewardsmith compare X",
            "env_id": "rewardsmith/X-v0",
            "algo": "ppo",
            "steps": 2000,
            "seeds": seeds,
            "rewards": about,
            "threshold": 0.9,
            "version": "0",
        }
        (tmp_path / "compare.json").write_text(json.dumps(plan))
        for name, curves in arms.items():
            for seed, curve in zip(seeds, curves, strict=True):
                home = tmp_path / "runs" / label_of(name) / f"seed-{seed}"
                home.mkdir(parents=True)
                _table(home / "eval.csv", ["env_steps", "success", "return", "length"], curve)
                _terms(home / "terms.csv", len(curve))
                if finished:
                    (home / "result.json").write_text("{}")
        return tmp_path

    return write


def _table(path, header, curve):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(
            [s, v, v if v != "" else 0.5, 9] for s, v in zip(STEPS, curve, strict=False)
        )


def _terms(path, count):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["env_steps", "env", "shape", "env_return", "success"])
        writer.writerows([s, 0.5, -0.25, 0.5, 1] for s in STEPS[:count])


def page(folder):
    return write_report(folder).read_text(encoding="utf-8")


def test_the_page_shows_the_figures_and_claims_nothing_from_few_seeds(folder):
    text = page(folder({"a": [[0, 0, 0]] * 3, "b": [[0, 1, 1]] * 3}))
    assert "3 finished seeds per reward, this report claims no difference" in text
    assert "100% [100%, 100%]" in text
    assert "1.00 [1.00, 1.00]" in text
    assert "1k [1k, 1k]" in text
    assert "&gt;2k [&gt;2k, &gt;2k]" in text
    assert "Unfinished" not in text


def test_with_ten_seeds_a_difference_is_claimed_only_where_there_is_one(folder):
    home = folder({"a": [[0, 0, 0]] * 10, "b": [[0, 1, 1]] * 10, "c": [[0, 0, 0]] * 10})
    comparison = read_comparison(home)
    told = finding(comparison.arms, rows(comparison.arms, 0.9))
    assert "A run of b ends above one of a with probability 1.00 [1.00, 1.00]." in told
    assert "Between c and a no difference can be told at the last evaluation." in told


def test_a_difference_that_luck_explains_among_many_rewards_is_not_claimed(folder):
    # 5 of 10 solve against 10 of 10: exact p is 2 * C(15, 5) / C(20, 10) = .0325, below .05
    # alone but not after a correction for three comparisons; 10 against 0 stands in any case.
    mixed = [[0, 1, 1]] * 5 + [[0, 0, 0]] * 5
    better, same, never = [[0, 1, 1]] * 10, mixed, [[0, 0, 0]] * 10
    pair = read_comparison(folder({"a": mixed, "b": better})).arms
    assert "A run of b ends above one of a" in finding(pair, rows(pair, 0.9))
    home = folder({"a2": mixed, "b2": better, "c2": same, "d2": same})
    many = read_comparison(home).arms
    table = rows(many, 0.9)
    assert table[1].improvement.low > 0.5
    assert table[1].p == pytest.approx(2 * 3003 / 184756, abs=0.005)
    assert "Between b2 and a2 no difference can be told at the last evaluation." in finding(
        many, table
    )
    sure = read_comparison(folder({"a3": never, "b3": better, "c3": never, "d3": never})).arms
    assert "A run of b3 ends above one of a3" in finding(sure, rows(sure, 0.9))


def test_one_seed_of_two_rewards_makes_a_report(folder):
    text = page(folder({"a": [[0, 0, 0]], "b": [[0, 1, 1]]}))
    assert "With 1 finished seed per reward, this report claims no difference" in text
    assert "1.00 [1.00, 1.00]" in text


def test_sixteen_rewards_look_different(folder):
    text = page(folder({f"r{i}": [[0, i / 16, i / 16]] for i in range(16)}))
    keys = re.findall(r'<span class="key"><i class="(s\d+)"></i>r\d+</span>', text)
    assert len(set(keys)) == len(keys) == 16
    css = text[: text.index("</style>")]
    for i in range(16):
        assert f".s{i} {{ color: var(--s{i % 8}); }}" in css
    assert re.search(r"\.s15\) > \.line \{ stroke-dasharray", css)
    assert "dashed and keys hollow" in text


def test_a_reward_whose_every_run_failed_keeps_no_other_from_being_compared(folder):
    home = folder({"a": [[0, 0, 0]] * 10, "b": [[0, 1, 1]] * 10, "c": [[0]] * 10})
    for seed in range(10):
        run = home / "runs" / "c" / f"seed-{seed}"
        (run / "result.json").unlink()
        (run / "failure.txt").write_text("NonFiniteRewardError: <b>nan</b>")
    text = page(home)
    assert "A run of b ends above one of a with probability 1.00" in text
    assert "Failed: 10 of 30 runs" in text
    assert "<b>c seed 3</b>: NonFiniteRewardError: &lt;b&gt;nan" in text


def test_nothing_is_fetched_from_anywhere(folder):
    text = page(folder({"a": [[0, 1, 1]]}))
    assert re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"", text) == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text) == []
    assert "@import" not in text


def test_hostile_text_stays_text(folder):
    formula = '</script><script>alert("x")</script> <img src=x onerror=alert(1)>'
    home = folder({"a": [[0, 1, 1]]}, formula=formula, label_of=lambda n: "a<b>&")
    # A comment that opens a script would swallow the end of the element that holds it.
    terms = {"</script><b>": [1.0], "<!--<script>": [float("nan")]}
    save_episode(Episode(terms=terms, env_rewards=[0.0]), home / "runs" / "a<b>&")
    text = page(home)
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "a<b>" not in text
    assert text.count("</script>") == text.count("<script") == 2
    assert "<!--" not in text


def test_an_audit_stands_beside_its_reward_alone_and_its_text_stays_text(folder):
    home = folder({"a": [[0, 1, 1]], "b": [[0, 1, 1]]})
    reason = "The audit failed: <b>boom</b> &"
    (home / "runs" / "b" / "audit.json").write_text(
        json.dumps({"hash": "0", "not_audited": reason})
    )
    text = page(home)
    assert text.count("not audited</span>") == 3  # curves, figures, card
    assert text.count('data-head="audit">–<') == 1
    assert "&lt;b&gt;boom&lt;/b&gt; &amp;" in text
    # Of another reward: not shown.
    (home / "runs" / "b" / "audit.json").write_text(
        json.dumps({"hash": "1", "not_audited": reason})
    )
    assert "boom" not in page(home)


def test_a_warning_of_the_watch_stands_in_the_card(folder):
    home = folder({"a": [[0, 1, 1]] * 2})
    assert "<b>Watch</b>" not in page(home)
    (home / "runs" / "a" / "seed-1" / "result.json").write_text('{"warned": [1500, 1900]}')
    text = page(home)
    assert text.count("<b>Watch</b>") == 1
    assert "warned at step 1.5k in seed 1" in text


def test_runs_under_way_are_called_unfinished(folder):
    home = folder({"a": [[0, 0.5], [0, 0.5, 0.75]], "b": [[0], [0]]}, finished=False)
    text = page(home)
    assert "4 of 4 runs have not reached their last step" in text
    assert "a seed 0 (at 1k env steps), a seed 1 (at 2k env steps), b seed 0 (at 0 env" in text
    assert text.count('class="seed open"') == 8  # two charts
    x, values = read_comparison(home).arms[0].curves("success")
    assert x.tolist() == [0, 1000]
    assert values.tolist() == [[0, 0.5], [0, 0.5]]


def test_a_run_under_way_counts_in_no_figure_and_shortens_no_curve(folder):
    home = folder({"a": [[0, 1, 1], [0, 1, 1], [0]], "b": [[0, 0, 0]] * 3})
    (home / "runs" / "a" / "seed-2" / "result.json").unlink()
    arm = read_comparison(home).arms[0]
    assert arm.curves("success")[0].tolist() == STEPS
    first = rows([arm], 0.9)[0]
    assert (first.success, first.finished) == ("100% [100%, 100%]", "2 of 3")
    text = page(home)
    assert "a seed 2 (at 0 env steps)" in text
    assert "With 2 finished seeds of a reward" in text


def test_terms_are_averaged_over_the_runs_that_got_so_far(folder):
    home = folder({"a": [[0, 1, 1], [0, 1]]})
    blank = home / "runs" / "a" / "seed-1" / "terms.csv"
    blank.write_text("env_steps,env,shape,env_return,success\n0,,,,\n1000,1.5,0.25,1,1\n")
    x, layers = term_layers(read_comparison(home).arms[0])
    assert x.tolist() == [1000]
    assert layers["env"].tolist() == [1.0]
    assert layers["shape"].tolist() == [0.0]


def test_the_page_says_what_the_environment_is_made_with(folder):
    home = folder({"a": [[0, 1, 1]]})
    assert "is made with" not in page(home)
    path = home / "compare.json"
    plan = json.loads(path.read_text())
    for kwargs, words in (
        ({"split": "train", "level": 4}, "split=train, level=4</code>: success is on tasks of"),
        ({"level": "<b>"}, "<code>level=&lt;b&gt;</code>."),
    ):
        path.write_text(json.dumps({**plan, "env_kwargs": kwargs}))
        assert words in page(home)


def test_what_terms_pay_is_shown_where_every_run_has_a_number(folder):
    home = folder({"a": [[0, 1, 1], [0, 1, 1]]})
    for seed, paid in enumerate((["900,4,0", "2000,8,0"], ["1000,1,0", "1500,3,0"])):
        lines = ["env_steps,env,shape,env_return,success", *(f"{row},1,1" for row in paid)]
        path = home / "runs" / "a" / f"seed-{seed}" / "terms.csv"
        path.write_text("\n".join(lines) + "\n")
    x, layers = term_layers(read_comparison(home).arms[0])
    assert x.tolist() == [1000, 1500]
    # the first run goes from 4 to 8 in 1100 steps
    assert layers["env"] == pytest.approx([(4 + 4 / 11 + 1) / 2, (4 + 24 / 11 + 3) / 2])


def test_a_row_cut_by_a_kill_is_left_out(folder):
    home = folder({"a": [[0, 1, 1]]})
    path = home / "runs" / "a" / "seed-0" / "eval.csv"
    path.write_text(path.read_text() + "3000,0.")
    assert read_comparison(home).arms[0].runs[0].evals["env_steps"].tolist() == STEPS


def test_an_env_without_a_success_measure_is_judged_by_its_return(folder):
    text = page(folder({"a": [["", "", ""]] * 2, "b": [["", "", ""]] * 2}))
    assert "<figcaption>Success</figcaption>" not in text
    assert "0.5 [0.5, 0.5]" in text
    assert "0.50 [0.50, 0.50]" in text


@pytest.mark.parametrize("curves", [[[0, 0, 0]], [[0]], [[]]])
def test_no_coordinate_is_ever_nan(folder, curves):
    assert "nan" not in page(folder({"a": curves})).lower().replace("nanum", "")


def test_what_is_no_comparison_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"compare\.json"):
        write_report(tmp_path)


def test_terms_stack_upwards_and_downwards_from_zero():
    x = np.array([0.0, 1.0])
    svg = stacked_chart(x, {"a": np.ones(2), "b": -np.ones(2), "c": np.ones(2)}, "t")
    areas = re.findall(r'class="area s(\d)" points="([^"]+)"', svg)
    heights = {
        int(color): sorted({float(p.split(",")[1]) for p in points.split()})
        for color, points in areas
    }
    assert heights[0][0] == heights[2][1]  # c lies on top of a
    assert heights[1][0] == heights[0][1]  # b hangs from the line on which a stands


def test_a_run_that_never_got_there_is_drawn_beyond_the_budget():
    median = Estimate(1000.0, 1000.0, float("inf"))
    svg = steps_chart([Dots("a", 0, [1000.0, float("inf"), 500.0], median)], 2000.0, "t")
    spots = {
        kind: float(x) for kind, x in re.findall(r'class="dot-seed( never)?" cx="([\d.]+)"', svg)
    }
    budget = float(re.search(r'x="([\d.]+)" y="\d+" text-anchor="middle">2k', svg)[1])
    assert spots[" never"] > budget > spots[""]
    assert "median 1,000, 95% interval 1,000 to never" in svg


def test_pictures_keep_to_their_share_of_the_page(tmp_path):
    frames = [
        np.random.default_rng(i).integers(255, size=(80, 80, 3), dtype=np.uint8) for i in range(30)
    ]
    film = load_episode(save_episode(Episode(frames, {}, [0.0] * 29), tmp_path).parent)
    size = sum(len(f) for f in film.frames)
    data = film_data(film, size // 2)
    assert sum(len(f) for f in data["frames"]) <= 0.55 * size
    assert data["shown"] == list(range(0, 30, 2))
    assert film_data(film, size)["shown"] == list(range(30))


def test_large_returns_are_written_without_exponents_and_ticks_stay_apart():
    assert [figure(v) for v in (-1e6, -52300, -1234.4, 0.9421, 0)] == [
        "-1M",
        "-52.3k",
        "-1234",
        "0.942",
        "0",
    ]
    svg = axes(Scale(0, 10, -1_000_000, 0)) + axes(Scale(0, 10, 499.1, 500.1))
    assert "e+" not in svg
    texts = re.findall(r'text-anchor="end">([^<]+)<', svg)
    assert len(texts) == len(set(texts))
    assert {"-1M", "-800k", "499.2", "500"} <= set(texts)


@pytest.mark.parametrize(("steps", "text"), [(81920, "81.9k"), (3e6, "3M"), (100, "100")])
def test_steps_are_said_shortly(steps, text):
    assert short(steps) == text

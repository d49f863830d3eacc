from __future__ import annotations

import tracemalloc
from hashlib import blake2b
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

import rewardsmith
from rewardsmith import Feature, FeatureSchema
from rewardsmith.errors import ConfigError, ContractError
from rewardsmith.rewards.intrinsic.counts import BYTES_PER_ENTRY, CountTable
from rewardsmith.storage import load_state, save_state
from rewardsmith.testing import check_term


def lived(term: Any, steps: Any) -> list[list[float]]:
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


def keys(*values: int) -> Any:
    return np.array(values, dtype=np.uint64)


@pytest.fixture
def to(step_of: Any) -> Any:
    """A step of N slots to places on a line."""
    return lambda *xs: step_of(np.zeros((len(xs), 4)), np.array(xs, float)[:, None] * np.ones(4))


def test_visits_by_hand(place: Any, to: Any) -> None:
    term = place("count(x)")
    # Two slots at once are paid by what was before the step; then both count.
    assert lived(term, [to(1, 2), to(1, 1), to(1, 2), to(2, 3)]) == [
        [1, 1],  # first visits
        pytest.approx([2**-0.5, 2**-0.5]),  # 1 was visited once
        pytest.approx([4**-0.5, 2**-0.5]),  # three times and once
        pytest.approx([3**-0.5, 1]),
    ]
    inverse = place("count(x, decay='inverse')")
    assert lived(inverse, [to(5, 6), to(5, 5), to(5, 6)]) == [
        [1, 1],
        [1 / 2, 1 / 2],
        [1 / 4, 1 / 2],
    ]


def test_only_update_counts_and_storage_is_paid_the_same(place: Any, to: Any) -> None:
    term = place("count(x)")
    lived(term, [to(1, 2)])
    for _ in range(3):
        assert term.step(to(1, 3)).tolist() == pytest.approx([2**-0.5, 1])
    assert term.relabel(to(1, 3)).tolist() == pytest.approx([2**-0.5, 1])
    report = check_term("count(x)", schema=FeatureSchema([Feature("x", "a number")]))
    assert report.ok


def test_the_order_of_slots_does_not_matter(place: Any, walk: Any) -> None:
    rng = np.random.default_rng(0)
    steps = walk(40, num_envs=3)
    for step in steps:
        step.next_obs[:] = rng.integers(3, size=(3, 1))
    turned = [s.select([2, 0, 1]) for s in steps]
    paid = np.array(lived(place("count()", num_envs=3), steps))
    assert np.array_equal(paid[:, [2, 0, 1]], lived(place("count()", num_envs=3), turned))
    assert len(np.unique(paid)) > 10


def test_numbers_are_rounded_and_zero_has_no_sign(place: Any, to: Any) -> None:
    term = place("count(x, decimals=1)")
    assert lived(term, [to(0.0, 1.26), to(-0.0, 1.31), to(-0.04, 1.2)]) == [
        [1, 1],
        pytest.approx([2**-0.5, 2**-0.5]),
        pytest.approx([3**-0.5, 1]),
    ]


@pytest.fixture
def keys_of(place: Any, to: Any) -> Any:
    """The keys of rows in a space of two numbers."""

    def found(rows: Any, decimals: int = 4) -> list[int]:
        space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
        step = to(0)
        step.next_obs = np.asarray(rows)
        term = place(f"count(decimals={decimals})", observation_space=space)
        return list(term.keys_of(step).tolist())

    return found


@pytest.mark.parametrize(
    ("one", "other", "decimals"),
    [
        (2**24, 2**24 + 1, 4),
        (1_700_000_000, 1_700_000_060, 4),  # Unix times
        (2**53, 2**53 + 1, 0),  # float64 holds but the first
        (2**53, 2**53 + 1, 4),
        (-(2**62), -(2**62) + 1, 4),
        (np.uint64(2**64 - 1), np.uint64(2**64 - 2), 4),
        (52.5200001, 52.5200002, 8),
        (2.0**40, 2.0**40 / 1e4, 4),
        (1e300, np.nextafter(1e300, 2e300), 4),
        (1e10, 1e11, 300),  # times 1e300, both are beyond float64
    ],
)
def test_different_numbers_are_apart(one: Any, other: Any, decimals: int, keys_of: Any) -> None:
    for rows in ([[one, 0], [other, 0], [one, 0]], [[0, one], [0, other], [0, one]]):
        dtype = np.asarray([one]).dtype
        first, second, again = keys_of(np.array(rows, dtype=dtype), decimals)
        assert first == again != second


@pytest.mark.parametrize("number", [0, 1, 255, 2**24, 2**53, 2**62])
def test_equal_numbers_of_any_type_are_one(number: int, keys_of: Any) -> None:
    small = [np.uint8, np.int16, np.float16] if number <= 255 else []
    types = [np.int64, np.uint64, np.float32, np.float64, np.longdouble, ">f8", object, *small]
    found = {keys_of(np.array([[number, -0.0]]).astype(t))[0] for t in types}
    assert len(found) == 1
    assert found != set(keys_of([[number + 2048, 0]]))


def test_keys_of_what_float32_holds_are_the_hash_of_its_rounded_product(keys_of: Any) -> None:
    rows = np.array([[1.5, -0.25], [2.0**60, 3], [2.0**127, -0.0]])
    told = [np.array([round(x * 10000) for x in row], dtype="<f8") + 0.0 for row in rows.tolist()]
    found = [blake2b(row.tobytes(), digest_size=8).digest() for row in told]
    assert keys_of(rows) == [int.from_bytes(digest, "little") for digest in found]


def test_a_number_that_is_none_is_refused_by_count(keys_of: Any) -> None:
    for bad in (np.nan, np.inf):
        with pytest.raises(ContractError, match=r"count\(.*must be finite\. Received"):
            keys_of([[bad, 0]])


def test_texts_count_by_themselves(place: Any, to: Any) -> None:
    term = place("count(on=[word, x])")

    def say(*words: str) -> Any:
        step = to(*([0] * len(words)))
        step.next_features = {**step.next_features, "word": np.array(words, dtype=object)}
        return step

    # Word order alone tells the last two apart from the first.
    found = lived(term, [say("red key", "key red"), say("red key", "red key "), say("", "red key")])
    assert found == [[1, 1], pytest.approx([2**-0.5, 1]), pytest.approx([1, 3**-0.5])]


def test_dictionaries_pictures_and_classes_count(place: Any, step_of: Any) -> None:
    space = spaces.Dict(
        {
            "camera": spaces.Box(0, 255, (2, 2, 3), np.uint8),
            "room": spaces.Discrete(3),
            "says": spaces.Text(10),
        }
    )
    term = place("count()", observation_space=space, num_envs=1)

    def at(pixel: int, room: int, says: str) -> Any:
        step = step_of(np.zeros((1, 4)), np.zeros((1, 4)))
        camera = np.zeros((1, 2, 2, 3), np.uint8)
        camera[0, 1, 1, 2] = pixel
        step.next_obs = {"camera": camera, "room": np.array([room]), "says": np.array([says])}
        return step

    visits = [at(1, 0, "a"), at(2, 0, "a"), at(1, 1, "a"), at(1, 0, "b"), at(1, 0, "a")]
    assert [p[0] for p in lived(term, visits)] == [1, 1, 1, 1, pytest.approx(2**-0.5)]


def test_a_full_table_forgets_the_least_visited() -> None:
    table = CountTable(capacity=16)
    table.add(keys(*range(16), *range(3, 16)))  # 0, 1, 2 once, all others twice
    table.add(keys(99))  # an eighth goes: 0 and 1
    assert len(table) == 15
    assert table(keys(0, 1, 2, 3, 99)).tolist() == [0, 0, 1, 2, 1]


def test_the_table_is_bounded_and_takes_what_is_said() -> None:
    drawn = np.random.default_rng(0).integers(2**64, size=50_000, dtype=np.uint64)
    tracemalloc.start()
    table = CountTable(capacity=20_000)
    for part in np.split(drawn, 50):
        table.add(part)
    for _ in range(300):
        table.add(drawn[-1000:])  # large counts are numbers of their own
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(table) <= 20_000
    assert taken < 20_000 * BYTES_PER_ENTRY


def test_a_resumed_term_goes_on(place: Any, walk: Any, tmp_path: Any) -> None:
    steps, whole, half, rest = walk(60), place("count(x)"), place("count(x)"), place("count(x)")
    for step in steps:
        step.next_features["x"] = step.next_features["x"].round()
    expected = lived(whole, steps)
    found = lived(half, steps[:29])
    save_state(tmp_path / "state.npz", half.state_dict())
    rest.load_state_dict(load_state(tmp_path / "state.npz"))
    assert found + lived(rest, steps[29:]) == expected
    with pytest.raises(ConfigError, match=r"count\(.*4 numbers. Received those of 1"):
        place("count()").load_state_dict(half.state_dict())


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_in_vector_envs_each_real_step_counts_once(mode: str) -> None:
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0",
        reward="env + count(on=[agent_x, agent_y])",
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=7,
    )
    env.reset(seed=0)
    env.action_space.seed(0)
    visits, ended = 0, np.zeros(2, dtype=bool)
    for _ in range(100):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        # After an end, NextStep spends a step on the reset, which is no visit.
        visits += 2 - (int(ended.sum()) if mode == "NextStep" else 0)
        ended = terminated | truncated
    counts = env.stack.entries[1].term.state_dict()["table"]["counts"]
    assert counts.sum() == visits
    assert len(counts) <= 9  # the free cells of a 5x5 room
    env.close()


def test_what_is_refused(place: Any, to: Any) -> None:
    for wrong, words in {
        "decay='sqr'": r"decay of count is one of sqrt, inverse. Received 'sqr'. Did you mean",
        "capacity=0": r"capacity of count is a whole number >= 1",
        "decimals=-1": r"decimals of count is a whole number >= 0",
    }.items():
        with pytest.raises(ConfigError, match=words):
            place(f"count(x, {wrong})")
    with pytest.raises(ContractError, match=r"count\(\).*finite. Received nan.*name features"):
        place("count()").step(to(np.nan, 1))


@pytest.mark.parametrize("term", ["count", "episodic_count", "ride", "noveld"])
def test_decimals_are_those_that_float64_holds(place: Any, term: str) -> None:
    with pytest.raises(ConfigError, match=f"decimals of {term} is at most 300. Received 400"):
        place(f"{term}(decimals=400)")

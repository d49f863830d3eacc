import numpy as np
import pytest

from rewardsmith.agents.llm.dialogue import Dialogue
from rewardsmith.agents.llm.place import LanguagePlace
from rewardsmith.errors import BindingError, ConfigError, PlaceError

ALL_SCOPES = "env + potential(0.5*x) + outcome(success, progress(x)) + centred(0.1*progress(x))"


@pytest.fixture
def make(walk):
    made = []

    def build(reward="env", **options):
        made.append(LanguagePlace(walk, reward, **{"slots": 4, **options}))
        return made[-1]

    yield build
    for place in made:
        place.close()


@pytest.fixture
def play(tokenizer, script):
    def run(place, *episodes, tasks=None, training=True):
        dialogue = Dialogue(tokenizer, place.instructions)
        speaker = script(dialogue, *episodes)
        tasks = tasks or [7] * len(episodes)
        rollouts = place.play(tasks, speaker, dialogue, training=training)
        check_tokens(rollouts, dialogue)
        return rollouts

    return run


def check_tokens(rollouts, dialogue):
    """The spans are the mask, the lines are in them, and all sums agree."""
    for rollout in rollouts:
        turns = rollout.episode.turns
        spans = np.zeros(len(rollout.completion), dtype=int)
        for turn in turns:
            spans[turn.start : turn.stop] += 1
            assert dialogue.line(rollout.completion[turn.start : turn.stop]) == turn.text
        assert spans.tolist() == rollout.mask
        assert [t.turn_id for t in turns] == list(range(len(turns)))
        assert rollout.completion[turns[-1].stop :] == []
        assert rollout.episode.total == pytest.approx(
            sum(sum(t.components.values()) for t in turns), abs=1e-12
        )


def paid(rollout, name):
    return rollout.episode.component(name).tolist()


def test_all_scopes_together_by_hand(make, play):
    place = make(ALL_SCOPES, gamma=0.5)
    won, lost = play(place, ["up", "up"], ["up", "fly", "down"])
    env, potential, outcome, centred = place.stack.names
    # x: 1 -> 2 -> 3, and 1 -> 2 -> 2 -> 1, where the time is up
    assert paid(won, env) == [0, 1]
    assert paid(lost, env) == pytest.approx([0, -0.01, 0])
    # gamma * x' / 2 - x / 2, and x' counts as 0 at either end
    assert paid(won, potential) == pytest.approx([0, -1])
    assert paid(lost, potential) == pytest.approx([0, -0.5, -1])
    assert paid(won, outcome) == [1, 1]
    assert paid(lost, outcome) == [0, 0, 0]
    # a tenth of what was gained, 0.2 and 0.1 in all: 0.15 off at the end of both
    assert paid(won, centred) == pytest.approx([0.1, -0.05])
    assert paid(lost, centred) == pytest.approx([0.1, 0, -0.15])
    assert won.episode.rewards == pytest.approx([1.1, 0.95])
    assert lost.episode.rewards == pytest.approx([0.1, -0.51, -1.15])
    assert (won.episode.success, lost.episode.success) == (True, False)
    assert (won.episode.env_return, lost.episode.env_return) == pytest.approx((1, -0.01))
    ends = [(t.terminated, t.truncated) for t in (won.episode.turns[-1], lost.episode.turns[-1])]
    assert ends == [(True, False), (False, True)]
    assert [t.anchor for t in lost.episode.turns] == ["at 1", "at 2", "what?"]


def test_a_turn_without_reward_keeps_its_number_and_its_tokens(make, play):
    (rollout,) = play(make("env"), ["up", "down", "up"])
    assert rollout.episode.rewards.tolist() == [0, 0, 0]
    assert [t.text for t in rollout.episode.turns] == ["up", "down", "up"]
    assert all(t.stop > t.start for t in rollout.episode.turns)


def test_groups_are_rollouts_of_one_task(make, play):
    place = make("centred(env)")
    rollouts = play(place, ["up", "up"], ["up", "up"], ["up"] * 2, ["down"] * 3, tasks=[1, 2, 1, 2])
    (name,) = place.stack.names
    totals = [sum(paid(r, name)) for r in rollouts]
    assert totals == pytest.approx([0, 0.5, 0, -0.5])


def test_majority_vote_pays_the_answers_of_most(make, play):
    place = make("majority_vote(on=obs)")
    rollouts = play(place, ["up", "up"], ["up", "up"], ["down", "down", "down"])
    assert [r.episode.total for r in rollouts] == [1, 1, 0]


def test_the_end_by_the_budget_of_tokens_is_final_for_a_potential(make, play, tokenizer):
    dialogue = Dialogue(tokenizer, "Say up or down.")
    turn = len(dialogue.spoken("up")) + len(dialogue.reply("at 2"))
    # room for one turn, and for one token less than the next line may take
    place = make("env + potential(x)", max_line_tokens=5, max_tokens=turn + 4)
    (rollout,) = play(place, ["up"])
    (only,) = rollout.episode.turns
    assert (only.truncated, only.terminated) == (True, False)
    assert only.reward == -1.0  # 0 - x_0
    assert len(rollout.completion) == len(dialogue.spoken("up"))
    roomy = make("env + potential(x)", max_line_tokens=5, max_tokens=turn + 5)
    (rollout,) = play(roomy, ["up", "up"])
    assert rollout.episode.total == pytest.approx(1 - 1.0)
    assert len(rollout.completion) <= turn + 5


@pytest.mark.parametrize("lines", [["up", "up"], ["down", "up", "down"], ["", "x", "up"]])
def test_a_potential_telescopes_however_it_ends(make, play, lines):
    place = make("potential(x) + 0*env")
    (rollout,) = play(place, lines)
    assert rollout.episode.total == pytest.approx(-1.0)


def test_a_model_that_ends_at_once_says_nothing(make, play):
    (rollout,) = play(make("env"), ["", "up", "up"])
    first = rollout.episode.turns[0]
    assert (first.text, first.stop - first.start, first.reward) == ("", 1, -0.01)
    assert rollout.episode.success


def test_a_line_without_a_single_token(make, tokenizer):
    place = make("env")
    dialogue = Dialogue(tokenizer, place.instructions)
    (rollout,) = place.play([0], lambda prompts, limit: [[] for _ in prompts], dialogue)
    turns = rollout.episode.turns
    assert [(t.text, t.stop - t.start) for t in turns] == [("", 0)] * 3
    assert sum(rollout.mask) == 0
    assert rollout.completion.count(tokenizer.eos_token_id) == 2


def test_a_line_that_is_too_long_is_cut_and_ended(make, play, tokenizer):
    place = make("env", max_line_tokens=2)
    (rollout,) = play(place, ["upupupupup", "up"])
    first, second = rollout.episode.turns
    assert (first.stop - first.start, first.text) == (2, "up")
    assert rollout.completion[2] == tokenizer.eos_token_id
    assert rollout.mask[2] == 0
    assert rollout.mask[second.start - 1] == 0


def test_every_line_answers_all_that_was_said(make, tokenizer, script):
    place = make("env")
    dialogue = Dialogue(tokenizer, place.instructions)
    speaker = script(dialogue, ["up", "up"], ["down", "up", "up"])
    rollouts = place.play([1, 1], speaker, dialogue)
    for i, rollout in enumerate(rollouts):
        last = rollout.episode.turns[-1]
        whole = rollout.prompt + rollout.completion
        told = [prompts[i if len(prompts) == 2 else 0] for prompts in speaker.prompts]
        told = told[: len(rollout.episode.turns)]
        assert told[-1] == whole[: len(rollout.prompt) + last.start]
    assert [len(p) for p in speaker.prompts] == [2, 2, 1]


def test_a_term_that_counts_an_episode_remembers_it_alone(make, play):
    place = make("episodic_count(on=x)")
    back, on = play(place, ["up", "down", "up"], ["up", "up"])
    # 2, 1, 2: the second visit pays less than the first
    assert back.episode.rewards[0] > back.episode.rewards[2] > 0
    again = play(place, ["up", "down", "up"], ["up", "up"])[0]
    assert again.episode.rewards == pytest.approx(back.episode.rewards)
    assert on.episode.rewards[0] == back.episode.rewards[0]


def test_a_term_that_counts_captions(make, play):
    place = make("episodic_count(on=caption)")
    (rollout,) = play(place, ["up", "down", "up"])
    assert rollout.episode.rewards[0] > rollout.episode.rewards[2] > 0


def test_terms_learn_in_training_alone(make, play):
    place = make("rnd(on=[x], warmup=0)")
    before = {k: str(v) for k, v in place.stack.state_dict()["terms"].items()}
    play(place, ["up", "up"], training=False)
    assert {k: str(v) for k, v in place.stack.state_dict()["terms"].items()} == before
    play(place, ["up", "up"])
    assert {k: str(v) for k, v in place.stack.state_dict()["terms"].items()} != before


def test_fewer_episodes_than_slots_and_more(make, play, tokenizer):
    place = make("env + episodic_count(on=x)", slots=2)
    assert len(play(place, ["up", "up"])) == 1
    with pytest.raises(PlaceError, match=r"slots \(2\)\. Received 3"):
        place.play([1, 2, 3], lambda *_: [], Dialogue(tokenizer, ""))


def test_a_game_that_breaks_says_so_and_the_next_episode_is_sound(make, play):
    place = make(ALL_SCOPES)
    sound = play(place, ["up", "up"], ["up", "fly", "down"])
    with pytest.raises(OSError, match="the game broke"):
        play(place, ["up", "up"], ["up", "break"])
    after = play(place, ["up", "up"], ["up", "fly", "down"])
    assert [r.episode for r in after] == [r.episode for r in sound]


def test_the_tasks_seed_decides_the_task(tokenizer, script):
    place = LanguagePlace("rewardsmith/Calculation-Easy-v0", "env", slots=2)
    dialogue = Dialogue(tokenizer, place.instructions)

    def asked(*seeds):
        speaker = script(dialogue, ["answer: 99999"], ["answer: 99999"])
        return [r.episode.turns[0].anchor for r in place.play(seeds, speaker, dialogue)]

    same, different = asked(3, 3), asked(3, 4)
    place.close()
    assert same[0] == same[1] == different[0] != different[1]


def test_a_potential_is_refused_where_only_sums_count(make):
    with pytest.raises(BindingError, match=r"-Phi\(s_0\) to every trajectory of a group"):
        make("env + potential(x)", credit="trajectory")
    make("env", credit="trajectory")


@pytest.mark.parametrize(
    ("env_id", "kwargs"),
    [
        ("rewardsmith/CartPole-v0", {}),
        ("test/Walk-v0", {"actions": "index"}),
        ("test/Walk-v0", {"obs": "hash"}),
    ],
)
def test_an_environment_without_text_is_refused(walk, env_id, kwargs):
    with pytest.raises(PlaceError, match="reads text and acts by text"):
        LanguagePlace(env_id, "env", env_kwargs=kwargs)


@pytest.mark.parametrize("slots", [0, -1, 1.5, "2"])
def test_a_place_has_slots(walk, slots):
    with pytest.raises(ConfigError, match=r"slots of LanguagePlace is a whole number >= 1"):
        LanguagePlace(walk, "env", slots=slots)


def test_a_line_longer_than_everything_is_refused(make):
    with pytest.raises(ConfigError, match="1 <= max_line_tokens <= max_tokens"):
        make("env", max_tokens=4, max_line_tokens=5)

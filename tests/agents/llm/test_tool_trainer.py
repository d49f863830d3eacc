"""TRL's own loop parses and carries out the calls of every test here."""

import json

import gymnasium as gym
import numpy as np
import pytest
import torch
from transformers import TrainerCallback

from rewardsmith.agents.llm.place import LanguagePlace
from rewardsmith.envs.text.base import Reply

TOOLS = "rewardsmith/ToolCalling-v0"
ALL_SCOPES = "env + potential(0.5*x) + outcome(success, progress(x)) + centred(0.1*progress(x))"


def call(name="act", **arguments):
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def acts(*lines):
    """A message that acts once for each line."""
    return "\n".join(call(line=line) for line in lines)


class Speaker:
    """In place of sampling: the messages of each rollout, as tokens, for as many as it takes."""

    def __init__(self, tokenizer, *rollouts):
        self.tokenizer, self.left = tokenizer, [list(messages) for messages in rollouts]

    def __call__(self, prompts, *_, **__):
        running = [messages for messages in self.left if messages]
        assert len(running) == len(prompts)
        said = [messages.pop(0) + self.tokenizer.eos_token for messages in running]
        return [self.tokenizer(text)["input_ids"] for text in said], None


class Watch(TrainerCallback):
    """Keeps the gradient of the first optimiser step, and stops."""

    def on_pre_optimizer_step(self, args, state, control, model=None, **_):
        found = [p.grad.flatten().clone() for p in model.parameters() if p.grad is not None]
        self.gradient = torch.cat(found).numpy()

    def on_step_end(self, args, state, control, **_):
        control.should_training_stop = True
        return control


@pytest.fixture
def make(tool_folder, walk, tmp_path, monkeypatch):
    """A function that builds a trainer which says the messages given, rollout by rollout."""
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    from rewardsmith.agents.llm.quiet import quiet
    from rewardsmith.agents.llm.tool_trainer import ToolGRPOTrainer

    places = []

    def build(*rollouts, reward="env", env_id=walk, kind=ToolGRPOTrainer, size=None, **options):
        size, credit = size or max(2, len(rollouts)), options.pop("credit", "turn")
        limits = {"max_tokens": options.pop("max_tokens", 512), "max_line_tokens": 128}
        places.append(LanguagePlace(env_id, reward, slots=size, credit=credit, **limits))
        tokenizer = AutoTokenizer.from_pretrained(tool_folder)
        tokenizer.chat_template = options.pop("template", tokenizer.chat_template)
        with quiet():
            config = GRPOConfig(
                output_dir=str(tmp_path),
                use_cpu=True,
                bf16=False,
                gradient_checkpointing=False,
                per_device_train_batch_size=size,
                num_generations=options.pop("num_generations", size),
                max_completion_length=limits["max_tokens"],
                max_steps=100,
                learning_rate=options.pop("learning_rate", 1e-2),
                report_to="none",
                disable_tqdm=True,
                save_strategy="no",
                remove_unused_columns=False,
                loss_type=options.pop("loss_type", "dr_grpo"),
                **options,
            )
        model = AutoModelForCausalLM.from_pretrained(tool_folder, dtype=torch.float32)
        trainer = kind(model, tokenizer, places[-1], config, credit_method=credit)
        if rollouts:
            speaker = Speaker(tokenizer, *rollouts)
            monkeypatch.setattr(GRPOTrainer, "_generate_single_turn", speaker)
        return trainer

    yield build
    for place in places:
        place.close()


def trained(trainer):
    """The advantages (B, T), the tokens' mask and the gradient of one step of training."""
    from rewardsmith.agents.llm.quiet import quiet

    watch, given = Watch(), trainer._generate_and_score_completions
    trainer.add_callback(watch)

    def record(inputs):
        watch.out = given(inputs)
        return watch.out

    trainer._generate_and_score_completions = record
    with quiet():
        trainer.train()
    mask = watch.out["completion_mask"] * watch.out["tool_mask"]
    return watch.out["advantages"].numpy(), mask.numpy(), watch.gradient


def played(make, *rollouts, **options):
    trainer = make(*rollouts, **options)
    tasks = [7] * len(rollouts)
    found = trainer.play(trainer.place, tasks)
    for rollout in found:
        check_tokens(rollout, trainer)
    return found


def check_tokens(rollout, trainer):
    turns = rollout.episode.turns
    mask = np.zeros(len(rollout.completion), dtype=int)
    for turn in turns:
        mask[turn.start : turn.stop] += 1
        said = trainer._tokenizer.decode(rollout.completion[turn.start : turn.stop])
        assert said == turn.text + "<|im_end|>"
    assert mask.tolist() == rollout.mask
    assert turns[-1].stop == len(rollout.completion)
    assert rollout.episode.total == pytest.approx(
        sum(sum(t.components.values()) for t in turns), abs=1e-12
    )


# --- through TRL's loop ---------------------------------------------------------------------


def test_all_scopes_are_paid_as_line_by_line(make):
    rollouts = [[acts("up"), acts("up")], [acts("up"), acts("fly"), acts("down")]]
    won, lost = played(make, *rollouts, reward=ALL_SCOPES)
    env, potential, outcome, centred = won.episode.turns[0].components
    assert won.episode.component(env).tolist() == [0, 1]
    assert lost.episode.component(env).tolist() == pytest.approx([0, -0.01, 0])
    # Phi = x / 2, 0 after the end: 1 - 1/2, 0 - 1; 1 - 1/2, 0, 0 - 1
    assert won.episode.component(potential).tolist() == pytest.approx([0.5, -1])
    assert lost.episode.component(potential).tolist() == pytest.approx([0.5, 0, -1])
    assert won.episode.component(outcome).tolist() == [1, 1]
    assert lost.episode.component(outcome).tolist() == [0, 0, 0]
    assert won.episode.component(centred).tolist() == pytest.approx([0.1, -0.05])
    assert lost.episode.component(centred).tolist() == pytest.approx([0.1, 0, -0.15])
    assert (won.episode.success, lost.episode.success) == (True, False)
    assert [t.anchor for t in lost.episode.turns] == ["at 1", "at 2", "what?"]
    ends = [(t.terminated, t.truncated) for t in (won.episode.turns[-1], lost.episode.turns[-1])]
    assert ends == [(True, False), (False, True)]


@pytest.fixture
def hidden(walk):
    """The id of a walk in which some tasks answer at length; until then all read the same."""

    class Hidden(type(gym.make(walk).unwrapped)):
        def _begin(self, task_seed):
            self.long = bool(task_seed // 2 % 2)
            return super()._begin(task_seed)

        def _play(self, line):
            text = "at 2 " * 400 if self.long else "at 2"
            return Reply(text, 1.0)

    if "test/Hidden-v0" not in gym.registry:
        gym.register("test/Hidden-v0", Hidden, max_episode_steps=3)
    return "test/Hidden-v0"


def test_rollouts_that_say_the_same_stay_apart_where_one_has_no_room_for_its_answer(make, hidden):
    env, tasks = gym.make(hidden), {}
    for seed in range(20):
        env.reset(seed=seed)
        tasks.setdefault(env.unwrapped.long, seed)
    for order in ([True, False], [False, True]):
        said = {True: [acts("up")], False: [acts("up"), acts("up"), "bye"]}
        trainer = make(*[said[long] for long in order], env_id=hidden, max_tokens=700)
        found = trainer.play(trainer.place, [tasks[long] for long in order])
        rewards = {
            long: [t.reward for t in rollout.episode.turns]
            for long, rollout in zip(order, found, strict=True)
        }
        assert rewards == {True: [1], False: pytest.approx([1, 1, -0.01])}
        for rollout in found:
            check_tokens(rollout, trainer)


def test_several_calls_of_a_message_are_one_turn(make):
    once, twice = played(
        make, [acts("up", "fly", "up")], [acts("down"), acts("up", "up")], reward=ALL_SCOPES
    )
    (turn,) = once.episode.turns
    env, potential, outcome, centred = turn.components
    assert turn.components[env] == pytest.approx(0 - 0.01 + 1)
    assert turn.components[potential] == pytest.approx(-0.5)  # telescoped: 0 - Phi(x=1)
    assert (turn.components[outcome], turn.terminated, turn.anchor) == (2, True, "at 1")
    assert once.episode.env_return == pytest.approx(0.99)
    first, second = twice.episode.turns
    assert (first.anchor, second.anchor) == ("at 1", "at 0")
    # x: 1 -> 0 -> 1 -> 2, where time is up; the group's mean of progress is 1.5 tenths
    assert first.components[potential] + second.components[potential] == pytest.approx(-0.5)
    gained = [t.components[centred] for t in (turn, first, second)]
    assert sum(gained) == pytest.approx(0)


def test_calls_past_the_end_are_told_so_and_pay_nothing(make):
    rollouts = played(make, [acts("up", "up", "fly", "down")], [acts("up"), acts("up")])
    assert [r.episode.total for r in rollouts] == [1, 1]
    # nothing is said after the end: the speaker would have run out of messages
    assert [len(r.episode.turns) for r in rollouts] == [1, 2]


def test_a_message_without_a_call_is_an_empty_line_and_ends_the_episode(make):
    said, _ = played(make, [acts("up"), "I am there."], ["up"])
    last = said.episode.turns[-1]
    assert (last.text, last.reward, last.truncated) == ("I am there.", -0.01, True)
    only = _.episode.turns[0]
    assert (only.text, only.reward, only.truncated, _.episode.success) == ("up", -0.01, True, False)


@pytest.mark.parametrize(
    "message", [call("fly"), '<tool_call>\n{"name": "act", "arguments": [1]}\n</tool_call>']
)
def test_a_call_that_the_environment_never_hears_costs_an_empty_line(make, message):
    first, _ = played(make, [message, acts("up", "up")], [acts("up", "up")])
    assert first.episode.rewards.tolist() == pytest.approx([-0.01, 1])
    assert first.episode.success


def test_a_call_that_trl_cannot_read_is_no_call(make):
    broken = "<tool_call>\n{name: act\n</tool_call>"
    first, _ = played(make, [broken], [acts("up", "up")])
    assert first.episode.rewards.tolist() == [-0.01]


def test_the_agent_reads_what_the_environment_answered(make):
    trainer = make([acts("break"), acts("up"), acts("up")])
    (rollout,) = trainer.play(trainer.place, [7])
    text = trainer._tokenizer.decode(rollout.completion)
    assert "error: OSError: the game broke" in text
    assert rollout.episode.rewards.tolist() == pytest.approx([-0.01, 0, 1])
    prompt = trainer._tokenizer.decode(rollout.prompt)
    assert "Say up or down." in prompt
    assert '"name": "act"' in prompt
    assert prompt.endswith("at 1<|im_end|>\n<|im_start|>assistant\n")


def test_a_template_that_trl_has_to_mend_for_training(make):
    from trl.chat_template_utils import qwen3_chat_template

    # Qwen3's drops the thoughts of earlier messages: what was said is no prefix of what follows
    options = {"template": qwen3_chat_template, "reward": ALL_SCOPES}
    thought = "<think>\nUp, surely.\n</think>\n\n"
    won, _ = played(make, [thought + acts("up"), acts("up")], [acts("up", "up")], **options)
    assert won.episode.success
    assert [t.anchor for t in won.episode.turns] == ["at 1", "at 2"]


def test_where_no_message_fits_the_episode_is_cut_after_a_whole_turn(make):
    first = [acts("up"), acts("up")]
    (rollout,) = played(make, first[:1], max_tokens=150, reward="potential(x) + 0*env")
    assert rollout.episode.turns[-1].truncated
    assert rollout.episode.total == pytest.approx(-1)


def test_calls_that_trl_does_not_carry_out_are_cut_off(make):
    (rollout,) = played(make, [acts("up"), acts("up")], max_tool_calling_iterations=1)
    (only,) = rollout.episode.turns
    assert (only.truncated, rollout.episode.success) == (True, False)


def test_tools_of_the_environment_through_the_loop(make):
    from rewardsmith.wrappers.building import make_bare

    env = make_bare(TOOLS, {})
    env.reset(seed=7)
    lines = []
    for _ in range(10):
        lines.append(env.unwrapped.expert_line())
        if env.step(lines[-1])[2]:
            break
    messages = [f"<tool_call>\n{line}\n</tool_call>" for line in lines]
    together = ["\n".join(messages)]
    limits = {"max_tokens": 4000, "env_id": TOOLS}
    one, all_at_once = played(make, messages, together, **limits)
    assert (one.episode.success, all_at_once.episode.success) == (True, True)
    assert len(one.episode.turns) == len(lines)
    assert len(all_at_once.episode.turns) == 1


# --- learning -------------------------------------------------------------------------------

ROLLOUTS = (
    [acts("up"), acts("up")],
    [acts("down", "fly"), "enough"],
    [acts("fly"), acts("up"), acts("up")],
    [acts("up", "up", "up")],
)


def test_advantages_lie_on_the_tokens_of_their_turn(make):
    from rewardsmith.agents.llm.credit import credit

    trainer = make(*ROLLOUTS, reward="env + 0.1*next(said)")
    start = {n: p.clone() for n, p in trainer.model.named_parameters()}
    advantages, mask, gradient = trained(trainer)
    episodes = [r.episode for r in trainer.rollouts]
    assert [len(e.turns) for e in episodes] == [2, 2, 3, 1]
    wanted = np.zeros(mask.shape)
    for row, episode, per_turn in zip(wanted, episodes, credit(episodes, [0] * 4), strict=True):
        for turn, value in zip(episode.turns, per_turn, strict=True):
            row[turn.start : turn.stop] = value
    assert advantages == pytest.approx(wanted, abs=1e-6)
    assert (advantages[mask == 0] == 0).all()
    assert (advantages[mask == 1] != 0).all()
    assert np.abs(gradient).max() > 1e-4
    moved = [n for n, p in trainer.model.named_parameters() if not torch.equal(p, start[n])]
    assert len(moved) == len(start)


@pytest.mark.parametrize("loss", ["grpo", "dr_grpo", "dapo"])
def test_trajectory_credit_is_what_grpo_does(make, loss):
    from trl import GRPOTrainer

    from rewardsmith.agents.llm.tool_trainer import ToolGRPOTrainer
    from rewardsmith.agents.llm.trainer import TurnCreditMixin

    class Plain(ToolGRPOTrainer):
        """TRL's own advantages of the same episodes."""

        def _turn_advantages(self, out):
            return out["advantages"]

    assert Plain.__mro__.index(TurnCreditMixin) < Plain.__mro__.index(GRPOTrainer)
    options = {"reward": "env + 0.1*next(said)", "credit": "trajectory", "loss_type": loss}
    ours = trained(make(*ROLLOUTS, **options))
    theirs = trained(make(*ROLLOUTS, **options, kind=Plain))
    assert theirs[0].shape == (4,)
    assert np.abs(theirs[2]).max() > 1e-4
    assert np.abs(ours[2] - theirs[2]).max() < 1e-6


def test_rollouts_of_a_task_form_a_group(make):
    trainer = make(*ROLLOUTS, num_generations=2)
    trained(trainer)
    tasks = [r.episode.task for r in trainer.rollouts]
    assert tasks == trainer.tasks(0)
    assert tasks[0] == tasks[1] != tasks[2] == tasks[3]


def test_the_reward_that_trl_logs_is_the_sum_of_the_turns(make):
    trainer = make(*ROLLOUTS, reward=ALL_SCOPES)
    trained(trainer)
    totals = [r.episode.total for r in trainer.rollouts]
    logged = [log["reward"] for log in trainer.state.log_history if "reward" in log]
    assert logged[0] == pytest.approx(np.mean(totals), abs=1e-5)


def test_what_an_untrained_model_samples_is_no_call(make):
    trainer = make(size=4)
    trained_on = []
    trainer.listen = trained_on.extend
    trained(trainer)
    assert len(trained_on) == 4
    for rollout in trained_on:
        (turn,) = rollout.episode.turns
        assert turn.truncated
        assert rollout.episode.total == -0.01
        assert 1 <= sum(rollout.mask) == len(rollout.completion) <= 128

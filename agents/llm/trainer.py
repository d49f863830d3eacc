"""TRL's GRPOTrainer with credit by turn, and rollouts in an environment of text.

Written against TRL 1.16. Two of its methods are entered: `_generate_and_score_completions`, whose
"advantages" of shape (B,) become (B, T), which its `_compute_loss` takes, and
`_generate_single_turn`, which samples through transformers or vLLM.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch.utils.data import Sampler
from transformers.trainer_callback import PrinterCallback
from trl import GRPOTrainer

from rewardsmith.agents.llm import stages
from rewardsmith.agents.llm.credit import credit, token_advantages
from rewardsmith.agents.llm.dialogue import Dialogue, Ids
from rewardsmith.agents.llm.place import LanguagePlace
from rewardsmith.agents.llm.quiet import quiet
from rewardsmith.agents.llm.record import Episode, component_names
from rewardsmith.agents.llm.slot import Rollout
from rewardsmith.errors import ConfigError

#: tasks are drawn below this; an environment makes what it likes of a seed
_TASKS = 2**31 - 1
#: credit methods that ask for the entropy of each turn
_ENTROPIC = ("empg",)


class TurnCreditMixin:
    """Replaces the advantages of a GRPO trainer by those of turns.

    A subclass of GRPOTrainer that mixes it in gives `credit_method`, `credit_options`, `gamma` and,
    after every generation, `rollouts`: those of this process, in the batch's order.
    """

    credit_method: str
    credit_options: Mapping[str, Any]
    gamma: float
    rollouts: list[Rollout]

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        out: dict[str, Any] = super()._generate_and_score_completions(inputs)  # type: ignore[misc]
        out["advantages"] = self._turn_advantages(out)
        return out

    def _turn_advantages(self, out: Mapping[str, Any]) -> torch.Tensor:
        from accelerate.utils import gather_object

        mine = [rollout.episode for rollout in self.rollouts]
        if self.credit_method in _ENTROPIC:
            mine = self._with_entropy(mine, out)
        everyone: list[Episode] = gather_object(mine)
        first = self.accelerator.process_index * len(mine)  # type: ignore[attr-defined]
        per_turn = credit(
            everyone,
            self._groups(everyone),
            method=self.credit_method,
            gamma=self.gamma,
            **self.credit_options,
        )[first : first + len(mine)]
        length = out["completion_ids"].size(1)
        values = token_advantages(per_turn, mine, length)
        return torch.as_tensor(values, dtype=torch.float32, device=out["completion_ids"].device)

    def _groups(self, episodes: Sequence[Episode]) -> list[int]:
        """Rollouts of one task stand side by side, as TRL's sampler has them."""
        size = self.num_generations  # type: ignore[attr-defined]
        return [i // size for i in range(len(episodes))]

    def _with_entropy(self, episodes: list[Episode], out: Mapping[str, Any]) -> list[Episode]:
        ids = torch.cat([out["prompt_ids"], out["completion_ids"]], dim=1)
        mask = torch.cat([out["prompt_mask"], out["completion_mask"]], dim=1)
        with torch.no_grad():
            _, entropies, _ = self._get_per_token_logps_and_entropies(  # type: ignore[attr-defined]
                self.model,  # type: ignore[attr-defined]
                ids,
                mask,
                out["completion_ids"].size(1),
                batch_size=self.args.per_device_train_batch_size,  # type: ignore[attr-defined]
                compute_entropy=True,
            )
        rows = entropies.float().cpu().numpy()
        return [_entropic(e, row) for e, row in zip(episodes, rows, strict=True)]


def _entropic(episode: Episode, entropies: Any) -> Episode:
    turns = tuple(
        # a turn without tokens leaves no doubt
        dataclasses.replace(t, entropy=float(np.sum(entropies[t.start : t.stop]) / max(n, 1)))
        for t in episode.turns
        for n in [t.stop - t.start]
    )
    return dataclasses.replace(episode, turns=turns)


class _OneRow(Sampler[int]):
    """The only row of the data set, which says nothing, for ever: a run is one epoch.

    A new epoch would draw a random number, at a step that a resumed run would not share.
    """

    def __iter__(self) -> Iterator[int]:
        return itertools.repeat(0)

    def __len__(self) -> int:
        return 2**48


class TurnGRPOTrainer(TurnCreditMixin, GRPOTrainer):  # type: ignore[misc]
    """GRPO on an environment of text, with credit by turn.

    Args:
        model, tokenizer: of transformers.
        place: where episodes are played and paid.
        args: TRL's GRPOConfig; one generation per optimiser step is assumed for resuming.
        credit_method, credit_options: see `rewardsmith.agents.llm.credit`.
        listen: called with the rollouts of every training batch of this process.
        options: further keywords of GRPOTrainer (`peft_config`, `callbacks`).

    `tasks(step)` are those of an optimiser step, a function of seed and step alone, so that a
    resumed run meets the tasks that it would have met.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        place: LanguagePlace,
        args: Any,
        *,
        credit_method: str = "turn",
        credit_options: Mapping[str, Any] | None = None,
        listen: Callable[[list[Rollout]], None] | None = None,
        **options: Any,
    ) -> None:
        self.place, self.listen = place, listen
        self.credit_method, self.credit_options = credit_method, dict(credit_options or {})
        self.gamma = place.learner.gamma
        self.rollouts = []
        self.generations = 0
        interface = self._interface(tokenizer)
        _end_lines(model, self.stop)
        with quiet():
            super().__init__(
                model=model,
                args=args,
                processing_class=tokenizer,
                reward_funcs=[_total(self)],
                **interface,
                **options,
            )

        self.remove_callback(PrinterCallback)  # its figures are in the run's tables

    def _interface(self, tokenizer: Any) -> dict[str, Any]:
        """How model and environment meet, in GRPOTrainer's keywords; `stop` ends what is said."""
        self.dialogue = Dialogue(tokenizer, self.place.instructions)
        self.stop = self.dialogue.stop
        return {
            "rollout_func": _rollouts,
            "train_dataset": Dataset.from_dict({"prompt": ["play"]}),
        }

    def play(
        self, place: LanguagePlace, tasks: Sequence[int], *, training: bool = True
    ) -> list[Rollout]:
        """One episode of each task in `place`, and nothing learned by the model."""
        return place.play(tasks, self.speak, self.dialogue, training=training)

    def _get_train_sampler(self, dataset: Any = None) -> Sampler[int]:
        return _OneRow()

    def tasks(self, step: int) -> list[int]:
        """Seeds of this process's tasks in a generation, each `num_generations` times.

        All processes together play what one would play.
        """
        size = self.args.per_device_train_batch_size * self.args.steps_per_generation
        count, rest = divmod(size, self.num_generations)
        if rest:
            raise ConfigError(
                "A process plays whole groups: per_device_train_batch_size * steps_per_generation "
                f"is a multiple of num_generations ({self.num_generations}). Received {size}."
            )
        everyone = count * self.accelerator.num_processes
        drawn = np.random.default_rng([self.args.seed, step, 0]).integers(_TASKS, size=everyone)
        first = count * self.accelerator.process_index
        return [int(task) for task in np.repeat(drawn[first:][:count], self.num_generations)]

    def speak(self, prompts: list[Ids], limit: int) -> list[Ids]:
        """What the model says after each prompt, at most `limit` tokens."""
        with self._lines_of(limit), quiet():
            said, _ = self._generate_single_turn(prompts, None, {}, 1)
        return [list(ids) for ids in said]

    @contextmanager
    def greedily(self, greedy: bool) -> Iterator[None]:
        """Say the likeliest tokens meanwhile, if `greedy`, and draw no random number."""
        config = self.vllm_generation if self.use_vllm else self.generation_config
        name, value = ("temperature", 0.0) if self.use_vllm else ("do_sample", False)
        before = getattr(config, name)
        if greedy:
            setattr(config, name, value)
        try:
            yield
        finally:
            setattr(config, name, before)

    @contextmanager
    def _lines_of(self, limit: int) -> Iterator[None]:
        config = self.vllm_generation if self.use_vllm else self.generation_config
        name = "max_completion_length" if self.use_vllm else "max_new_tokens"
        before = getattr(config, name)
        setattr(config, name, limit)
        try:
            yield
        finally:
            setattr(config, name, before)


def _end_lines(model: Any, stop: int) -> None:
    """Let generation end where the dialogue says that a line ends, besides the model's own ends."""
    known = model.generation_config.eos_token_id
    ends = [] if known is None else [known] if isinstance(known, int) else list(known)
    if stop not in ends:
        model.generation_config.eos_token_id = [*ends, stop]


def _rollouts(prompts: list[Any], trainer: TurnGRPOTrainer) -> dict[str, Any]:
    """TRL's rollout function: the prompts are placeholders, the environment has its own."""
    tasks = trainer.tasks(trainer.generations)
    trainer.generations += 1
    trainer.rollouts = trainer.play(trainer.place, tasks)
    if trainer.listen is not None:
        trainer.listen(trainer.rollouts)
    stages.pulse(f"learning from {len(trainer.rollouts)} rollouts")
    return {
        "prompt_ids": [r.prompt for r in trainer.rollouts],
        "completion_ids": [r.completion for r in trainer.rollouts],
        "env_mask": [r.mask for r in trainer.rollouts],
        "logprobs": None,
    }


def _total(trainer: TurnGRPOTrainer) -> Callable[..., list[float]]:
    """The reward function that TRL logs: each episode's reward, and its components as metrics."""

    def reward(*, log_metric: Callable[[str, float], None], **_: Any) -> list[float]:
        episodes = [rollout.episode for rollout in trainer.rollouts]
        for name in component_names(episodes):
            log_metric(f"terms/{name}", float(np.mean([e.component(name).sum() for e in episodes])))
        log_metric("env_return", float(np.mean([e.env_return for e in episodes])))
        log_metric("success", float(np.mean([e.success for e in episodes])))
        log_metric("turns", float(np.mean([len(e.turns) for e in episodes])))
        return [e.total for e in episodes]

    return reward

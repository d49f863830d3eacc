"""One training run of a language model, from its spec to its result."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from rewardsmith.agents.classic.callback import Progress
from rewardsmith.agents.classic.checkpoints import list_checkpoints, random_state, read_newest
from rewardsmith.agents.classic.folder import Result, RunFolder
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.llm import stages
from rewardsmith.agents.llm.beforehand import check_beforehand
from rewardsmith.agents.llm.credit import find_credit
from rewardsmith.agents.llm.evaluate import LanguageEvaluator
from rewardsmith.agents.llm.journal import Journal
from rewardsmith.agents.llm.models import load_model
from rewardsmith.agents.llm.place import LanguagePlace
from rewardsmith.agents.llm.processes import count, is_main, rank, saved_count, together, wait
from rewardsmith.agents.llm.quiet import hush, quiet
from rewardsmith.agents.llm.settings import LanguageSettings, trl_config
from rewardsmith.errors import ConfigError, RewardsmithError, require
from rewardsmith.rewards.likelihood import bind_policy, unbind_policy
from rewardsmith.storage import load_state, save_state

if TYPE_CHECKING:
    from rewardsmith.agents.llm.trainer import TurnGRPOTrainer

logger = logging.getLogger("rewardsmith")


class LanguageLearner:
    """A model, its place and its trainer, as a run needs them.

    Args:
        spec: the run. Until `train` gives the trainer a folder, it writes to a temporary one.
        processes: that share its rollouts; those of this launch if None.
    """

    def __init__(self, spec: RunSpec, *, processes: int | None = None) -> None:
        self.spec, self.settings = spec, check_beforehand(spec)
        stages.tell("loading PyTorch and TRL")
        require("trl", extra="llm")
        hush()
        method = find_credit(self.settings.credit)
        self.place = LanguagePlace(
            spec.env_id,
            spec.reward,
            gamma=spec.gamma,
            credit=method.level,
            env_kwargs=spec.env_kwargs,
            max_tokens=self.settings.max_tokens,
            max_line_tokens=self.settings.max_line_tokens,
            slots=self.settings.rollouts(spec, processes or count()),
            on_nan=spec.on_nan,
        )
        self.model: Any = None
        self._work = tempfile.TemporaryDirectory()
        #: the trainer's step of the newest checkpoint that it has written in training
        self.written = -1
        try:
            self.trainer = self._built()
        except BaseException:
            self.close()
            raise

    def _built(self) -> TurnGRPOTrainer:
        from rewardsmith.agents.llm.tool_trainer import ToolGRPOTrainer
        from rewardsmith.agents.llm.trainer import TurnGRPOTrainer

        kind = ToolGRPOTrainer if self.settings.interface == "tools" else TurnGRPOTrainer
        # First: where there are several processes, it says which GPU is this one's.
        config = trl_config(self.spec, self.settings, Path(self._work.name))
        self.model, tokenizer = load_model(self.settings.model, dtype=self.settings.dtype)
        bind_policy(self.model, tokenizer)
        peft = _lora(self.settings)
        with _packages_of(self.settings):
            trainer = kind(
                self.model,
                tokenizer,
                self.place,
                config,
                credit_method=self.settings.credit,
                credit_options=self.settings.credit_options,
                peft_config=peft,
            )
            # It would be looked for only when training begins, in a folder that is claimed.
            trainer.get_optimizer_cls_and_kwargs(trainer.args, trainer.model)
        return trainer

    @property
    def stack(self) -> Any:
        """The reward."""
        return self.place.stack

    def other_states(self) -> list[dict[str, Any]]:
        """What only the other processes know: their terms' state and random numbers."""
        if count() == 1:
            return []
        return together([{"stack": self.stack.state_dict(), "random": random_state()}])[1:]

    def write_trainer(self) -> Path:
        """Write this process's part of the trainer's checkpoint; all must do so together.

        In the middle of training the trainer has `written` that of this step itself.
        """
        trainer = self.trainer
        if self.written != trainer.state.global_step:
            with quiet():
                trainer._save_checkpoint(trainer.model, None)
        wait()
        return Path(trainer.args.output_dir) / f"checkpoint-{trainer.state.global_step}"

    def save(self, path: Path, others: Sequence[Mapping[str, Any]] = ()) -> None:
        """Write model, optimiser and reward into the folder `path`.

        Args:
            path: is there.
            others: states of the other processes, which meanwhile call `write_trainer`.
        """
        shutil.move(str(self.write_trainer()), path / "trainer")
        for i, other in enumerate(others, 1):
            save_state(path / f"process-{i}.npz", other)
        self.trainer.processing_class.save_pretrained(path / "trainer")
        save_state(path / "stack.npz", self.stack.state_dict())

    def load(self, path: Path, state: dict[str, Any]) -> None:
        """Take over the reward that `save` wrote; the trainer reads its part when it goes on."""
        check_readable(path / "trainer")
        # Every process reads all, so that all agree on which checkpoint can be read.
        stack = load_state(path / "stack.npz")
        others = [load_state(path / f"process-{i}.npz") for i in range(1, saved_count(path))]
        if rank():
            stack, state["random"] = others[rank() - 1]["stack"], others[rank() - 1]["random"]
        self.stack.load_state_dict(stack)
        self.trainer.generations = int(state["generations"])

    def load_policy(self, path: Path) -> None:
        """Take over weights and reward, to play with."""
        self.trainer._load_from_checkpoint(str(path / "trainer"))
        self.stack.load_state_dict(load_state(path / "stack.npz"))

    def close(self) -> None:
        """Close the environments; forget the model that scores, and the temporary folder."""
        unbind_policy(self.model)
        self.place.close()
        self._work.cleanup()


def train(
    learner: LanguageLearner,
    folder: RunFolder,
    *,
    progress: Progress | None,
    checkpoint_every: int,
) -> Result:
    """Train into a claimed folder, from its newest checkpoint if it has one."""
    torch.set_num_threads(1)
    spec = learner.spec
    with contextlib.ExitStack() as closing:
        learner.trainer.args.output_dir = str(closing.enter_context(_workspace(folder)))
        _check_processes(folder)
        path, state = _restored(learner, folder)
        evaluator = LanguageEvaluator(spec, learner.settings, learner.place.splits)
        closing.callback(evaluator.close)
        journal = Journal(learner, evaluator, folder, checkpoint_every, progress, state)
        closing.callback(journal.close)
        learner.trainer.listen = journal.note
        learner.trainer.add_callback(journal.callback())
        # A checkpoint at the very end was written by `finish`; only the result is missing.
        ended = journal.env_steps >= spec.steps
        if not ended:
            journal.before_training()
            resumed = str(path / "trainer") if path else None
            with quiet():
                learner.trainer.train(resume_from_checkpoint=resumed)
        return journal.finish(saved=ended)


def check_readable(folder: Path) -> None:
    """Read what the trainer will read when it goes on, where the checkpoint before can still help.

    Raises:
        ConfigError: files are missing.
        Exception: a file is damaged; each kind of file fails in its own way.
    """
    from safetensors import safe_open

    json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
    weights = list(folder.glob("*.safetensors"))
    if not weights:
        raise ConfigError(f"A checkpoint holds weights. {folder} has none.")
    for file in weights:
        with safe_open(file, framework="pt") as opened:  # compares the sizes of all
            opened.keys()
    # All that TRL goes on from: it would begin anew, without a word, where one is not there.
    for file in sorted({folder / "optimizer.pt", folder / "scheduler.pt", *folder.glob("*.pt*")}):
        with zipfile.ZipFile(file) as parts:
            if parts.testzip():
                raise ConfigError(f"{file} is damaged.")


def check_runs(spec: RunSpec) -> None:
    """Build what `spec` describes and throw it away: raises what would stop the run at once."""
    LanguageLearner(spec).close()


def _restored(
    learner: LanguageLearner, folder: RunFolder
) -> tuple[Path | None, dict[str, Any] | None]:
    """The newest checkpoint that can be read, if there is one; the learner has taken it over."""

    def load(path: Path, state: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
        learner.load(path, state)
        return path, state

    found = read_newest(folder.checkpoints, load) or (None, None)
    if len(set(together([str(found[0])]))) > 1:
        raise ConfigError(
            f"All processes go on from one checkpoint. Received {folder.checkpoints}, of which "
            "they could not read the same. Run the same command again."
        )
    return found


def _check_processes(folder: RunFolder) -> None:
    """A run goes on in as many processes as it began in: each has terms of its own."""
    for path in list_checkpoints(folder.checkpoints)[:1]:
        if (before := saved_count(path)) != count():
            raise ConfigError(
                f"A run goes on in as many processes as it began in, for each has its own "
                f"rollouts, random numbers and running terms. Received {count()} for a run of "
                f"{before} in {folder.path}. Launch {before}, or choose another --out."
            )


@contextlib.contextmanager
def _workspace(folder: RunFolder) -> Iterator[Path]:
    """Where TRL writes before a checkpoint is moved into place; on the same disk."""
    work = folder.path / ".work"
    if is_main():
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
    wait()
    try:
        yield work
    finally:
        if is_main():
            shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def _packages_of(settings: LanguageSettings) -> Iterator[None]:
    """Say which options may be at fault where a package is missing that one needs."""
    try:
        yield
    except RewardsmithError:
        raise
    except (ImportError, RuntimeError, ValueError) as error:
        # Loggers that are not installed raise RuntimeError, those that there are not ValueError.
        told = ("to be installed", "pip install", "is not supported")
        if not isinstance(error, ImportError) and not any(word in str(error) for word in told):
            raise
        raise ConfigError(
            f"Options in trl and loggers in report_to may need packages of their own. Received "
            f"trl {dict(settings.trl)} and report_to {list(settings.report_to)}: {error} "
            "Install the package, or leave the option out."
        ) from error


def _lora(settings: LanguageSettings) -> Any:
    if not settings.lora:
        return None
    peft = require("peft", extra="llm")
    return peft.LoraConfig(
        r=settings.lora,
        lora_alpha=settings.lora_alpha or 2 * settings.lora,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )

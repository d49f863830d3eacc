"""One training run, from its spec to its result."""

from __future__ import annotations

import contextlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common import logger as sb3_logger

from rewardsmith.agents.classic.algorithms import is_language
from rewardsmith.agents.classic.callback import Progress, RunCallback
from rewardsmith.agents.classic.checkpoints import read_newest, set_random_state
from rewardsmith.agents.classic.evaluate import Evaluator
from rewardsmith.agents.classic.folder import Result, RunFolder
from rewardsmith.agents.classic.learner import Learner
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.errors import ConfigError, require
from rewardsmith.registration import find_entry

_CHECKPOINTS = 10


def train(
    spec: RunSpec,
    out_dir: str | Path,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    checkpoint_every: int | None = None,
) -> Result:
    """Train what `spec` describes into `out_dir`; the same spec gives the same run.

    Args:
        spec: the run; `make_spec` fills in the defaults.
        out_dir: takes spec.json, eval.csv, terms.csv, logs/, checkpoints/ and, at the very
            end, result.json.
        resume: continue from the last readable checkpoint, if there is one; a finished run
            gives its result at once.
        progress: called before every rollout with the env steps taken so far.
        checkpoint_every: env steps between checkpoints; a tenth of the run if None.

    Raises:
        ConfigError: `out_dir` holds another run, another process uses it, or it cannot be
            written.
    """
    folder = RunFolder(Path(out_dir))
    folder.check(spec, resume=resume)
    if resume and (done := folder.finished()):
        return done
    # A small network is slower on two threads than on one.
    torch.set_num_threads(1)
    every = checkpoint_every or max(spec.steps // _CHECKPOINTS, 1)
    try:
        if is_language(spec):
            return _train_language(spec, folder, resume, every, progress)
        with ExitStack() as closing:
            # What cannot be built leaves no folder behind.
            fresh = None if folder.progressed else parts(spec)[0](spec)
            if fresh is not None:
                closing.callback(fresh.close)
            with folder.locked():
                folder.claim(spec, resume=resume)
                return _run(spec, folder, fresh, every, progress)
    except OSError as error:
        raise ConfigError(
            f"A run must be able to write to its folder. Received {folder.path}: {error}. Free "
            "some space and run the same command with --resume; its last checkpoint is whole."
        ) from error


def _train_language(
    spec: RunSpec, folder: RunFolder, resume: bool, every: int, progress: Progress | None
) -> Result:
    """The same folder, with another learner in it."""
    _require_language()
    from rewardsmith.agents.llm import processes, run

    # What cannot be built leaves no folder behind.
    with contextlib.ExitStack() as closing:
        learner = closing.enter_context(contextlib.closing(run.LanguageLearner(spec)))
        if processes.is_main():
            closing.enter_context(folder.locked())
            folder.claim(spec, resume=resume)
        return run.train(learner, folder, progress=progress, checkpoint_every=every)


def check_runs(spec: RunSpec) -> None:
    """Build what `spec` describes and throw it away: raises what would stop the run at once.

    Raises:
        RewardsmithError: a package is missing, or reward, environment and learner do not fit.
    """
    if is_language(spec):
        _require_language()
        from rewardsmith.agents.llm import run

        return run.check_runs(spec)
    parts(spec)[0](spec).close()


def _require_language() -> None:
    # How a language model learns cannot even be imported without them.
    for package in ("transformers", "trl"):
        require(package, extra="llm")


def _run(
    spec: RunSpec,
    folder: RunFolder,
    fresh: Learner | None,
    checkpoint_every: int,
    progress: Progress | None,
) -> Result:
    with ExitStack() as closing:
        restored = read_newest(folder.checkpoints, lambda path, state: _load(spec, path, state))
        learner, state = restored or (fresh or parts(spec)[0](spec), None)
        if learner is not fresh:
            closing.callback(learner.close)
        evaluator = closing.enter_context(contextlib.closing(parts(spec)[1](spec)))
        callback = RunCallback(
            learner,
            evaluator,
            folder,
            checkpoint_every=checkpoint_every,
            progress=progress,
            state=state,
        )
        closing.callback(callback.close)
        logger = _logger(folder, learner.model.num_timesteps)
        closing.callback(logger.close)
        learner.model.set_logger(logger)
        _learn(learner, callback)
        last = callback.finish()
        result = Result(
            last.success,
            last.env_return,
            learner.model.num_timesteps,
            callback.seconds,
            warned=callback.warned,
        )
        folder.write_result(result)
        return result


def parts(spec: RunSpec) -> tuple[type[Learner], type[Evaluator]]:
    """Who learns and who evaluates; games of several agents have parts of their own."""
    entry = find_entry(spec.env_id)
    if entry is None or entry.family != "multiagent":
        return Learner, Evaluator
    from rewardsmith.agents.multiagent.evaluate import GameEvaluator
    from rewardsmith.agents.multiagent.shared_ppo import SharedLearner

    return SharedLearner, GameEvaluator


def _load(spec: RunSpec, path: Path, state: dict[str, Any]) -> tuple[Learner, dict[str, Any]]:
    # A new learner for every try: a damaged checkpoint leaves it half loaded.
    learner = parts(spec)[0](spec)
    try:
        learner.load(path)
    except BaseException:
        learner.close()
        raise
    set_random_state(state["random"])
    return learner, state


def _learn(learner: Learner, callback: RunCallback) -> None:
    model = learner.model
    done = model.num_timesteps
    left = learner.spec.steps - done
    if left > 0:
        model.learn(left, callback=callback, reset_num_timesteps=done == 0)
    else:
        callback.init_callback(model)
        callback.num_timesteps = done


def _logger(folder: RunFolder, env_steps: int) -> sb3_logger.Logger:
    # A file per part of the run: SB3 would begin the old one anew.
    suffix = f"-from-{env_steps}" if env_steps else ""
    formats = [
        sb3_logger.make_output_format(kind, str(folder.logs), suffix)
        for kind in ("csv", "tensorboard")
    ]
    return sb3_logger.Logger(str(folder.logs), formats)

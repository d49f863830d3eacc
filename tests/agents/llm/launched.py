"""What each of two launched processes does; see test_processes.py."""

import os
import sys
from pathlib import Path

import numpy as np

from rewardsmith.agents.classic.folder import RunFolder
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.classic.train import train
from rewardsmith.agents.llm import run

LETTERS = "azbyxcdwveufgthsi"


def scripted(learner):
    # whoever plays it, rollout i of all says the same
    trainer = learner.trainer
    said = []

    def speak(prompts, limit):
        said.append(0)
        first = len(prompts) * trainer.accelerator.process_index
        letters = [LETTERS[(3 * (first + i) + len(said)) % 17] for i in range(len(prompts))]
        return [trainer.dialogue.spoken(letter) for letter in letters]

    trainer.speak = speak
    return trainer


def scripted_run(folder):
    spec = RunSpec.read(folder / "spec.json")
    learner = run.LanguageLearner(spec)
    trainer = scripted(learner)
    run.train(learner, RunFolder(folder), progress=None, checkpoint_every=1000)
    learner.close()
    return {n: p.detach().cpu().numpy() for n, p in trainer.model.named_parameters()}


if __name__ == "__main__":
    base, rank = Path(sys.argv[1]), int(os.environ["RANK"])
    (base / f"pid-{rank}").write_text(str(os.getpid()))
    for name in sys.argv[2:]:
        folder = base / name
        if name == "scripted":
            np.savez(base / f"weights-{rank}.npz", **scripted_run(folder))
        else:
            spec = RunSpec.read(folder / "spec.json")
            train(spec, folder, resume=True, checkpoint_every=32)

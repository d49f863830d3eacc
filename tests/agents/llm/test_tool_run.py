"""Whole runs of a model that calls tools: it was taught how calls look, and not which to make."""

import json

import numpy as np
import pytest
import torch

from rewardsmith.agents.llm.dialogue import opening_messages
from rewardsmith.agents.llm.place import LanguagePlace
from rewardsmith.agents.llm.tools import tool_environment, tool_instructions

CALL_UP = '<tool_call>\n{"name": "act", "arguments": {"line": "up"}}\n</tool_call>'


def told(place, tokenizer, lines):
    """An episode of Walk with these lines, as the trainer writes it."""
    x, tools = 1, [tool_environment(place)(place, 0).act]
    chat = opening_messages(tokenizer, tool_instructions(place), "at 1")
    for line in lines:
        x += 1 if line == "up" else -1
        function = {"name": "act", "arguments": {"line": str(line)}}
        chat += [
            {"role": "assistant", "tool_calls": [{"type": "function", "function": function}]},
            {"role": "tool", "name": "act", "content": f"at {x}"},
        ]
    return tokenizer.apply_chat_template(
        chat, tools=tools, tokenize=False, add_generation_prompt=True
    )


@pytest.fixture(scope="session")
def calling_folder(tool_folder, walk, tmp_path_factory):
    """A folder with a model that calls act, and says either line about as often."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place, rng, count = LanguagePlace(walk, "env"), np.random.default_rng(0), 120
    tokenizer = AutoTokenizer.from_pretrained(tool_folder)
    model = AutoModelForCausalLM.from_pretrained(tool_folder, dtype=torch.float32)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, count)
    begun = len(tokenizer(told(place, tokenizer, []))["input_ids"])
    for _ in range(count):
        texts = [told(place, tokenizer, lines) for lines in rng.choice(["up", "down"], (8, 3))]
        batch = tokenizer(texts, return_tensors="pt", padding=True, padding_side="right")
        labels = torch.where(batch["attention_mask"] == 1, batch["input_ids"], -100)
        labels[:, :begun] = -100
        model(**batch, labels=labels).loss.backward()
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
    place.close()
    folder = tmp_path_factory.mktemp("calling")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def run(calling_folder, walk, tmp_path):
    """A function that trains the model that calls tools in a folder of this name."""
    from rewardsmith.agents.classic.settings import make_spec
    from rewardsmith.agents.classic.train import train

    def go(name, steps, progress=None, resume=False):
        spec = make_spec(
            env_id=walk,
            reward="progress(x)",
            algo="grpo",
            steps=steps,
            n_envs=16,
            eval_every=steps,
            eval_episodes=16,
            deterministic_eval=False,
            hyperparameters={
                "model": str(calling_folder),
                "interface": "tools",
                "max_line_tokens": 48,
                "learning_rate": 1e-3,
                "credit_options": {"scale": "batch"},
            },
        )
        folder = tmp_path / name
        return (
            spec,
            folder,
            train(spec, folder, checkpoint_every=40, progress=progress, resume=resume),
        )

    return go


def newest(folder):
    from rewardsmith.agents.classic.checkpoints import list_checkpoints

    return list_checkpoints(folder / "checkpoints")[0]


def test_a_model_that_calls_tools_learns_where_to_go(run):
    _, folder, _ = run("learning", 600)
    records = [json.loads(line) for line in (folder / "logs/turns.jsonl").read_text().splitlines()]
    episodes = [episode for record in records for episode in record["episodes"]]
    said = [turn["says"] for episode in episodes for turn in episode["turns"]]
    assert np.mean([text == CALL_UP for text in said]) > 0.2
    pay = [sum(turn["reward"] for turn in episode["turns"]) for episode in episodes]
    assert np.mean(pay[-40:]) > np.mean(pay[:40]) + 0.15


class Stopped(Exception):
    pass


def test_a_run_with_tools_goes_on_bit_by_bit_and_is_played_back(run):
    from safetensors.numpy import load_file

    from rewardsmith.agents.llm.playback import play

    def stop(env_steps, known):
        if env_steps >= 50:
            raise Stopped

    spec, one, _ = run("one", 90)
    with pytest.raises(Stopped):
        run("two", 90, progress=stop)
    _, two, _ = run("two", 90, resume=True)
    first, second = (load_file(newest(f) / "trainer/model.safetensors") for f in (one, two))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    for name in ("eval.csv", "terms.csv", "logs/turns.jsonl"):
        assert (one / name).read_text() == (two / name).read_text()
    shown = play(spec, newest(one))
    assert len(shown.frames) == len(shown.env_rewards) + 1
    assert all(len(paid) == len(shown.env_rewards) for paid in shown.terms.values())

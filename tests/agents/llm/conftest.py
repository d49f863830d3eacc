"""A model and a tokenizer of the smallest kind, made once."""

import gymnasium as gym
import pytest

from rewardsmith.envs.text.base import COMMON, Reply, TextGame
from rewardsmith.features import Feature, FeatureSchema

EXAMPLES = [
    "Work out the expression. Each turn, write one line.",
    "Compute 1 + 2 * 3",
    "step: 2 * 3 = 6",
    "answer: 7",
    "> Right. Left: 1 + 6",
]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<eos>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


CALL = '<tool_call>\n{"name": "act", "arguments": {"line": "up"}}\n</tool_call> down'


@pytest.fixture
def tokenizer():
    from rewardsmith.agents.llm.tiny import build_tokenizer

    return build_tokenizer(EXAMPLES, 300)


@pytest.fixture
def chat_tokenizer(tokenizer):
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>"]})
    tokenizer.chat_template = CHATML
    return tokenizer


def untrained(tokenizer, room):
    """A model of one layer for texts of `room` tokens, always the same."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=room,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Qwen2ForCausalLM(config)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    """An untrained model of about 20,000 weights, with its tokenizer."""
    import torch

    from rewardsmith.agents.llm.tiny import build_tokenizer

    tokenizer = build_tokenizer(EXAMPLES, 300)
    model = untrained(tokenizer, 2048)
    # Larger weights than usual: an untrained model then prefers some tokens to others.
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4.0 if weight.ndim > 1 else 1.0)
    folder = tmp_path_factory.mktemp("model") / "tiny"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tool_folder(tmp_path_factory):
    """An untrained model of a few thousand weights that speaks Qwen2.5's chat template."""
    from transformers import AddedToken
    from trl.chat_template_utils import qwen2_5_chat_template

    from rewardsmith.agents.llm.tiny import build_tokenizer

    texts = [qwen2_5_chat_template, CALL, "Say up or down. at 1 2 3 what?"] * 3
    tokenizer = build_tokenizer(texts, 600)
    tokenizer.add_tokens([AddedToken(t, special=False) for t in ("<tool_call>", "</tool_call>")])
    tokenizer.add_special_tokens(
        {"eos_token": "<|im_end|>", "additional_special_tokens": ["<|im_start|>"]}
    )
    tokenizer.chat_template = qwen2_5_chat_template
    model = untrained(tokenizer, 8192)
    folder = tmp_path_factory.mktemp("tools") / "tiny"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


class Script:
    """Says given lines, episode by episode: a model whose every token is known.

    The lines of an episode must be as many as it takes.
    """

    def __init__(self, dialogue, *episodes):
        self.dialogue, self.left = dialogue, [list(lines) for lines in episodes]
        self.prompts = []

    def __call__(self, prompts, limit):
        self.prompts.append(prompts)
        running = [lines for lines in self.left if lines]
        assert len(running) == len(prompts)
        return [self.dialogue.spoken(lines.pop(0))[:limit] for lines in running]


@pytest.fixture
def script():
    return Script


class Walk(TextGame):
    """A game whose every reward can be worked out by hand: from 1 `up` to 3."""

    feature_schema = FeatureSchema(
        [
            *COMMON,
            Feature("x", "where", dtype="int"),
            Feature("said", "characters of the last line", low=0, unit="characters", dtype="int"),
        ]
    )
    instructions = "Say up or down."

    def _begin(self, task_seed):
        self.x, self.said = 1, 0
        return "at 1"

    def _reply(self, line):
        self.said = len(line)
        return super()._reply(line)

    def _play(self, line):
        if line == "break":
            raise OSError("the game broke")
        if line not in ("up", "down"):
            return Reply("", understood=False)
        self.x += 1 if line == "up" else -1
        return Reply(f"at {self.x}", float(self.x == 3), terminated=self.x == 3)

    def _hint(self, line):
        return "what?"

    def _features(self):
        return {"x": self.x, "said": self.said}

    def _success(self):
        return self.x == 3

    def _admissible(self):
        return ["up", "down"]

    def expert_line(self):
        return "up"


@pytest.fixture(scope="session")
def walk():
    """The id of `Walk` with room for three lines."""
    if "test/Walk-v0" not in gym.registry:
        gym.register("test/Walk-v0", Walk, max_episode_steps=3)
    return "test/Walk-v0"


@pytest.fixture
def learn(walk, model_folder, tmp_path):
    """A function that builds a `LanguageLearner` in a folder of its own, small in everything."""
    from rewardsmith.agents.classic.settings import make_spec
    from rewardsmith.agents.llm.run import LanguageLearner

    made = []

    def build(reward="env + 0.1*next(said)", **hyperparameters):
        run = {k: hyperparameters.pop(k) for k in ("env_id", "seed") if k in hyperparameters}
        small = {"model": str(model_folder), "num_generations": 4, "max_line_tokens": 6}
        spec = make_spec(
            **{"env_id": walk, **run},
            reward=reward,
            algo="grpo",
            n_envs=8,
            steps=100,
            hyperparameters={**small, "learning_rate": 1e-2, **hyperparameters},
        )
        made.append(LanguageLearner(spec))
        return made[-1]

    yield build
    for learner in made:
        learner.close()

import pytest

from rewardsmith.agents.llm.dialogue import Dialogue
from rewardsmith.agents.llm.tiny import SIZES, build_model, build_tokenizer, make_tiny_model
from rewardsmith.agents.llm.tiny.experts import Played, as_tokens, expert_episodes, instructions_of
from rewardsmith.errors import ConfigError, RewardsmithError

CALCULATION = "rewardsmith/Calculation-Easy-v0"
PLAYED = Played(("Compute 1 + 2", "Right. Left: 3"), ("step: 1 + 2 = 3", "answer: 3"), True)


def test_experts_solve_what_is_asked():
    played = list(expert_episodes(CALCULATION, 3, {}, first_seed=5))
    assert all(p.success and p.lines[-1].startswith("answer:") for p in played)
    assert len({p.observations[0] for p in played}) == 3
    assert played == list(expert_episodes(CALCULATION, 3, {}, first_seed=5))
    assert "answer: 40" in instructions_of(CALCULATION, {})


def test_tokens_of_an_expert_are_those_of_a_rollout(tokenizer):
    dialogue = Dialogue(tokenizer, "Rules.")
    ids, mask = as_tokens(PLAYED, dialogue, 500)
    assert tokenizer.decode(ids) == (
        "Rules.\n\nCompute 1 + 2\n> step: 1 + 2 = 3<eos>\nRight. Left: 3\n> answer: 3<eos>"
    )
    learned = [i for i, m in zip(ids, mask, strict=True) if m]
    assert tokenizer.decode(learned) == "step: 1 + 2 = 3<eos>answer: 3<eos>"
    cut, kept = as_tokens(PLAYED, dialogue, len(ids) - 1)
    assert tokenizer.decode([i for i, m in zip(cut, kept, strict=True) if m]) == (
        "step: 1 + 2 = 3<eos>"
    )
    with pytest.raises(RewardsmithError, match="must fit into 10 tokens"):
        as_tokens(PLAYED, dialogue, 10)


def test_an_environment_without_an_expert(tmp_path):
    with pytest.raises(ConfigError, match="has none"):
        make_tiny_model("rewardsmith/CartPole-v0", tmp_path / "model")
    assert not (tmp_path / "model").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="needs an empty folder"):
        make_tiny_model(CALCULATION, tmp_path)


def test_sizes_and_vocabularies(tokenizer):
    import torch

    state = torch.get_rng_state()
    model, again = build_model(tokenizer, "small", 3), build_model(tokenizer, "small", 3)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(model.lm_head.weight, again.lm_head.weight)
    assert model.config.hidden_size == SIZES["small"][0]
    assert model.config.eos_token_id == tokenizer.eos_token_id
    with pytest.raises(ConfigError, match="Did you mean 'small'"):
        build_model(tokenizer, "smal")
    with pytest.raises(ConfigError, match="at least 300"):
        build_tokenizer(["x"], 299)

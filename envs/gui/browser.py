"""A headless Chromium on one MiniWoB++ page, which never outlives the process that asked for it."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys
import tempfile
import weakref
from typing import Any

from rewardsmith.errors import ConfigError, require, unknown_name

FLAGS = (
    "headless",
    "no-sandbox",  # Chromium refuses its sandbox to root
    "disable-gpu",
    "disable-dev-shm-usage",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "no-first-run",
    "window-size=500,480",  # leaves room for the whole 160 x 210 task below the window's frame
    "remote-debugging-pipe",  # Chromium ends when the pipe to its driver breaks
)
# The page ends an episode by the wall clock; this is the longest delay setTimeout takes (24 days).
NO_TIME_LIMIT_MS = 2**31 - 1
_SHORT = "/tmp" if os.access("/tmp", os.W_OK) else None
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def find_binaries() -> tuple[str, str]:
    """Paths of Chromium and its driver: from MINIWOB_CHROME_BINARY and MINIWOB_CHROMEDRIVER,
    else from the PATH.

    Raises:
        ConfigError: if either is absent; names the Debian packages.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    chrome = _found("MINIWOB_CHROME_BINARY", names)
    driver = _found("MINIWOB_CHROMEDRIVER", ("chromedriver",))
    if not (chrome and driver):
        raise ConfigError(
            "MiniWoB++ needs Chromium and its driver. Found the browser at "
            f"{chrome or 'no place'} and the driver at {driver or 'no place'}. On Debian: "
            "apt-get install chromium chromium-driver. Elsewhere, name both programs in the "
            "environment variables MINIWOB_CHROME_BINARY and MINIWOB_CHROMEDRIVER."
        )
    return chrome, driver


def _found(variable: str, names: tuple[str, ...]) -> str | None:
    wanted = [os.environ[variable]] if os.environ.get(variable) else names
    return next(filter(None, map(shutil.which, wanted)), None)


def check_task(task: str) -> None:
    """Raise `UnknownNameError` unless MiniWoB++ ships the page of `task`."""
    folder = require("miniwob.selenium_instance", extra="gui").HTML_DIR / "miniwob"
    known = [page.stem for page in folder.glob("*.html")]
    if task not in known:
        raise unknown_name("MiniWoB++ task", task, known)


class Browser:
    """One page in one browser; `instance` is MiniWoB++'s own `SeleniumInstance`."""

    def __init__(self, task: str) -> None:
        check_task(task)
        find_binaries()
        selenium = require("miniwob.selenium_instance", extra="gui")
        processor = require("miniwob.reward", extra="gui").get_raw_reward
        # Chromium puts a socket there, whose path may have 107 characters: not below $TMPDIR.
        self.folder = tempfile.mkdtemp(prefix="rewardsmith-chromium-", dir=_SHORT)
        self._driver = _start_driver(self.folder)
        # Runs at close(), when this object goes, or at the interpreter's exit.
        self._finalizer = weakref.finalize(self, _quit, self._driver, self.folder, os.getpid())
        self.instance = selenium.SeleniumInstance(
            0, task, headless=True, reward_processor=processor
        )
        self.instance.driver = self._driver
        self.instance.record_screenshots = False
        self._open_page()

    def _open_page(self) -> None:
        self._driver.get(self.instance.url)
        self._driver.execute_script(f"core.EPISODE_MAX_TIME = {NO_TIME_LIMIT_MS};")
        size = self._driver.execute_script("return [window.innerWidth, window.innerHeight];")
        self.instance.inner_width, self.instance.inner_height = size

    def reset(self, seed: int) -> dict[str, Any]:
        """Begin the episode that `seed` determines; MiniWoB++'s observation."""
        observations: list[dict[str, Any]] = [{}]
        self.instance.reset(observations, [{}], seed)
        return observations[0]

    def act(self, action: dict[str, Any] | None, config: Any) -> tuple[Any, float, bool]:
        """Do one MiniWoB++ action, or nothing; its observation, raw reward and end."""
        observations: list[dict[str, Any]] = [{}]
        rewards, dones = [0.0], [False]
        self.instance.step(action, config, observations, rewards, dones, [{}])
        return observations[0], float(rewards[0]), bool(dones[0])

    def screenshot(self) -> Any:
        """The task's area, uint8 of shape (210, 160, 3)."""
        shot = require("miniwob.screenshot", extra="gui")
        page = self.instance
        image = shot.get_screenshot(
            self._driver,
            true_width=page.inner_width,
            true_height=page.inner_height,
            crop_width=page.task_width,
            crop_height=page.task_height,
        )
        return shot.pil_to_numpy_array(image)

    def close(self) -> None:
        """End the browser and its driver; a second call does nothing."""
        self._finalizer()


def _start_driver(folder: str) -> Any:
    """Start Chromium, which leaves files behind in its temporary `folder` even when it quits."""
    try:
        return _chrome(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _chrome(folder: str) -> Any:
    webdriver = require("selenium.webdriver", extra="gui")
    service = require("selenium.webdriver.chrome.service", extra="gui").Service
    chrome, driver = find_binaries()
    options = webdriver.ChromeOptions()
    options.binary_location = chrome
    for flag in FLAGS:
        options.add_argument(flag)
    settings = {"preexec_fn": _die_with_parent} if _LIBC else {}
    env = {**os.environ, "TMPDIR": folder}
    return webdriver.Chrome(options, service(executable_path=driver, env=env, popen_kw=settings))


def _die_with_parent() -> None:
    # A killed training run cannot close anything: let the kernel end the driver with it.
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _quit(driver: Any, folder: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked worker must not end its parent's browser
        driver.quit()
        shutil.rmtree(folder, ignore_errors=True)

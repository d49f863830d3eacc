"""Redraw docs/hazards/: a strip of frames for each case, and what the audit says of it.

python tools/hazards.py [PAGE ...]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

import rewardsmith
from rewardsmith.envs.fixtures import Case, cases
from rewardsmith.rewards.audit import audit

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "hazards"
#: the widest strip, the room between frames, and the lines of text below each
WIDTH, GAP, TEXT = 900, 10, 50
#: frames shown, by number of steps taken; the first so many of all others
SHOWN = {"timeout": (0, 1, 48, 49, 50), "advice": range(5), "clip": range(11)}
FRAMES = 10
BEGIN, END = "<!-- audit: begin (tools/hazards.py) -->", "<!-- audit: end -->"


def main(pages: list[str]) -> None:
    """Redraw the pages named, or all."""
    for case in cases():
        if case.regret and case.play and (not pages or case.page in pages):
            strip(case).save(FOLDER / f"{case.name}.png", optimize=True)
    for page in sorted({case.page for case in cases() if case.page}):
        if not pages or page in pages:
            _rewrite(page)


def built(case: Case, **kwargs: Any) -> Any:
    """The case's env under its reward."""
    if isinstance(case.reward, str):
        return rewardsmith.make(case.env_id, reward=case.reward, gamma=case.gamma, **kwargs)
    return case.reward(rewardsmith.make(case.env_id, **kwargs))


def strip(case: Case) -> Image.Image:
    """Frames of the case's play, each with what the step paid."""
    shots = _shots(case)
    numbers = [n for n in SHOWN.get(case.name, range(FRAMES)) if n < len(shots)]
    wide = shots[0][0].width
    across = max(1, min(len(numbers), (WIDTH + GAP) // (wide + GAP)))
    if across < len(numbers) < len(shots):
        numbers = numbers[: len(numbers) // across * across]  # full rows of what goes on
    high = shots[0][0].height + TEXT
    rows = -(-len(numbers) // across)
    size = (across * (wide + GAP) + GAP, rows * (high + GAP) + GAP)
    sheet = Image.new("RGB", size, "white")
    for place, number in enumerate(numbers):
        frame, text = shots[number]
        corner = (GAP + place % across * (wide + GAP), GAP + place // across * (high + GAP))
        sheet.paste(frame, corner)
        _write(sheet, (corner[0], corner[1] + frame.height + 3), text)
    return sheet.quantize(64, Image.Quantize.MAXCOVERAGE)


def _shots(case: Case) -> list[tuple[Image.Image, str]]:
    """Every frame of the play with its caption, the start first."""
    env, bare = built(case, render_mode="rgb_array"), rewardsmith.make(case.env_id)
    env.reset(seed=0)
    bare.reset(seed=0)
    names = env.unwrapped.task.actions
    shots = [(Image.fromarray(env.render()), "start")]
    for number, action in enumerate(case.play, start=1):
        _, paid, _, truncated, _ = env.step(action)
        own = bare.step(action)[1]
        what = "time is up" if truncated else names[action]
        text = f"{number}: {what}\npaid {paid:.3g}\nown {own:g}"
        shots.append((Image.fromarray(env.render()), text))
    return shots


def _write(sheet: Image.Image, corner: tuple[int, int], text: str) -> None:
    font = ImageFont.load_default(size=12)
    ImageDraw.Draw(sheet).multiline_text(corner, text, "black", font, spacing=2)


def _rewrite(page: str) -> None:
    """Replace the page's audit block."""
    file = FOLDER / f"{page}.md"
    told = "\n".join(_told(case) for case in cases() if case.page == page)
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    block = f"{BEGIN}\n{told}{END}"
    file.write_text(pattern.sub(lambda _: block, file.read_text(encoding="utf-8")))


def _told(case: Case) -> str:
    """What the audit says of a case, as Markdown."""
    env = case.env_id if isinstance(case.reward, str) else lambda: rewardsmith.make(case.env_id)
    result = audit(
        env, reward=case.reward, gamma=case.gamma, bootstraps_on_truncation=case.bootstraps
    )
    regret = f", regret {result.regret:.3g}" if result.verdict == "CHANGED" else ""
    lines = [f"`{case.name}` (gamma {case.gamma:g}): **{result.verdict}**{regret}", ""]
    if result.cause:
        lines = [*lines, f"> {result.cause} {result.remedy}", ""]
    lines += [f"- {h.name}: {h.sentence}" for h in result.hazards if h.sentence != result.cause]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])

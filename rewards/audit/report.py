"""report.html and audit.json of an audit: one file that opens offline, verdict first."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.audit.printing import plain
from rewardsmith.rewards.audit.report_blame import sharpened
from rewardsmith.rewards.audit.report_maps import Maps, maps
from rewardsmith.rewards.audit.report_steps import Violation, action_names, replay, violation
from rewardsmith.rewards.audit.result import MEANING, AuditResult, Verdict
from rewardsmith.storage import write_atomic

_KIND = {
    Verdict.INVARIANT: "good",
    Verdict.OPTIMUM_KEPT: "mid",
    Verdict.CHANGED: "bad",
    Verdict.INCONCLUSIVE: "open",
}
_STATUS = {
    "passed": ("✓", "passed", "good"), "failed": ("✗", "failed", "bad"),
    "info": ("i", "figure", "mid"), "unchecked": ("–", "not checked", "open"),
}  # fmt: skip
_HERE = "rewardsmith.rewards.audit"


def write_report(result: AuditResult, out: str | Path, subject: Any = None) -> Path:
    """Write DIR/report.html and DIR/audit.json, whole or not at all; returns the page's path.

    Args:
        result: of `audit`.
        out: the folder DIR; created.
        subject: env and reward, for the replay; the result's own if None.

    Raises:
        ConfigError: the folder cannot be written.
    """
    folder = Path(out)
    page = render(result, subject)
    data = json.dumps(plain(result.to_json()), indent=2) + "\n"
    try:
        write_atomic(folder / "audit.json", data.encode())
        write_atomic(folder / "report.html", page.encode())
    except OSError as error:
        raise ConfigError(
            f"A report needs a folder that can be written. Received {str(folder)!r}: "
            f"{error.strerror or error}. Choose another --out."
        ) from error
    return folder / "report.html"


def render(result: AuditResult, subject: Any = None) -> str:
    """The page's text."""
    env = Environment(
        loader=PackageLoader(_HERE, "."), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    subject = result.subject if subject is None else subject
    if result.exact is not None:
        result = replace(result, exact=(sharpened(result.exact[0]), result.exact[1]))
    names = action_names(subject)
    place: Violation | None = violation(result, names)
    film = replay(result, subject, names)
    env.filters["code"] = code
    return env.get_template("report.html.j2").render(
        result=result,
        env=result.env.removeprefix("rewardsmith/"),
        kind=_KIND[result.verdict],
        meaning=MEANING[result.verdict],
        Verdict=Verdict,
        hazards=[h for h in result.hazards if h.sentence != result.cause],
        why=why_open(result),
        place=place,
        maps=_maps(result, subject),
        film=film,
        film_json=_script_json(film.data) if film is not None else "",
        status=_STATUS,
        unchecked=[c for c in result.checks if c.status == "unchecked"],
        command=command(result),
        css=Markup(_text("report.css")),  # ours, not a user's
        js=Markup(_text("report.js")),
    )


def command(result: AuditResult) -> str:
    """What runs the audit again: a shell command, or Python where one is not enough."""
    subject, settings = result.subject, result.settings
    if subject is None:
        return ""
    if subject.env_id and settings.get("reward") and subject.bootstraps:
        words = ["rewardsmith", "audit", subject.env_id, "--reward", settings["reward"]]
        words += ["--gamma", f"{result.gamma:.12g}", "--episodes", str(settings["episodes"])]
        words += ["--seeds", str(settings["seeds"]), "--max-states", str(settings["max_states"])]
        return shlex.join(words)
    env = repr(subject.env_id) if subject.env_id else result.env
    reward = result.settings.get("reward")
    arguments = [env, f"reward={repr(reward) if reward else result.reward}"]
    arguments += [f"gamma={result.gamma:.12g}"]
    arguments += [f"{name}={settings[name]}" for name in ("episodes", "seeds", "max_states")]
    if not subject.bootstraps:
        arguments.append("bootstraps_on_truncation=False")
    return f"audit({', '.join(arguments)})"


def _maps(result: AuditResult, subject: Any) -> Maps | None:
    if result.exact is None:
        return None
    exact, tabled = result.exact
    return maps(exact, tabled, subject)


def why_open(result: AuditResult) -> str:
    """Why there is no proof: what the exact check says."""
    if result.verdict != Verdict.INCONCLUSIVE:
        return ""
    return "".join(c.sentence for c in result.checks if c.name == "exact")


def code(text: str) -> Markup:
    """`words` in backticks as code; all else escaped."""
    parts = str(escape(text)).split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts)))


def _script_json(data: Any) -> Markup:
    """JSON for a script element, which "<" could end."""
    return Markup(json.dumps(plain(data), allow_nan=False).replace("<", "\\u003c"))


def _text(name: str) -> str:
    return (resources.files(_HERE) / name).read_text(encoding="utf-8")

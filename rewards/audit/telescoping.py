"""Checks 2, 3 and 5: is what is paid beyond the env's own reward the difference of a potential?

Ng, Harada and Russell 1999: with F = gamma*Phi(s') - Phi(s) and Phi = 0 at termination, the
discounted sum of F over a terminated episode is -Phi(s_0), whatever was done between.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardsmith import language
from rewardsmith.rewards.audit.result import Check
from rewardsmith.rewards.audit.rollouts import Episode, play_all
from rewardsmith.rewards.audit.subject import Subject
from rewardsmith.transition import Floats

NG = "Ng, Harada and Russell 1999, theorem 1"
_RELATIVE = 1e-5


def declared(subject: Subject, episodes: list[Episode]) -> Check:
    """Check 2: every step against the potential that the reward declares, to 1e-5 relative.

    A stack declares one by its `potential` terms, beside a positive multiple of `env`; a wrapper
    by a method `potential(obs, info) -> float`.
    """
    name = "declared potential"
    if not episodes:
        return Check(name, NG, "unchecked", "Not checked: no episode was paid finite amounts.")
    try:
        scale, phi = _declared(subject, episodes)
    except _NoPotential as reason:
        return Check(name, NG, "unchecked", f"Not checked: {reason}.")
    worst, where, place = 0.0, "", {}
    for episode, potentials in zip(episodes, phi, strict=True):
        after = potentials[1:].copy()
        if episode.terminated or (episode.truncated and not subject.bootstraps):
            after[-1] = 0.0
        expected = subject.gamma * after - potentials[:-1] + (scale - 1) * np.array(episode.own)
        gap = np.abs(episode.extra - expected) / max(1.0, float(np.abs(expected).max(initial=0)))
        gap = np.where(np.isfinite(gap), gap, np.inf)  # a potential that is no number explains none
        if len(gap) and gap.max() > worst:
            worst, step = float(gap.max()), int(gap.argmax())
            where = (
                f"step {step} of the episode with seed {episode.seed} was paid "
                f"{episode.extra[step]:.6g} beyond the env's own reward, the declared potential "
                f"gives {expected[step]:.6g}"
            )
            place = _place(episode, step, expected[step])
    values = {"worst_relative": worst, "scale": scale}
    if worst > _RELATIVE:
        return Check(name, NG, "failed", f"It does not hold: {where}.", {**values, **place})
    beside = "" if scale == 1 else f", beside {scale:.4g} times the env's own reward"
    sentence = f"It holds on every step{beside} (largest relative error {worst:.1g})."
    return Check(name, NG, "passed", sentence, values)


def _place(episode: Episode, step: int, expected: float) -> dict[str, Any]:
    """One step for the report: where, what was done, and what it was paid."""
    return {
        "seed": episode.seed, "step": step, "action": str(episode.actions[step]),
        "own": float(episode.own[step]), "paid": float(episode.proxy[step]),
        "explained": float(episode.own[step] + expected),
        "before": _shown(episode, step), "after": _shown(episode, step + 1),
    }  # fmt: skip


def _shown(episode: Episode, at: int) -> dict[str, str]:
    features = episode.infos[at].get("features")
    if isinstance(features, dict) and features:
        return {str(k): str(v) for k, v in features.items()}
    return {"obs": str(episode.obs[at])[:200]}


class _NoPotential(Exception):
    pass


def _declared(subject: Subject, episodes: list[Episode]) -> tuple[float, list[Floats]]:
    """What the env's own reward is multiplied by, and Phi of each state of each episode."""
    stack = subject.stack
    if stack is None:
        return 1.0, _by_method(subject, episodes)
    own = [w for w in stack.tree.items if w.term.term == "env"]
    scale = sum(w.weight for w in own)
    items = [w for w in stack.tree.items if w.term.term != "env"]
    plain = all(
        w.term.term == "potential" and w.schedule is None and not w.term.options for w in items
    )
    plain = plain and all(w.schedule is None for w in own)
    if scale <= 0:  # no multiple that keeps the task: it breaks on the first pay of the env
        scale = 1.0
    if not plain:
        raise _NoPotential("the reward is not `env` plus plain potentials of constant weight")
    return scale, [
        sum((w.weight * _values(w.term.args[0], e) for w in items), start=np.zeros(len(e.infos)))
        for e in episodes
    ]


def _values(expression: Any, episode: Episode) -> Floats:
    """Phi of each state of an episode, from the env's own infos and observations."""
    from rewardsmith.transition import Transition

    n = len(episode.infos)
    first = episode.infos[0].get("features", {})
    features = {k: np.array([i["features"][k] for i in episode.infos]) for k in first}
    obs: Any = None
    if isinstance(episode.obs[0], dict):
        obs = {k: np.array([o[k] for o in episode.obs]) for k in episode.obs[0]}
    elif not isinstance(episode.obs[0], str | tuple):
        obs = np.array(episode.obs)
    if not features and obs is not None:  # an env without a schema offers its observation
        features = obs if isinstance(obs, dict) else {"obs": obs}
    none = np.zeros(n, dtype=bool)
    batch = Transition(obs, None, obs, np.zeros(n), none, none, features, features, t=np.arange(n))
    return language.compile_expression(expression)(batch)


def _by_method(subject: Subject, episodes: list[Episode]) -> list[Floats]:
    pair = subject.pair()
    method = getattr(pair.outer, "potential", None)
    pair.outer.close()
    if not callable(method):
        raise _NoPotential("the wrapper declares none (a method `potential(obs, info)`)")
    try:
        return [
            np.array([float(method(o, i)) for o, i in zip(e.obs, e.infos, strict=True)])
            for e in episodes
        ]
    except Exception as error:
        raise _NoPotential(f"its `potential(obs, info)` failed: {error}") from error


def telescoping(subject: Subject, episodes: int) -> Check:
    """Check 3: discounted sums of terminated episodes from one start state agree.

    c is fitted first: discounted sums G' = c G + const.
    """
    name = "telescoping"
    pair, rng = subject.pair(training=True), np.random.default_rng(3)
    try:
        played = play_all(pair, [0] * episodes, rng, 2_000)
    finally:
        pair.outer.close()
    ended = [e for e in played if e.terminated and np.isfinite(e.proxy).all()]
    if len(ended) < 4:
        reason = f"only {len(ended)} of {episodes} random episodes from one start terminated"
        return Check(name, NG, "unchecked", f"Not checked: {reason}.", {"terminated": len(ended)})
    own, paid = _sums(ended, subject.gamma)
    scale, spread = _spread(own, paid)
    # Single steps set the scale: sound shaping may add up to nothing.
    size = max(1e-12, *(float(np.abs(e.proxy).max()) for e in ended))
    values = {"terminated": len(ended), "scale": scale, "spread": spread}
    if spread > _RELATIVE * size:
        sentence = (
            f"Sums from one start differ by {spread:.4g} over {len(ended)} terminated episodes: "
            "on the way, or where it ends, something is paid that no potential takes back. "
            "(A reward redistributed over s' fails here too, and is sound.)"
        )
        return Check(name, NG, "failed", sentence, values)
    sentence = (
        f"Sums from one start agree to {spread:.1g} over {len(ended)} terminated episodes: "
        "consistent with a potential, which is no proof."
    )
    return Check(name, NG, "passed", sentence, values)


def _sums(episodes: list[Episode], gamma: float) -> tuple[Floats, Floats]:
    def total(rewards: list[float]) -> float:
        return float(np.array(rewards) @ gamma ** np.arange(len(rewards)))

    return np.array([total(e.own) for e in episodes]), np.array([total(e.proxy) for e in episodes])


def _spread(own: Floats, paid: Floats) -> tuple[float, float]:
    """c and what is left of the spread of G' - c G."""
    centred = own - own.mean()
    scale = float(centred @ paid / (centred @ centred)) if centred @ centred > 1e-18 else 1.0
    return scale, float(np.ptp(paid - scale * own))


def black_box_fit(subject: Subject, episodes: list[Episode], *, features: int = 200) -> Check:
    """Check 5: held-out fit of a potential over random Fourier features of the observation.

    Rahimi and Recht 2007. A small residual is consistent with a potential and proves nothing;
    a large one may only mean that the potential has kinks.
    """
    name, source = "potential fit", "random Fourier features (Rahimi and Recht 2007), held out"
    if not episodes:
        return Check(name, source, "unchecked", "Not checked: no episode was paid finite amounts.")
    try:
        states = [np.array([np.ravel(o) for o in e.obs], dtype=float) for e in episodes]
    except (TypeError, ValueError):
        return Check(name, source, "unchecked", "Not checked: observations are no flat numbers.")
    joint = np.concatenate(states)
    features = min(features, len(joint) // 10 - joint.shape[1])
    if features < 20:
        reason = f"{len(joint)} steps are too few for {joint.shape[1]} numbers per observation"
        return Check(name, source, "unchecked", f"Not checked: {reason}.")
    spread = joint.std(axis=0)
    rng = np.random.default_rng(0)
    widths = np.where(spread > 0, spread, 1.0) * np.sqrt(joint.shape[1])
    weights = rng.normal(size=(joint.shape[1], features)) / widths[:, None]
    shift = rng.uniform(0, 2 * np.pi, features)
    rows, target = [], []
    for episode, s in zip(episodes, states, strict=True):
        phi = np.hstack([np.cos((s - joint.mean(0)) @ weights + shift), s - joint.mean(0)])
        after = phi[1:].copy()
        if episode.terminated:
            after[-1] = 0.0
        rows.append(np.hstack([subject.gamma * after - phi[:-1], np.array(episode.own)[:, None]]))
        target.append(np.array(episode.proxy))
    share = _held_out(np.concatenate(rows), np.concatenate(target))
    values = {"unexplained": share}
    if share < 1e-6:
        return Check(name, source, "info", f"Consistent with a potential: {share:.1g} of the "
                     "pay is unexplained on held-out steps. No proof.", values)  # fmt: skip
    sentence = (
        f"Inconclusive: {min(share, 1.0):.2g} of what was paid is unexplained on held-out steps, "
        "which a fault or a kinked potential would both give."
    )
    return Check(name, source, "info", sentence, values)


def _held_out(x: Floats, y: Floats) -> float:
    half = np.arange(len(y)) % 2 == 0
    coefficients = np.linalg.lstsq(x[half], y[half], rcond=1e-10)[0]
    rest = y[~half] - x[~half] @ coefficients
    return float(rest @ rest / max(float(y[~half] @ y[~half]), 1e-300))

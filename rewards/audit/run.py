"""The audit: every check in order, and the verdict that they allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.audit import correlation, distances, telescoping
from rewardsmith.rewards.audit.attributes import Place
from rewardsmith.rewards.audit.causes import Cause, find_cause
from rewardsmith.rewards.audit.components import components
from rewardsmith.rewards.audit.contract import contract
from rewardsmith.rewards.audit.exact import Exact, judge
from rewardsmith.rewards.audit.farming import best_loop, leftover_rate, reaches
from rewardsmith.rewards.audit.guard import told_plainly
from rewardsmith.rewards.audit.memory import hidden_state
from rewardsmith.rewards.audit.order import TOLERANCE
from rewardsmith.rewards.audit.result import AuditResult, Check, Hazard, Loop, Verdict
from rewardsmith.rewards.audit.rollouts import sample
from rewardsmith.rewards.audit.solve import NotSolved, Solver
from rewardsmith.rewards.audit.subject import Subject, reward_of
from rewardsmith.rewards.audit.tabularise import Tabled, tabularise
from rewardsmith.rewards.audit.trust import NotTabular
from rewardsmith.stack import RewardStack
from rewardsmith.term import Scope

EXACT = "exact solution: order fit (Ng, Harada and Russell 1999), Howard's policy iteration 1960"
FARMING = "Randlov and Alstrom 1998; Amodei and Clark 2016"
#: findings after which no table can be trusted
_BROKEN = frozenset(
    {
        "STEPS TWICE",
        "STOCHASTIC REWARD",
        "NOT FINITE",
        "ENV NOT SEEDED",
        "ENDS CHANGED",
    }
)


@told_plainly
def audit(
    env: Callable[[], Any] | str,
    *,
    reward: Any,
    gamma: float = 0.99,
    episodes: int = 64,
    bootstraps_on_truncation: bool = True,
    max_states: int = 50_000,
    seeds: int = 1,
    preferences: Sequence[Mapping[str, Any]] | None = None,
) -> AuditResult:
    """Find out, before training, what a reward does to the optimal policy.

    Small enough envs with discrete actions are laid out as a table and solved, which gives a
    proof for the start states looked at. All others are only sampled: then the verdict is never
    INVARIANT.

    Args:
        env: a function that builds the env, or an id.
        reward: a formula, a ready-made reward's name (with an id), a file, a `RewardStack`, a
            term, or a `gymnasium.Wrapper` class (or any function from env to env).
        gamma: the learner's discount, in (0, 1).
        episodes: random episodes for the sampled checks.
        bootstraps_on_truncation: whether the learner values the state at a time limit.
        max_states: give up the table beyond.
        seeds: how many first states (of seeds 0, 1, ...) the table is made from.
        preferences: pairs of episodes that a person ranked, see `correlation.alignment`.

    Raises:
        RewardsmithError: the reward cannot be read, or cannot run in this env.

    >>> result = audit("CliffWalking-v1", reward="env - 0.5*potential(obs)", episodes=8)
    >>> str(result.verdict), result.exit_status
    ('INVARIANT', 0)
    """
    _check(gamma, episodes, seeds, max_states)
    build, name = _builder(env)
    chosen = reward_of(reward, name if isinstance(env, str) else "")
    _check_scope(chosen)
    env_id = env if isinstance(env, str) else ""
    subject = Subject(build, chosen, float(gamma), bootstraps_on_truncation, name, env_id)
    result = _Audit(subject, episodes, max_states, seeds).run(preferences)
    settings = {"episodes": episodes, "seeds": seeds, "max_states": max_states}
    shown = {"reward": reward if isinstance(reward, str) else "", **settings}
    return replace(result, subject=subject, settings=shown)


def _check(gamma: float, episodes: int, seeds: int, max_states: int) -> None:
    if isinstance(gamma, bool) or not isinstance(gamma, int | float) or not 0.0 < gamma < 1.0:
        raise ConfigError(
            f"An audit needs a discount gamma between 0 and 1, both excluded. Received {gamma!r}; "
            "for an undiscounted task take 0.999 or more."
        )
    for what, value in (("episodes", episodes), ("seeds", seeds), ("max_states", max_states)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ConfigError(f"{what} is a whole number of at least 1. Received {value!r}.")


def _check_scope(reward: Any) -> None:
    if isinstance(reward, RewardStack) and reward.scope != Scope.STEP:
        term = next(e.name for e in reward.entries if e.term.scope != Scope.STEP)
        raise ConfigError(
            f"An audit follows rewards step by step. Received term {term!r} of scope "
            f"{reward.scope.value!r}, whose pay for a step depends on how the episode goes on. "
            "Audit the reward without that gate, and keep the gate for outcomes that the env's "
            "own reward pays too."
        )


def _remembers(keep: frozenset[Place]) -> Hazard:
    names = ", ".join(sorted({name for _, name in keep}))
    return Hazard(
        "HIDDEN STATE",
        f"What a transition is paid depends on what the reward wrapper remembers ({names}).",
        "Put what it remembers into the observation, or make the reward a function of (s, a, s').",
    )


def _reads_time() -> Hazard:
    return Hazard(
        "HIDDEN STATE",
        "What a transition is paid depends on how far the env's time limit has come.",
        "Put the time into the observation, or make the reward a function of (s, a, s').",
    )


def _builder(env: Any) -> tuple[Callable[[], Any], str]:
    if isinstance(env, str):
        from rewardsmith.wrappers.make import make

        return (lambda: make(env)), env
    if not callable(env):
        raise ConfigError(
            "The env of an audit is an id or a function that builds a fresh env each time. "
            f"Received {env!r}; write lambda: MyEnv()."
        )
    return env, str(getattr(env, "__name__", type(env).__name__)).replace("<lambda>", "your env")


class _Audit:
    def __init__(self, subject: Subject, episodes: int, max_states: int, seeds: int) -> None:
        self.subject, self.count = subject, episodes
        self.max_states, self.seeds = max_states, seeds
        self.hazards: list[Hazard] = []
        self.checks: list[Check] = []
        self.limit, self.timed = 200, False

    def run(self, preferences: Sequence[Mapping[str, Any]] | None) -> AuditResult:
        """All checks."""
        played = sample(self.subject, self.count)
        if lengths := [len(e) for e in played if e.truncated]:
            self.limit = max(lengths)
        check, found = contract(self.subject, played)
        self.checks.append(check)
        self.hazards += found
        finite = [e for e in played if all(abs(x) < float("inf") for x in e.proxy)]
        self.checks.append(telescoping.declared(self.subject, finite))
        self.checks.append(telescoping.telescoping(self.subject, self.count))
        tabled, exact = self._exact(bool(_BROKEN & {h.name for h in found}))
        loop = self._farming(exact)
        if exact is None:
            self.checks.append(telescoping.black_box_fit(self.subject, finite))
        self.checks.append(distances.distances(self.subject, tabled, exact))
        self.checks.append(correlation.proxy_correlation(finite))
        self.checks.append(components(finite or played))
        self.checks.append(correlation.alignment(self.subject, preferences))
        return self._result(tabled, exact, loop)

    def _exact(self, broken: bool) -> tuple[Tabled | None, Exact | None]:
        """The exact path, or the reason why there is none."""
        if broken:
            return self._inexact("the reward breaks the contract above")
        try:
            tabled = self._tabled()
            exact = judge(
                tabled.table, self.subject.gamma,
                bootstraps=self.subject.bootstraps, limit=self.limit,
            )  # fmt: skip
            self._while_annealing(tabled, exact)
        except (NotTabular, NotSolved) as reason:
            return self._inexact(str(reason))
        self.checks.append(_exact_check(exact, tabled, timed=self.timed))
        return tabled, exact

    def _tabled(self) -> Tabled:
        """The table; if the reward remembers something, with its memory as part of the state."""
        tabled = self._laid_out()
        recall = tabled.graph.recall
        if recall.timed:
            self.hazards.append(_reads_time())
            raise NotTabular("the reward reads the time of the episode, which no state holds")
        hazard, self.timed = hidden_state(self.subject, tabled, self.seeds)
        if hazard is None and not recall.mattering:
            if "STATE LEFT OVER" in {h.name for h in self.hazards}:
                raise NotTabular("its reset leaves something behind that the next episode is paid")
            return tabled
        keep = recall.mattering or recall.varying
        self.hazards.append(hazard or _remembers(keep))
        if self.subject.stack is not None or not keep:
            raise NotTabular("one transition is paid two amounts, so no table holds the reward")
        self.max_states = min(self.max_states, 20 * tabled.table.states + 1_000)
        tabled = self._laid_out(keep)
        if hidden_state(self.subject, tabled, self.seeds, keep=keep)[0] is not None:
            raise NotTabular("the reward remembers something that its attributes do not show")
        return tabled

    def _laid_out(self, keep: frozenset[Place] = frozenset()) -> Tabled:
        seeds, most = range(self.seeds), self.max_states
        try:
            return tabularise(self.subject, seeds=seeds, max_states=most, keep=keep)
        except NotTabular as reason:
            if reason.hazard is not None and reason.hazard.name not in {
                h.name for h in self.hazards
            }:
                self.hazards.append(reason.hazard)
            raise

    def _inexact(self, reason: str) -> tuple[None, None]:
        self.checks.append(Check("exact", EXACT, "unchecked", f"Not checked: {reason}."))
        return None, None

    def _while_annealing(self, tabled: Tabled, exact: Exact) -> None:
        if tabled.early is None:
            return
        early = judge(tabled.table.with_proxy(tabled.early), self.subject.gamma)
        if early.verdict != exact.verdict:
            lost = f" (regret {early.regret:.3g})" if early.verdict == Verdict.CHANGED else ""
            self.hazards.append(
                Hazard(
                    "WHILE ANNEALING",
                    f"The verdict is that of the end of its schedules; at step 0 the reward is "
                    f"{early.verdict.value}{lost}.",
                    "Train on after the schedules have ended, or use potential(..., anneal=N).",
                )
            )

    def _farming(self, exact: Exact | None) -> Loop | None:
        name = "farming"
        if exact is None:
            self.checks.append(
                Check(name, FARMING, "unchecked", "Not checked: it takes the exact path.")
            )
            return None
        loop = best_loop(exact) if exact.verdict == Verdict.CHANGED else None
        best = Solver(exact.table, exact.gamma, exact.moves)
        policy = best.optimal(exact.own)[1].argmax(axis=1)
        done, could = reaches(exact, exact.policy), reaches(exact, policy)
        rate = 0.0 if exact.verdict == Verdict.INVARIANT else leftover_rate(exact)
        values = {"success_proxy": done, "success_own": could, "leftover_rate": rate}
        if loop is not None and loop.paid > 0 and done < 0.5 * could:
            self.checks.append(_farming_found(name, loop, values))
            remedy = "Pay a difference that is taken back on the way back: potential(...)."
            self.hazards.append(Hazard("FARMING", self.checks[-1].sentence, remedy))
            return loop
        if exact.verdict == Verdict.CHANGED and done < 0.5 * could:
            sentence = (
                f"The best policy under it ends in success with chance {done:.2f}, where the "
                f"env's own reward gives {could:.2f}."
            )
            self.checks.append(Check(name, FARMING, "failed", sentence, values))
            remedy = "Pay for the task itself, more than for anything on the way."
            self.hazards.append(Hazard("TASK UNDONE", sentence, remedy))
            return None
        sentence = "The audited reward's best policy does not live in a circle that pays."
        self.checks.append(Check(name, FARMING, "passed", sentence, values))
        return loop

    def _cause(self, exact: Exact) -> Cause:
        gated = self.subject.stack is not None and any(
            getattr(node, "term", None) in ("when", "times")
            for node in self.subject.stack.tree.walk()
        )
        return find_cause(exact) or (_gate() if gated else _unknown(exact))

    def _plainer(self, cause: Cause) -> Cause:
        """Where no fault explains the reward, what its best policy does says more."""
        if cause.name == "NOT A POTENTIAL":
            for hazard in self.hazards:
                if hazard.name in ("FARMING", "TASK UNDONE"):
                    return Cause(hazard.name, hazard.sentence, hazard.remedy)
        return cause

    def _result(self, tabled: Tabled | None, exact: Exact | None, loop: Loop | None) -> AuditResult:
        verdict, cause = Verdict.INCONCLUSIVE, _sampled_cause(self.hazards, self.checks)
        if exact is not None:
            verdict = exact.verdict
            cause = None if verdict == Verdict.INVARIANT else self._cause(exact)
        if cause is not None and verdict in (Verdict.CHANGED, Verdict.OPTIMUM_KEPT):
            self.hazards.insert(0, Hazard(cause.name, cause.sentence, cause.remedy))
            cause = self._plainer(cause)
        return AuditResult(
            env=self.subject.name,
            reward=self.subject.reward_name,
            gamma=self.subject.gamma,
            verdict=verdict,
            regret=None if exact is None else exact.regret,
            cause="" if cause is None else cause.sentence,
            remedy="" if cause is None else cause.remedy,
            hazards=tuple(self.hazards),
            checks=tuple(self.checks),
            loop=loop,
            exact=None if exact is None else (exact, tabled),
            claim=self.subject.claim if verdict == Verdict.INCONCLUSIVE else "",
        )


def _farming_found(name: str, loop: Loop, values: dict[str, Any]) -> Check:
    sentence = (
        f"The best policy under it goes round {_states(len(loop.states))} for ever: each round is "
        f"paid {loop.paid:.4g}, of which {loop.own:.4g} is the env's own; the task is left undone."
    )
    return Check(name, FARMING, "failed", sentence, values)


def _exact_check(exact: Exact, tabled: Tabled, *, timed: bool) -> Check:
    check, notes = _solved(exact), []
    if timed:
        notes.append(
            "The env's own reward depends on the time of the episode; the table holds it as paid "
            "at the earliest arrival."
        )
    recall = tabled.graph.recall
    if recall.varying and not recall.mattering:
        names = ", ".join(sorted({name for _, name in recall.varying}))
        notes.append(
            f"The wrapper remembers {names}; {recall.tried:,} steps with other values of it were "
            "paid the same, so it counts as no part of the reward."
        )
    return replace(check, sentence=" ".join([check.sentence, *notes]))


def _solved(exact: Exact) -> Check:
    values = {
        "states": exact.table.states, "edges": len(exact.table.s), "scale": exact.fit.scale,
        "residual": exact.fit.worst, "regret": exact.regret, "regret_best": exact.regret_best,
        "states_that_differ": int(exact.differs.sum()),
    }  # fmt: skip
    size = f"{_states(exact.table.states)}, {len(exact.table.s):,} edges"
    if exact.verdict == Verdict.INVARIANT:
        sentence = (
            f"Proved on {size}: the reward is {exact.fit.scale:.4g} times the env's own plus the "
            f"difference of a potential, to {max(exact.fit.worst, 1e-16):.1g} "
            f"(tolerance {TOLERANCE:g})."
        )
        return Check("exact", EXACT, "passed", sentence, values)
    if exact.verdict == Verdict.OPTIMUM_KEPT:
        sentence = f"Not a potential, but on {size} its optimal policies lose nothing."
        return Check("exact", EXACT, "passed", sentence, values)
    sentence = (
        f"On {size} its optimal policy loses {exact.regret:.3g} of the return between the worst "
        f"and the best ({exact.regret_best:.3g} if ties break well); in "
        f"{_states(int(values['states_that_differ']))} it calls a wrong action best."
    )
    return Check("exact", EXACT, "failed", sentence, values)


def _states(count: int) -> str:
    return f"{count:,} state{'' if count == 1 else 's'}"


def _gate() -> Cause:
    return Cause(
        "GATE LEAK",
        "A gate opens and shuts on the way, so a potential that was paid through it is not taken "
        "back through it.",
        "Put the condition inside the potential: potential(where(condition, phi, 0)).",
    )


def _unknown(exact: Exact) -> Cause:
    place = int(abs(exact.fit.residual).argmax())
    s, a = divmod(place, exact.table.actions)
    return Cause(
        "NOT A POTENTIAL",
        f"No potential and no known fault explains it; the largest unexplained pay is "
        f"{exact.fit.residual[s, a]:.4g}, for action {a} in state {s}.",
        "Write what guides as potential(...), or anneal it to nothing.",
    )


def _sampled_cause(hazards: list[Hazard], checks: list[Check]) -> Cause | None:
    """What the sampled checks can say of a fault, without a verdict."""
    for hazard in hazards:
        if hazard.name != "NEVER ENDS":
            return Cause(hazard.name, hazard.sentence, hazard.remedy)
    for name, what in (("declared potential", "POTENTIAL BROKEN"), ("telescoping", "NO TELESCOPE")):
        for check in checks:
            if check.name == name and check.status == "failed":
                return Cause(what, check.sentence, "Write what guides as potential(...).")
    return None

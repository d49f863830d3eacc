"""What a contract test found: passed, failed and unchecked, each with its sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from rewardsmith.errors import ContractError


class Finding(NamedTuple):
    """One rule of the contract and what became of it.

    Args:
        name: the rule's short name, e.g. `shape`.
        sentence: for a failure its cause and remedy; for an unchecked rule the reason.
    """

    name: str
    sentence: str


class Broken(Exception):
    """A rule that does not hold; its text gives cause and remedy."""


class Unchecked(Exception):
    """A rule that could not be tried; its text gives the reason."""


@dataclass
class Report:
    """The outcome of `check_term` or `check_env`; prints as one line per rule.

    Args:
        subject: what was checked.
        passed, failed, unchecked: findings, in the order of the checks.
    """

    subject: str
    passed: list[Finding] = field(default_factory=list)
    failed: list[Finding] = field(default_factory=list)
    unchecked: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether no rule failed."""
        return not self.failed

    def run(self, name: str, check: Callable[[], str]) -> bool:
        """Try one rule: `check` returns what holds, or raises `Broken` or `Unchecked`."""
        try:
            self.passed.append(Finding(name, check()))
            return True
        except Broken as broken:
            self.failed.append(Finding(name, str(broken)))
        except Unchecked as unchecked:
            self.unchecked.append(Finding(name, str(unchecked)))
        except Exception as error:  # the subject is foreign code: whatever it raises is a finding
            kind = type(error).__name__
            cause = f"It raised {kind}: {error}. It must run on what its schema allows."
            self.failed.append(Finding(name, cause))
        return False

    def skip(self, name: str, sentence: str) -> None:
        """Record a rule that nobody can try here."""
        self.unchecked.append(Finding(name, sentence))

    def raise_if_failed(self) -> None:
        """Raise `ContractError` with the whole report unless every tried rule holds."""
        if self.failed:
            raise ContractError(str(self))

    def __str__(self) -> str:
        head = (
            f"{self.subject}: {len(self.failed)} failed, {len(self.passed)} passed, "
            f"{len(self.unchecked)} unchecked"
        )
        rows = [
            f"  {word} {finding.name}: {finding.sentence}"
            for word, findings in (
                ("FAILED   ", self.failed),
                ("passed   ", self.passed),
                ("unchecked", self.unchecked),
            )
            for finding in findings
        ]
        return "\n".join([head, *rows])

"""Whether a place can serve a term's scope, and where to go if it cannot."""

from __future__ import annotations

from rewardsmith.build import Entry
from rewardsmith.errors import BindingError
from rewardsmith.term import Binding, Scope


def check_scope(entry: Entry, binding: Binding) -> None:
    """Raise `BindingError` naming the places that serve the term, unless this one does."""
    if entry.term.scope in binding.serves:
        return
    raise BindingError(
        f"Term {entry.name!r} has scope {entry.term.scope.value!r}, which the place "
        f"{binding.place!r} cannot serve (it serves {sorted(s.value for s in binding.serves)}). "
        + _REMEDY[entry.term.scope]
    )


_REMEDY = {
    Scope.STEP: "",
    Scope.EPISODE: (
        "Use a place that sees whole episodes: SB3's on-policy learners with "
        "rewardsmith.wrappers.RewardRolloutBuffer, or stack.finish(episode) in your own loop."
    ),
    Scope.GROUP: (
        "Group scope needs several episodes of the same task; no classic place has them. "
        "Train a language model (rewardsmith train ENV --agent llm), or call "
        "stack.finish_group(episodes) in your own loop."
    ),
}

"""What can be said of a run before PyTorch and TRL are loaded, which takes seconds."""

from __future__ import annotations

from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.llm import processes
from rewardsmith.agents.llm.credit import check_options, find_credit
from rewardsmith.agents.llm.models import check_model
from rewardsmith.agents.llm.settings import LanguageSettings
from rewardsmith.errors import ConfigError
from rewardsmith.stack import RewardStack


def check_beforehand(spec: RunSpec) -> LanguageSettings:
    """The settings of a run that can begin, as far as they tell.

    Raises:
        ConfigError: a setting, an option of credit, a launch or a model that cannot be.
        UnknownNameError: no such credit method.
    """
    settings = LanguageSettings.of(spec)
    processes.check_launch(settings.trl)
    method = find_credit(settings.credit)
    check_options(method, settings.credit_options)
    if method.name == "istar":
        _check_implicit(spec, settings)
    check_model(settings.model)
    return settings


def _check_implicit(spec: RunSpec, settings: LanguageSettings) -> None:
    """Nothing here trains an implicit reward model: a term has to pay its rewards."""
    name = str(settings.credit_options.get("component", "implicit"))
    if name in RewardStack.parse(spec.reward).names:
        return
    raise ConfigError(
        f"Credit 'istar' reads an implicit reward of each turn, the term {name!r}; its model must "
        "be trained beside the policy, which this trainer does not do. Received the reward "
        f"{spec.reward!r} without that term. Use --credit turn, or add a term of your own that "
        f"pays implicit rewards and is called {name!r}."
    )

"""dm_control's tolerance: 1 inside an interval, falling smoothly to 0 outside it."""

from __future__ import annotations

from rewardsmith.errors import ConfigError
from rewardsmith.language.nodes import Call, Expr, Literal
from rewardsmith.language.tolerance import check_tolerance
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import as_expression
from rewardsmith.rewards.value import Value


@register_term("tolerance")
class Tolerance(Value):
    """Pays a number in [0, 1] for how well E(s_t) keeps within `bounds`.

    Tassa et al. 2018 (DeepMind Control Suite, arXiv 1801.00690), section 2.2;
    dm_control `rewards.tolerance`.

    Args:
        expression: what is measured.
        bounds: (low, high), inclusive; the reward is 1 inside.
        margin: distance outside at which the reward is `value_at_margin`; 0 cuts off sharply.
        sigmoid: gaussian, hyperbolic, long_tail, reciprocal, cosine, linear, quadratic or
            tanh_squared.
        value_at_margin: in (0, 1); for linear, cosine and quadratic in [0, 1).
    """

    usage = "tolerance(E, bounds=(0, 0), margin=0, sigmoid='gaussian', value_at_margin=0.1)"

    def __init__(
        self,
        expression: Expr | str | float,
        bounds: tuple[float, float] = (0.0, 0.0),
        margin: float = 0.0,
        sigmoid: str = "gaussian",
        value_at_margin: float = 0.1,
    ) -> None:
        options: dict[str, Literal] = {
            "bounds": bounds,
            "margin": margin,
            "sigmoid": sigmoid,
            "value_at_margin": value_at_margin,
        }
        try:
            check_tolerance(**options)
        except ValueError as error:
            raise ConfigError(f"tolerance: {error}") from None
        of = as_expression(expression)
        super().__init__(Call("tolerance", (of,), tuple(sorted(options.items())), span=of.span))

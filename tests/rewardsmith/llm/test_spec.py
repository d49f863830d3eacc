import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.llm import Budgeted, Cached, OpenAIClient, Retrying, TransformersClient, client


def test_specs_nest_from_left_to_right(tmp_path):
    spec = f"cached:{tmp_path}/c.sqlite|budget:requests=5&cost=0.5|retry:attempts=2|"
    cache = client(spec + "openai:gpt-x@http://127.0.0.1:9/v1?timeout=3.5&concurrency=2")
    assert isinstance(cache, Cached)
    budget = cache.client
    assert isinstance(budget, Budgeted)
    assert budget.limits == {"requests": 5.0, "cost": 0.5}
    assert isinstance(budget.client, Retrying)
    assert budget.client.attempts == 2
    inner = budget.client.client
    assert isinstance(inner, OpenAIClient)
    assert (inner.name, inner.base_url) == ("gpt-x", "http://127.0.0.1:9/v1")
    assert inner.concurrency == 2
    assert cache.model == "openai:gpt-x@http://127.0.0.1:9/v1"


def test_equal_specs_are_one_client():
    assert client("transformers:/x?device=cpu") is client("transformers:/x?device=cpu")
    assert isinstance(client("transformers:/x?device=cpu"), TransformersClient)


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("opnai:x", "Did you mean 'openai'"),
        ("gpt-x", "A client is one of"),
        ("openai:", "A client is one of"),
        ("cached:x.sqlite", "A client is one of"),
        ("transformers:/x|transformers:/y", "A client is one of"),
        ("transformers:/x?devise=cpu", "devise"),
        ("budget:requests=-1|transformers:/x", "requests of a budget"),
    ],
)
def test_wrong_specs_list_the_forms(spec, rule):
    with pytest.raises(ConfigError, match=rule):
        client(spec)

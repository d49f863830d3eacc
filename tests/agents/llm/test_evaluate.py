import pytest

from rewardsmith.agents.classic.evaluate import FIRST_SEED
from rewardsmith.agents.llm.evaluate import LanguageEvaluator
from rewardsmith.wrappers import building


@pytest.mark.parametrize(("kwargs", "split"), [({}, "test"), ({"split": "train"}, "train")])
def test_evaluation_is_on_test_tasks_unless_a_split_was_asked_for(learn, kwargs, split):
    learner = learn("env", env_id="rewardsmith/Calculation-Easy-v0", max_line_tokens=3)
    spec = type(learner.spec).from_dict(
        {
            **learner.spec.to_dict(),
            "eval_episodes": 3,
            "n_envs": 4,
            "env_kwargs": {"max_episode_steps": 1, **kwargs},
        }
    )
    evaluator = LanguageEvaluator(spec, learner.settings, learner.place.splits)
    asked = [rollout.episode.turns[0].anchor for rollout in evaluator._play(learner.trainer)]
    found = evaluator.run(learner.trainer)
    evaluator.close()
    env = building.make_bare(spec.env_id, {"split": split})
    assert asked == [env.reset(seed=FIRST_SEED + i)[0] for i in range(3)]
    env.close()
    assert (found.episodes, found.length) == (3, 1.0)
    assert 0 <= found.success <= 1

import numpy as np

from rewardsmith.agents.compare.episode import MOST, Episode, load_episode, save_episode


def test_an_episode_is_kept_small_and_in_step(tmp_path):
    frames = [np.full((300, 400, 3), i % 255, np.uint8) for i in range(2 * MOST)]
    count = len(frames) - 1
    episode = Episode(frames, {"env": [0.5] * count}, [1.0] * count, 1.0, 7)
    film = load_episode(save_episode(episode, tmp_path).parent)
    assert len(film.frames) == len(film.shown) == MOST
    assert (film.shown[0], film.shown[-1]) == (0, count)
    assert (film.success, film.seed) == (1.0, 7)
    assert film.terms == {"env": [0.5] * count}
    assert len("".join(film.frames)) < 300_000
    assert load_episode(tmp_path / "elsewhere") is None

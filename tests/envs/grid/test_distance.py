from rewardsmith.envs.grid.distance import distances, path

# A wall parts the room but for its lowest row:   . . # .
#                                                 . . # .
#                                                 . . . .
OPEN = {(x, y) for x in range(4) for y in range(3)} - {(2, 0), (2, 1)}


def test_distances_go_round_a_wall():
    field = distances((3, 0), OPEN.__contains__)
    assert field[(3, 2)] == 2
    assert field[(2, 2)] == 3
    assert field[(0, 0)] == 7
    assert (2, 0) not in field


def test_a_target_in_a_wall_is_reached_from_beside_it():
    assert distances((2, 0), OPEN.__contains__)[(1, 0)] == 1


def test_a_path_leads_to_its_target_step_by_step():
    field = distances((3, 0), OPEN.__contains__)
    cells = path((1, 1), field)
    assert cells == [(1, 2), (2, 2), (3, 2), (3, 1), (3, 0)]
    assert path((3, 0), field) == []
    assert path((9, 9), field) == []

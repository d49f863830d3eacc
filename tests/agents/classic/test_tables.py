import math

from rewardsmith.agents.classic.tables import Table


def test_rows_are_on_disk_at_once_and_blanks_stand_for_nothing(tmp_path):
    table = Table(tmp_path / "t.csv", ["a", "b", "c"])
    table.write({"a": 1, "b": None, "c": math.nan})
    assert (tmp_path / "t.csv").read_text() == "a,b,c\n1,,\n"
    table.write({"a": 2, "b": 0.25, "c": 1e-7})
    assert (tmp_path / "t.csv").read_text() == "a,b,c\n1,,\n2,0.25,1e-07\n"
    table.close()


def test_a_resumed_table_forgets_the_rows_after_the_checkpoint(tmp_path):
    table = Table(tmp_path / "t.csv", ["a"])
    table.write({"a": 1})
    offset = table.offset()
    table.write({"a": 2})
    table.close()
    with (tmp_path / "t.csv").open("a") as file:
        file.write("torn")
    resumed = Table(tmp_path / "t.csv", ["a"], offset)
    resumed.write({"a": 3})
    resumed.close()
    assert (tmp_path / "t.csv").read_text() == "a\n1\n3\n"

from rewardsmith.agents.compare.failures import (
    forget_failure,
    last_words,
    read_failure,
    write_failure,
)

TRACEBACK = """\
a warning: of no account
Traceback (most recent call last):
  File "x.py", line 1, in <module>
    raise Bad(text)
rewardsmith.errors.LanguageError: Unknown feature 'x'.
  at line 1, column 3
    potential(x)
"""


def test_the_error_of_a_traceback_is_found_above_its_further_lines(tmp_path):
    (tmp_path / "log.txt").write_text(TRACEBACK)
    assert last_words(tmp_path / "log.txt") == "LanguageError: Unknown feature 'x'."


def test_a_killed_process_leaves_its_last_line(tmp_path):
    (tmp_path / "log.txt").write_text("a warning\nended from outside by SIGKILL\n")
    assert last_words(tmp_path / "log.txt") == "ended from outside by SIGKILL"
    assert last_words(tmp_path / "none.txt") == ""


def test_a_failure_is_kept_until_the_run_is_tried_again(tmp_path):
    (tmp_path / "log.txt").write_text(TRACEBACK)
    assert read_failure(tmp_path) == ""
    write_failure(tmp_path)
    assert read_failure(tmp_path) == "LanguageError: Unknown feature 'x'."
    forget_failure(tmp_path)
    forget_failure(tmp_path)
    assert read_failure(tmp_path) == ""

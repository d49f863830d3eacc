"""`import numpy as np` may stand in a program, and is read over."""

from __future__ import annotations

import pytest

from rewardsmith.errors import LanguageError
from rewardsmith.language import parse_program

PROGRAM = "def reward(f):\n    return np.exp(-f.x)\n"


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np\n" + PROGRAM,
        "# my_reward.py\nimport numpy as np  # for the editor\n\n" + PROGRAM,
        "    import numpy as np\r\n    def reward(f): return np.exp(-f.x)\n",
    ],
)
def test_line_changes_nothing(text: str) -> None:
    assert parse_program(text) == parse_program(PROGRAM)


@pytest.mark.parametrize(
    "line",
    [
        "import numpy",
        "import numpy as numpy",
        "import numpy as onp",
        "import  numpy as np",
        "import numpy as np, os",
        "import numpy as np; import os",
        "import os; import numpy as np",
        "import numpy as np;",
        "import numpy.linalg as np",
        "import os as np",
        "from numpy import *",
        "if 1:\n    import numpy as np",
        "import numpy as np \\\n, os",
    ],
)
def test_every_other_import_is_refused(line: str) -> None:
    with pytest.raises(LanguageError, match=r"Delete the line|functions and constants only"):
        parse_program(f"{line}\n{PROGRAM}")


def test_line_inside_a_function_is_refused() -> None:
    with pytest.raises(LanguageError, match="Delete the line"):
        parse_program("def reward(f):\n    import numpy as np\n    return f.x\n")


def test_places_are_those_of_the_whole_text() -> None:
    with pytest.raises(LanguageError) as caught:
        parse_program("import numpy as np\ndef reward(f):\n    return np.expp(f.x)\n")
    assert caught.value.line == 3

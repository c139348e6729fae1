"""The command of the benchmarks; what it measures is no test."""

import pytest

from tests.benchmarks.__main__ import PARTS, asked, main


def test_every_part_is_measured_unless_some_are_named():
    assert tuple(asked([]).parts) == PARTS
    assert asked(["trials", "figure", "--tiny"]).parts == ["trials", "figure"]


def test_a_part_that_is_not_known_is_an_error_that_lists_those_that_are(capsys):
    with pytest.raises(SystemExit, match="2"):
        asked(["speed"])
    assert "'speed': no such part; expected one of side-by-side, " in capsys.readouterr().err


@pytest.mark.extras
def test_the_loops_run_side_by_side_and_the_tables_are_drawn(tmp_path):
    pytest.importorskip("torch")
    main(["side-by-side", "figure", "--tiny", "--out", str(tmp_path)])
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"side-by-side.csv", "side-by-side.md", "benchmarks.svg"}

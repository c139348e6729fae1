"""Every number that the papers say of a few runs is the one on file."""

import pytest

from tests.checks import recorded


@pytest.mark.parametrize("name", recorded.RECORDS)
def test_every_number_is_the_one_on_file(name):
    assert not recorded.differences(name)

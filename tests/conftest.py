import os

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(autouse=True)
def no_pictures(request, monkeypatch):
    """Reports are written without pictures, which take seconds, except where a test is about them."""
    if "pictures" not in request.node.path.name and "figures" not in request.node.path.name:
        for module in ("pictures", "plotting"):
            monkeypatch.setattr(f"rfa.report.{module}.available", lambda: False)

import pytest


@pytest.fixture(autouse=True)
def no_pictures(request, monkeypatch):
    """Reports are written without pictures, which take seconds, except where a test is about them."""
    if "pictures" not in request.node.path.name and "figures" not in request.node.path.name:
        monkeypatch.setattr("rfa.report.pictures.available", lambda: False)

import runpy
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from rfa import verify
from rfa.trace import AXES
from tests.elsewhere import start
from tests.test_recorder import rows

EXAMPLES = Path(__file__).parent.parent / "examples"
OWN = cache(start)


def in_numpy(array):
    return array


def in_torch(array):
    torch = pytest.importorskip("torch", reason="needs the extra torch: pip install -e '.[torch]'")
    return torch.tensor(np.asarray(array))


def in_jax(array):
    jax = pytest.importorskip("jax", reason="needs the extra jax: pip install -e '.[jax]'")
    jax.config.update("jax_enable_x64", True)
    return jax.numpy.asarray(array)


LIBRARIES = [
    pytest.param("numpy_loop.py", in_numpy),
    pytest.param("pytorch_loop.py", in_torch, marks=pytest.mark.extras),
    pytest.param("jax_loop.py", in_jax, marks=pytest.mark.extras),
]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("name", "array"), LIBRARIES)
def test_a_loop_of_another_library_recorded_in_three_lines_has_the_report_of_the_engine(name, array):
    own, s = OWN(), OWN().sample
    X, y, W, a = (array(x) for x in (s.X, s.y.astype(float), own.W(0), own.a))
    code = runpy.run_path(str(EXAMPLES / name))
    known = {"y_clean": s.y_clean, "cluster": s.cluster, "mu": s.mu, "setting": own.setting}
    run = code["train"](X, y, W, a, own.step_size, own.last, **known)

    for axis in AXES:
        assert np.nanmax(np.abs(getattr(run.trace, axis) - getattr(own.trace, axis))) < 1e-10, axis
    assert np.abs(run.W(run.last) - own.W(own.last)).max() < 1e-10
    assert rows(verify(run)) == rows(verify(own)) and run.departures == ()


@pytest.mark.extras
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("change", "kind"), [({"momentum": 0.9}, "momentum"), ({"weight_decay": 0.1}, "weight decay")])
def test_what_an_optimizer_of_torch_does_besides_is_named(change, kind):
    torch = pytest.importorskip("torch", reason="needs the extra torch: pip install -e '.[torch]'")
    from rfa import Recorder

    own, s = OWN(), OWN().sample
    W, a, X, y = (torch.tensor(x) for x in (own.W(0), own.a, s.X, s.y))
    W.requires_grad_()
    optimizer = torch.optim.SGD([W], lr=own.step_size, **change)
    rec = Recorder(X, y, cluster=s.cluster, mu=s.mu, step_size=own.step_size)
    for _ in range(own.last + 1):
        rec.step(W, a)
        optimizer.zero_grad()
        torch.nn.functional.softplus(-y * (torch.relu(X @ W.T) @ a)).mean().backward()
        optimizer.step()

    assert [d.kind for d in rec.run().departures] == [kind]


@pytest.mark.extras
@pytest.mark.filterwarnings("default")
def test_a_run_in_single_precision_of_torch_is_judged_within_its_rounding():
    own, s = OWN(), OWN().sample
    X, y, W, a = (in_torch(np.asarray(x, np.float32)) for x in (s.X, s.y, own.W(0), own.a))
    code = runpy.run_path(str(EXAMPLES / "pytorch_loop.py"))
    run = code["train"](X, y, W, a, own.step_size, own.last, cluster=s.cluster, y_clean=s.y_clean, mu=s.mu)

    assert run.W(0).dtype == np.float32 and run.departures == () and not verify(run).failures()


@pytest.mark.extras
@pytest.mark.filterwarnings("default")
def test_torch_that_numpy_cannot_hold_is_told_with_its_step():
    torch = pytest.importorskip("torch", reason="needs the extra torch: pip install -e '.[torch]'")
    from rfa import InputError, Recorder

    s = OWN().sample
    rec = Recorder(s.X, s.y, cluster=s.cluster, mu=s.mu, step_size=0.1)
    with pytest.raises(InputError, match=r"step 0: W: "):
        rec.step(torch.zeros(12, 6, dtype=torch.bfloat16), OWN().a)


@pytest.mark.extras
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", ["numpy_loop.py", "pytorch_loop.py", "jax_loop.py"])
def test_every_example_runs_as_a_script(name, capsys):
    pytest.importorskip({"p": "torch", "j": "jax"}.get(name[0], "numpy"))
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")

    assert "Nothing is refuted: of" in capsys.readouterr().out

"""Hypothesis strategies: settings, runs, laws, claims. Examples take milliseconds and shrink to small round numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from hypothesis import assume, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from rfa import clusters, noise
from rfa.audit import find_paper
from rfa.claims import Claim, suppose, then
from rfa.errors import InputError
from rfa.papers import Paper
from rfa.rounding import Rounded
from rfa.run import Run
from rfa.setting import Setting, checked
from rfa.studies.candidates import STATES, Candidate, make_run
from rfa.testing.regions import Names, Region, fits

CONSTANTS = (4.0, 2.0, 9.0, 16.0)
"""Constants C at which assumptions are judged where none is given; larger ones ask for runs that take seconds."""
SMALL, LARGE = (1e-2, 1e-3, 1e-4, 1e-6, 1e-9), (0.1, 0.03, 0.3, 1.0, 3.0)
"""Standard deviations of samples and first weights: those at which proofs apply, and those at which they need not."""

QUICK_NOISE = ("uniform", "one-cluster", "per-cluster", "half-space")
"""Noise laws that need no reference sample; the others (`keys={"noise": noise_laws()}`) take a tenth of a second."""


def cluster_laws(
    *, log_concave: bool | None = None, symmetric: bool | None = None, spherical: bool | None = None
) -> st.SearchStrategy[str]:
    """Names of cluster laws, the Gaussian first; only those of which what is given is true (or false)."""
    wanted = {"log_concave": log_concave, "symmetric": symmetric, "spherical": spherical}
    asked = {key: value for key, value in wanted.items() if value is not None}
    return st.sampled_from(
        [name for name, law in clusters.LAWS.items() if all(getattr(law, k) == v for k, v in asked.items())]
    )


def noise_laws(*, depends_on_x: bool | None = None) -> st.SearchStrategy[str]:
    """Names of noise laws, uniform noise first; only those that look at x, or do not, if that is given."""
    return st.sampled_from(
        [name for name, law in noise.LAWS.items() if depends_on_x in (None, law.depends_on_x)]
    )


def settings(
    *,
    inside: Names = None,
    outside: Names = None,
    C: float | None = None,
    paper: Paper | str | None = None,
    keys: Mapping[str, Any] | None = None,
) -> st.SearchStrategy[Setting]:
    """Settings anywhere; inside the assumptions `inside` ("all" or ids); or outside exactly those of `outside`.

    C is the constant at which assumptions are judged (default: one of `CONSTANTS`) and a key of the settings drawn;
    `paper` whose assumptions they are (default: the default one). `keys` fixes keys of the setting, each to a value or
    to what a strategy draws.
    """
    if unknown := sorted(set(keys or {}) - {f.name for f in fields(Setting)}):
        raise InputError(f"keys: {unknown[0]}: no key of a setting")
    given = {k: v if isinstance(v, st.SearchStrategy) else st.just(checked(k, v)) for k, v in (keys or {}).items()}
    constant = None if C is None else checked("C", C)
    return _settings(Region.of(find_paper(paper), inside, outside), constant, given)


@st.composite
def _settings(
    draw: st.DrawFn, region: Region, C: float | None, keys: Mapping[str, st.SearchStrategy[Any]]
) -> Setting:
    fixed = {key: draw(values) for key, values in keys.items()}
    setting = draw(_anywhere(fixed))
    if region.everywhere:
        return setting if C is None else setting.override(C=C)
    constant = C if C is not None else draw(st.sampled_from(CONSTANTS))
    found = region.entered(setting.override(C=constant), constant)
    assume(found is not None)
    if region.outside and found is not None:
        factor, side = draw(st.sampled_from((2.0, 1.1, 10.0, 100.0))), draw(st.integers(0, 1))
        found = region.left(found, constant, factor, side)
    assume(found is not None and all(getattr(found, key) == value for key, value in fixed.items()))
    assert found is not None
    assume(fits(found) and region.contains(found, constant))
    return found


@st.composite
def _anywhere(draw: st.DrawFn, fixed: Mapping[str, Any]) -> Setting:
    """A setting of any kind. Proofs ask for little spread, start and noise at once, so that half have all three."""
    calm = draw(st.booleans())
    law = fixed.get("noise") or draw(st.just("uniform") if calm else st.sampled_from(QUICK_NOISE))
    rates = (0.0, 0.01) if calm else (0.0, 0.05, 0.1, 0.25, 0.45)
    most = noise.LAWS[law].largest_eta
    keys: dict[str, Any] = {
        "d": draw(st.one_of(st.integers(2, 12), st.sampled_from((20, 50, 300)))),
        "n": draw(st.one_of(st.integers(1, 48), st.sampled_from((64, 256)))),
        "m": draw(st.one_of(st.integers(1, 8).map(lambda half: 2 * half), st.sampled_from((32, 128)))),
        "sigma": draw(st.sampled_from(SMALL if calm else (*LARGE, *SMALL))),
        "omega_init": draw(st.sampled_from(SMALL if calm else (*SMALL, *LARGE))),
        "eta": draw(st.sampled_from([rate for rate in rates if rate <= most])),
        "clusters": draw(cluster_laws()),
        "noise": law,
        "delta": draw(st.sampled_from((0.1, 0.4, 0.01))),
        "C0": draw(st.sampled_from((10.0, 1.1, 2.0, 50.0, 1000.0))),
        "relu_at_zero": draw(st.sampled_from((0.0, 0.5, 1.0))),
        "orientation": draw(st.sampled_from(("axes", "random"))),
        "fresh": 200,
        "seed": draw(st.integers(0, 2**32 - 1)),
        **_step_size(draw, calm, fixed),
    }
    try:
        return Setting(**{**keys, **fixed})
    except InputError:
        assume(False)
        raise


def _step_size(draw: st.DrawFn, calm: bool, fixed: Mapping[str, Any]) -> dict[str, Any]:
    if fixed.keys() & {"K", "alpha"}:
        return {}
    if calm or not draw(st.booleans()):
        return {"K": draw(st.integers(1, 6))}
    return {"alpha": draw(st.sampled_from((0.5, 0.1, 1.0, 0.3, 10.0, 0.05))), "steps": draw(st.integers(1, 6))}


def candidates(of: st.SearchStrategy[Setting] | None = None, *, planted: bool = False) -> st.SearchStrategy[Candidate]:
    """What runs are made of: settings (default: anywhere) and, with `planted`, now and then planted first weights.

    Planted weights are pulled towards the centres of their sign and scaled; some samples are planted besides, see
    `rfa.studies.candidates`.
    """
    unplanted = (settings() if of is None else of).map(Candidate)
    return st.one_of(unplanted, _leaning(of)) if planted else unplanted


def _leaning(of: st.SearchStrategy[Setting] | None) -> st.SearchStrategy[Candidate]:
    pulls, sizes = st.sampled_from((0.5, 1.0, 0.1, 0.9)), st.sampled_from((1.0, 0.1, 10.0))
    states = st.lists(st.sampled_from(list(STATES)), unique=True, max_size=2).map(tuple)
    return st.builds(Candidate, settings() if of is None else of, st.tuples(pulls, sizes), states)


def runs(of: st.SearchStrategy[Setting] | None = None, *, planted: bool = False) -> st.SearchStrategy[Run]:
    """Runs of the settings `of` (default: anywhere); with `planted`, some from first weights that lean on centres.

    `run.provenance["candidate"]` is the text from which `rfa.studies.falsify.Candidate.of` makes each again.
    """
    return candidates(of, planted=planted).map(made)


def planted_states(of: st.SearchStrategy[Setting] | None = None) -> st.SearchStrategy[Run]:
    """Runs whose first weights are all planted: pulled towards the centres of their sign, up to exactly onto them.

    Some are of planted samples besides: neurons tied everywhere, an empty cluster, all the noise in one cluster, no
    deviations, equal ones (`rfa.studies.candidates.STATES`).
    """
    return _leaning(of).map(made)


def made(candidate: Candidate) -> Run:
    """The run of a candidate, with the candidate in its provenance."""
    run = make_run(candidate)
    return replace(run, provenance={**run.provenance, "candidate": candidate.command})


@st.composite
def claims(draw: st.DrawFn, *, role: str = "conclusion", relation: str | None = None) -> Claim:
    """Claims of up to three axes with sides of moderate size, errors, masks and scales; id Z1."""
    shape = draw(array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=3))
    numbers, errors = st.floats(-1e6, 1e6), st.sampled_from((0.0, 1e-9, 1.0))
    lhs, rhs = (Rounded(draw(arrays(float, shape, elements=numbers)), draw(errors)) for _ in range(2))
    of = relation or draw(st.sampled_from(("<=", "<", ">=", ">", "==")))
    where = draw(st.one_of(st.just(True), arrays(bool, shape)))
    make = suppose if role == "premise" else then
    return make("Z1", "drawn", lhs, of, rhs, axes=" ".join("tji"[: len(shape)]), where=where, scale=draw(errors))  # type: ignore[arg-type]

"""Functions of checks at chosen arguments, where the numbers of a whole run hide what they do: rows of the record."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import wraps
from importlib import import_module
from itertools import product

import numpy as np

from rfa import InputError, Rounded, chain, eq, ge, le, lt, then
from rfa.clusters import LAWS
from rfa.data import Sample as DataSample
from rfa.simulation import simulate, start, trained
from tests.checks.recorded import listed
from tests.checks.recorded_runs import later, lonely, made
from tests.runs import loose, small, small_setting


def pieces() -> Iterator[tuple]:
    """Name, function and arguments of each piece."""
    for group in (
        requirements,
        probabilities,
        means,
        losses,
        counts,
        curves,
        horizons,
        places,
        planes,
        sizes,
        ties,
        remarks,
        premises,
    ):
        yield from group()


def requirements() -> Iterator[tuple]:
    """What the proof asks of C at a small C0, at which (1 − 1/C0)² is far from 1."""
    largeness = import_module("checks.largeness")

    for repaired, sharp, power in product((False, True), (False, True), (1.0, 2.0, 3.0)):
        proof = largeness.Proof(0.2, 2.5, 3.0, 0.1, power, floor=0.3, repaired=repaired, sharp=sharp)
        name = f"{repaired} {sharp} {power:g}"
        yield f"requirements {name}", named(largeness, asked), proof
        yield f"constants {name}", named(largeness, vars_of), proof
        for C in (1.5, 3e3, np.inf):
            yield f"sizes {name} {C:g}", largeness.sizes, proof, C
    small_C1 = largeness.Proof(0.2, 2.5, 0.01, 0.1, 2.0)
    yield "requirements of a small C1", named(largeness, asked), small_C1
    yield "fewest neurons", named(largeness, lambda proof: [proof.m(0.5), proof.m(3.0)]), small_C1
    yield "least C0", largeness.least_C0, 300.0
    yield "uniform terms", largeness.uniform_terms, small_C1, 5.0, 0


def named(module, function):
    """A function as one of a module."""
    function.__module__ = module.__name__
    return function


def asked(proof) -> list:
    """Words and slack of all requirements."""
    from checks.largeness import requirements as all_of

    return [[r.step, r.inequality, r.gap, [r.slack(C) for C in (5.0, 4e6)]] for r in all_of(proof)]


def vars_of(proof) -> list[float]:
    """Derived numbers of a proof."""
    return [
        proof.C2,
        proof.share,
        proof.gamma,
        *(f(7.0) for f in (proof.far, proof.noisy, proof.start, proof.m, proof.n)),
    ]


def probabilities() -> Iterator[tuple]:
    """Tails and binomial laws."""
    candidate_neurons, exact_rates, projections = (
        import_module(f"checks.{name}") for name in ("candidate_neurons", "exact_rates", "projections")
    )

    for name, d, r in product(("laplace", "logistic", "cube"), (3, 40), (0.8, 1.5, 6.0, 80.0)):
        yield f"far {name} {d} {r:g}", projections._far_product, LAWS[name], d, r
    yield "frequency error", projections.frequency_error, np.array([0.0, 0.3, 1.0, 1 + 1e-9]), 50.0
    yield "draws", named(projections, lambda: [projections.draws_for(d) for d in (1, 2000, 10**6)])
    active = np.array([[True, False], [False, False], [True, True]])
    for weight in ((0.5, 0.25, 0.75), (0.1, 0.2, 0.3)):
        yield f"share {weight}", projections._share, active, np.array(weight)
    for least, n in product((-1, 0, 1, 3, 5, 6, 8), (5,)):
        yield f"at least {least}", exact_rates.at_least, least, n, 0.3
    for least, most in ((0, 6), (1, 2), (2, 2), (0, 1)):
        yield f"multinomial {least} {most}", exact_rates.multinomial_within, 6, least, most
    tails = named(projections, lambda *of: [[p.value, p.error] for p in projections.projection_tails(*of)])
    drawn = start(small_setting(clusters="exponential", m=6))
    tilted = np.eye(6) + 0.5 * np.eye(6, k=1) * (np.arange(6) > 2)[:, None]
    for name, W in (("along axes", np.eye(6)), ("along some axes", tilted)):
        thresholds = Rounded(np.linspace(-1, 1, 12).reshape(6, 2), np.full((6, 2), 0.01))
        yield f"tails {name}", tails, replace(drawn, weights={0: W}), thresholds
    above, end = Rounded(np.array([0.3, 0.4]), np.full(2, 0.1)), Rounded(0.35, 0.1)
    yield "tails between", both(projections._between), above, end, 10**6
    yield "directions of neurons at 0", projections.start_directions, made("tied")
    silent = start(small_setting(noise="boundary", eta=0.0, noisy=0, sigma=0.3))
    yield "clean samples without noise", both(projections.clean_probability), silent
    many = start(small_setting(clusters="exponential", m=300))
    yield "tails of many neurons", tails, many, Rounded(np.linspace(-1, 1, 300).reshape(300, 1))
    for name, r in product(LAWS, (0.5, 1.0, 1.2, 30.0)):
        yield f"far {name} {r}", projections.far_probability, start(small_setting(clusters=name)), r
    for seed, m in product(range(4), (4, 8)):
        began = start(small_setting(m=m, d=30, n=20, noisy=0, seed=seed))
        yield f"smallest C0 {seed} {m}", candidate_neurons.smallest_C0, began
    for m, d, C0 in product((4, 8, 14), (2, 5, 30), (1.2, 3.0)):
        yield f"sizes of J {m} {d} {C0}", candidate_neurons.size_probability, m, d, C0


def means() -> Iterator[tuple]:
    """Means over few sign vectors, and suprema over few points in the plane."""
    suprema = import_module("checks.suprema")

    values = Rounded(np.array([3.0, 4.5, 1.0, 2.5]), np.array([1e-3, 2e-3, 0.0, 1e-3]))
    squares = np.array([9.0, 22.0, 1.5, 5.0])
    yield "mean of four", both(suprema.mean_with_control), values, squares, 8.0
    yield "mean of three", both(suprema.mean_with_control), values[:3], squares[:3], 8.0
    yield "mean of two", both(suprema.mean_with_control), values[:2], squares[:2], 8.0
    yield "mean of equals", both(suprema.mean_with_control), values, np.full(4, 8.0), 8.0
    yield "mean of large ones", both(suprema.mean_with_control), values * 1e9, squares * 1e18, 8e18
    yield "mean of negative ones", both(suprema.mean_with_control), -1e9 * values, squares, 8.0
    points = np.array([[[1.0, 0.2], [-0.3, 1.1], [-0.9, -0.4]], [[1.0, 0.0], [0.0, 1.0], [0.0, -2.0]]])
    yield "exact suprema", suprema.exact_suprema, points, suprema.all_signs(3)
    X = np.array([[1.0, 0.2, 0.1], [-0.3, 1.1, 0.0], [-0.9, -0.4, -0.2], [0.0, 0.0, 0.0]])
    signs = np.array([[1.0, -1.0, 1.0, 1.0], [-1.0, -1.0, -1.0, 1.0]])
    parts = np.array([0, 1]), np.array([True, False]), signs, np.array([1.0, 2.0]), np.array([-1.0, 0.0])
    begin = suprema.Reached(*parts), np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]) @ X.T
    for rounds in (0, 1, 2):
        yield f"climb {rounds}", entries(suprema.climb), suprema.products(X), signs, begin, rounds
    for inputs in (X, X[:3]):
        some = signs[:, : len(inputs)]
        yield f"search {len(inputs)}", entries(suprema.search), inputs, np.eye(2, 3), some
        yield f"signed lengths {len(inputs)}", entries(suprema.signed_lengths), inputs, some
    yield "vectors", suprema.Reached(*parts).vectors, X, np.eye(2, 3)
    yield "directions", suprema.plane_directions, np.eye(2, 3), 6


def entries(function):
    """What a function gives, field by field."""

    @wraps(function)
    def shown(*given):
        return _entries(function(*given))

    return shown


def _entries(found):
    if isinstance(found, Rounded):
        return [found.value, found.error]
    return [_entries(getattr(found, f.name)) for f in fields(found)] if is_dataclass(found) else found


def both(function):
    """Value and error of what a function gives."""

    @wraps(function)
    def shown(*given):
        found = function(*given)
        return [found.value, found.error]

    return shown


def refused(function):
    """What a function says where it refuses its arguments."""

    @wraps(function)
    def shown(*given):
        try:
            return function(*given)
        except InputError as why:
            return str(why)

    return shown


def losses() -> Iterator[tuple]:
    """The ramp loss and the zero-one loss next to their corners."""
    generalization = import_module("checks.generalization")
    from checks.constants import GAMMA

    for at, off, error in product((0.0, GAMMA, GAMMA / 3), (-2e-9, 0.0, 2e-9), (0.0, 2e-9, 1e-8)):
        margin = Rounded(np.array([at + off * GAMMA]), np.array([error * GAMMA]))
        yield f"ramp {at:.3g} {off} {error}", both(generalization.ramp), margin
        yield f"wrong {at:.3g} {off} {error}", both(generalization.wrong), margin
    losses_ = Rounded(np.array([0.2, 0.7, 1.0]), np.array([0.1, 0.2, 0.0]))
    yield "mean ramp", both(generalization.mean_ramp), losses_
    outputs = Rounded(np.array([[0.2, 0.0], [-0.7, 0.0], [1.0, 0.0]]), np.array([[1.0, 0], [2.0, 0], [3.0, 0]]))
    signs = np.array([[1.0, -1.0, 1.0], [1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])
    yield "complexity", both(generalization.complexity), outputs, signs
    for run in (loose(), small()):
        yield f"sum of ramps {run.setting.name}", both(generalization.ramp_sum), run
        yield f"smallest C {run.setting.name}", both(generalization.smallest_C), run


def counts() -> Iterator[tuple]:
    """Counts with an error, and every part of C1."""
    measured = import_module("checks.measured")

    x = Rounded(np.array([[1.0, 2.0], [3.0, 2.1]]), np.array([[0.0, 0.3], [0.5, 0.05]]))
    for bound in (Rounded(2.0, 0.0), Rounded(2.2, 0.1), Rounded(-2.0, 0.1)):
        yield f"counted {float(bound)}", both(measured.counted), x, bound
        yield (
            f"counted some {float(bound)}",
            both(measured.counted),
            x,
            bound,
            np.array([[True, False], [True, True]]),
            1,
        )
    near_zero = Rounded(np.array([-1.0, -0.5, -0.25, 0.25]), np.array([0.5, 0.5, 0.5, 0.5]))
    yield "positive part", both(import_module("checks.layers").positive_part), near_zero
    for error in (0.0, 0.3, 0.5, 0.8, 1.0, 2.6):
        yield f"whole {error}", both(measured.whole), Rounded(3.0, error)
    for run in (loose(), small()):
        yield f"C1 {run.setting.name}", named(measured, parts_of_C1), run
        yield f"C1 interval {run.setting.name}", measured.C1_interval, run
        yield f"C2 {run.setting.name}", both(measured.C2_run), run
        yield f"beside {run.setting.name}", both(measured.beside_centre), run


def parts_of_C1(run) -> list:
    """What each part of Lemma 5 asks of C1."""
    from checks.measured import C1_parts

    return [[part.statement, part.values.value, part.values.error, part.axis] for part in C1_parts(run)]


def curves() -> Iterator[tuple]:
    """What Figures 1 and 2 say of made-up panels."""
    figures = import_module("checks.figures")

    rng = np.random.default_rng(4)
    for n, d, train in product((30, 20), (20, 25), ((0.5, 0.8, 0.9, 1.0), (0.9, 0.9, 0.9, 0.95))):
        right = rng.random((4, 40)) < np.array([0.5, 0.9, 0.85, 0.75])[:, None]
        panel = figures.Curves("made", n, d, 0.2, 0.15, np.array([0, 1, 5, 9]), np.array(train), right)
        yield f"curves {n} {d} {train}", named(figures, figures_of), panel
        yield f"said {n} {d} {train}", named(figures, lambda panel: list(figures.about_curves([panel]))), panel
    for lost in (0, 1, 2):
        right = np.arange(100)[None, :] < np.array([[85], [85 - lost]])
        panel = figures.Curves("few", 20, 25, 0.1, 0.2, np.array([0, 4]), np.array([0.6, 0.9]), right)
        yield f"lost {lost}", named(figures, figures_of), panel
    for eta in (0.1, 0.2375, 0.2376, 0.3):
        right = np.arange(100)[None, :] < np.array([[85], [76]])
        panel = figures.Curves("near", 20, 25, eta, 0.2, np.array([0, 4]), np.array([0.6, 0.9]), right)
        yield f"near {eta}", named(figures, lambda panel: list(figures.about_curves([panel]))), panel


def figures_of(panel) -> list:
    """Derived numbers of a panel."""
    return [panel.test, panel.error, panel.before, panel.fall]


def horizons() -> Iterator[tuple]:
    """T of runs and of starts, and C where the step size is large."""
    horizon, smallest_C = (
        getattr(import_module(f"checks.{module}"), name)
        for module, name in (("explicit.certificate", "horizon"), ("generalization", "smallest_C"))
    )
    for K, steps in ((1, 1), (4, None), (4, 3), (4, 9)):
        began = start(small_setting(K=K, steps=steps, n=20, noisy=0))
        for name, run in (("set", began), ("nameless", replace(began, setting=None))):
            yield f"horizon {name} {K} {steps}", horizon, run
    for alpha in (0.1, 0.49, 0.5, 0.7):
        yield f"smallest C {alpha}", both(smallest_C), replace(small(), step_size=alpha)


def places() -> Iterator[tuple]:
    """The number that would have done, and where, for bounds of either direction and sign."""
    bare_numbers = import_module("checks.bare_numbers")
    from checks.weight_growth import weight_growth

    values = np.array([[1.0, 5.0, -2.0], [3.0, 2.0, 9.0]])
    inside = np.array([[True, True, True], [True, True, False]])
    run = small()
    for relation, bound, divides in product(("<=", "<", ">=", ">"), (4.0, -4.0), (False, True)):
        claim = then("Z", "", values[:, :2], relation, bound, axes="t j", where=inside[:, :2])
        number = bare_numbers.Number("4", "Z", 4.0, weight_growth, "Z", divides)
        yield f"nearest {relation} {bound} {divides}", bare_numbers.nearest, number, claim, run
    for sign in (1.0, -1.0):
        claim = then("Z", "", sign * np.abs(values), "<=", 2.0, axes="s j", where=inside)
        yield f"nearest masked {sign}", bare_numbers.nearest, bare_numbers.NUMBERS[0], claim, run
    zero = then("Z", "", np.array([0.0, 3.0]), ">=", 2.0, axes="j")
    yield "nearest with a zero", bare_numbers.nearest, bare_numbers.NUMBERS[8], zero, run
    twice = then("Z", "", np.array([9.0, 4.0, 9.0]), "<=", 3.0, axes="j", where=[False, True, True])
    yield "nearest of two alike", bare_numbers.extreme, twice
    shifted = then("Z", "", values, "<=", 9.0, axes="t j")
    yield "labelled", bare_numbers.labelled, shifted, (1, 2), later()
    yield "nearest of nothing", bare_numbers.nearest, bare_numbers.NUMBERS[0], None, run
    below = chain(
        "E0", "", values, le(values + 1, ""), lt(values + 2, "", where=inside), le(99.0, "", printed=True), axes="t j"
    )
    three = chain("E0", "", values, le(values + 1, ""), lt(values + 2, ""), eq(values + 2, ""), axes="t j")
    above = chain("E0", "", values, ge(values - 1, ""), ge(values - 2, ""), ge(0.0, ""), axes="t j")
    only = chain("E0", "", values, lt(values + 1, ""), axes="t j")
    for name, one in (("below", below), ("three", three), ("above", above), ("strictly", only)):
        yield f"ends {name}", named(bare_numbers, ends_of), one
        yield f"nearest {name}", bare_numbers.nearest, bare_numbers.NUMBERS[0], one, run


def ends_of(one) -> list:
    """Both ends of a chain and its mask."""
    from checks.bare_numbers import ends

    claim = ends(one)
    return [claim.relation, claim.lhs.value, claim.rhs.value, claim.domain.astype(float)]


def planes() -> Iterator[tuple]:
    """Networks made best for given signs, and smallest entries."""
    best_networks, constants_ledger = (
        import_module(f"checks.{name}") for name in ("best_networks", "constants_ledger")
    )
    points = np.array([[[1.0, 0.2], [-0.3, 1.1], [-0.9, -0.4]], [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]])
    for name in ("small", "lonely"):
        yield f"best networks {name}", named(best_networks, members), made(name), points
    values = np.array([[3.0, np.inf], [1.5, 2.0]])
    yield "smallest", constants_ledger.smallest, values
    yield "smallest of none", constants_ledger.smallest, np.full((2, 2), np.inf)
    for x in (-1.0, 0.0, 4.0):
        yield f"reciprocal {x}", constants_ledger._reciprocal, x


def members(run, points) -> list:
    """All members of E49 and U-P15 with their errors."""
    from checks.best_networks import exact_members

    return [[one.value, one.error] for one in exact_members(run, points)]


def sizes() -> Iterator[tuple]:
    """The nearest sizes at which the assumptions hold, and the C that they allow."""
    feasible, assumptions = (import_module(f"checks.{name}") for name in ("feasible", "assumptions"))
    for x, low, high in product((0.12, 0.24, 0.125, 0.1666664, 0.2123456789), (0.12,), (0.24,)):
        yield f"shortened {x}", feasible._shortened, x, low, high
    for low in (1 / 3, 0.7, 1.4142135, 9.4999999, 0.0999999):
        for x in (low, 2 * low):
            yield f"shortened {x} from {low}", feasible._shortened, x, low, 2 * low
    for C, K, alpha in product((1.5, 2.0, 3.9, 4.0, 20.0, 36.0, 50.0), (None, 1, 3), (0.4, 0.5, 0.61, 0.05)):
        of = small_setting(K=K, alpha=None if K else alpha, steps=4, eta=0.1, n=64, d=6, noisy=6)
        yield f"nearest sizes {C} {K} {alpha}", feasible.nearest_changes, of, C
    for alpha in (0.4, 0.5, 0.61, 0.05):
        of = small_setting(K=None, alpha=alpha, steps=4)
        yield f"feasible {alpha}", feasible.largest_C, of
        yield f"assumptions at the least C {alpha}", assumptions.assumption_table, of, None
    for limit in (3.9, 4.0, 4.1):
        of = feasible.Feasible({}, (4.0, 16.0), {}, (4.0, limit), "A1", ())
        yield f"possible {limit}", named(feasible, lambda one: str(one.possible)), of
    yield "feasible at a tie", feasible.largest_C, small_setting(K=3, eta=1 / 36, noisy=None)
    of = small_setting(K=None, alpha=0.8, steps=4, m=10**9, n=40, delta=0.49)
    yield "nearest sizes of a very wide network", feasible.nearest_changes, of, 1.5
    for C in (1.0, 0.5):
        yield f"nearest sizes {C}", refused(feasible.nearest_changes), small_setting(), C
    enough = small_setting(K=3, d=4000, n=4000, m=400, sigma=1e-6, eta=0.001, noisy=4, omega_init=1e-9)
    yield "nearest sizes where all is well", feasible.nearest_changes, enough, 36.0
    yield "nearest sizes of other noise", feasible.nearest_changes, enough.override(noisy=7), 36.0
    yield "nearest sizes where one is wrong", feasible.nearest_changes, enough.override(eta=0.2, noisy=800), 36.0


def ties() -> Iterator[tuple]:
    """Constants where no pair is captured, an edge is 0 or a cluster is empty; rates where a count is a tie."""
    ledger, rates = (import_module(f"checks.{name}") for name in ("constants_ledger", "exact_rates"))
    flat = simulate(small_setting(seed=2, n=24, noisy=0, C0=1e6, sigma=0.3))
    none, lacking = replace(small(), C0=0.05), replace(lonely(), setting=small(seed=9).setting)
    for name, run in (("no pair", none), ("edge 0", flat), ("empty cluster", lacking)):
        yield f"C2 {name}", ledger.C2_constant, run
        yield f"c1 {name}", ledger.c1_constant, run, 0.04, 1e-3
        yield f"c {name}", listed(ledger.c_constants), run
    for alpha in (0.3, 0.45, 0.6):
        yield f"C {alpha}", listed(ledger.C_constants), replace(small(), step_size=alpha)
    for n, delta, k, eta in ((12, 0.2, 3, 0.1), (12, 0.2, 4, 0.1), (12, 0.2, 4, 0.25)):
        s = np.sqrt(np.log(1 / delta) / n) * n / k
        of = small_setting(n=n, delta=delta, eta=eta, noisy=None, d=4, sigma=float(s / 2))
        yield f"rates {n} {k} {eta}", rates.exact_rates, of
    for C0, delta, m in ((2.0, 0.49, 8), (1.5, 0.49, 10), (4.0, 0.49, 6)):
        yield f"rates of {m} neurons", rates.exact_rates, small_setting(C0=C0, delta=delta, m=m)


def remarks() -> Iterator[tuple]:
    """What is said in passing of runs on which it says nothing, or little."""
    generalization, illustrations = (import_module(f"checks.{name}") for name in ("generalization", "illustrations"))
    known = {key: getattr(small(), key) for key in ("sigma", "eta", "omega_init", "delta", "C0", "setting", "d")}
    of, a, W, mu = small().sample, small().a, small().W(0), small().sample.mu
    for at_zero in (0.0, 0.5):
        still = trained(of, a, 0 * W, step_size=1 / 12, steps=4, relu_at_zero=at_zero, **known)
        yield f"correlations from zero {at_zero}", listed_claims(illustrations, "amplification"), still
    for name, some in (("one", np.arange(of.y.size) == 0), ("all", np.ones(of.y.size, dtype=bool))):
        X = np.where(some[:, None], 0.7 * mu[0] - 0.7 * mu[1], of.X)
        run = trained(DataSample(X, of.y, of.y_clean, of.cluster, mu), a, W, step_size=1 / 12, steps=4, **known)
        yield f"resemblance where {name} lie between", listed_claims(illustrations, "resemblance"), run
    for run in (small(), loose()):
        yield f"what C absorbs {run.n}", named(generalization, absorbed), run
    points = np.array([[1.0, 0.5, 0.2, 0, 0, 0], [-0.3, 1.0, 0, 0, 0.1, 0]])
    for threshold in (0.0, 0.5, -0.2):
        yield f"right share {threshold}", both(illustrations.right_share), loose(), points, threshold
    first_gradient = import_module("checks.first_gradient")
    yield "length of rows", both(first_gradient.length), small(), Rounded(points)
    for alpha in (0.2, 0.1):
        run = simulate(small_setting(K=None, alpha=alpha))
        yield f"notes at alpha {alpha}", listed(generalization.fresh_notes), run


def absorbed(run) -> list:
    """The terms of the bound on the test error beside the ramp, and those that a large C absorbs."""
    from checks.constants import GAMMA
    from checks.generalization import bounds, large_constant

    shown, proved = bounds(run, [])
    printed, as_proved, noisy, drawn, _ = (float(link.rhs.value) for link in proved.links())
    root, errors = GAMMA * np.sqrt(run.n), float(sum(link.rhs.error.sum() for link in shown.links()))
    large = float(large_constant(run).rhs.value) - 8 / (GAMMA * np.sqrt(np.log(2)))
    return [large, printed - 4 / root, *(x - 8 / root for x in (as_proved, noisy, drawn)), errors]


def premises() -> Iterator[tuple]:
    """Premises of neurons outside J, and of a run in which the noise wins late."""
    conditions, persistence = (
        import_module(f"checks.{name}") for name in ("explicit.conditions", "persistence_premises")
    )
    far = import_module("checks.planted").planted(small())
    W = far.W(far.first)
    few = trained(far.sample, far.a, W, step_size=far.step_size, steps=1, first=far.first, C0=1.01, d=far.d)
    show = named(persistence, lambda run: [c.domain.astype(float) for c in persistence.turning_premises(run)])
    yield "turning premises of few neurons", show, few
    grown = import_module("checks.staying_aligned").grown
    size = Rounded(np.full((small().n_s, small().m), 0.1), np.geomspace(1e-3, 1e-6, small().n_s)[:, None])
    least = named(import_module("checks.staying_aligned"), lambda run, size: grown(run, size).lhs)
    yield "least increment so far", both(least), small(), size
    scalings = import_module("checks.scalings")
    for seed in range(8):
        beyond = simulate(small_setting(sigma=0.4, steps=9, eta=0.3, noisy=None, seed=seed))
        yield f"largest crossing {seed}", scalings.largest_crossing, beyond
    planted = import_module("checks.planted")
    of_one_step = simulate(small_setting(K=None, alpha=0.3))
    yield "planted where K is 0", named(planted, lambda run: [planted.planted(run).first, run.K]), of_one_step
    far_cases, facts = import_module("checks.staying_orthogonal").far_cases, persistence.step_facts
    show = named(import_module("checks.staying_orthogonal"), lambda run: sizes_of(far_cases(run, facts(run))))
    yield "far cases of few neurons", show, replace(far, C0=1.01)
    late = simulate(small_setting(eta=0.25, noisy=None, sigma=0.05, K=12, seed=36, n=40))
    yield "falling", named(conditions, lambda run: float(conditions.falling_throughout(run).lhs.value)), late


def sizes_of(chains) -> list:
    """How many indices each link of some chains is judged at."""
    return [[link.id, float(link.size)] for found in chains for link in found.links()]


def listed_claims(module, name):
    """Both sides of the claims of a statement."""
    statement = getattr(module, name)
    return named(module, lambda run: [[c.id, c.lhs.value, c.rhs.value] for c in statement.claims(run)])

"""The settings that the benchmarks run at."""

from rfa import Setting


def theory(K: int, C: float, **more: object) -> Setting:
    """alpha = 1/(4K), the least sizes that (A1)-(A5) ask for at C, and sigma, omega, eta at their largest."""
    from math import ceil, log

    m = 2 * ceil(C * log(10) / 2)
    n = ceil(C * log(m / 0.1))
    d = ceil(C * max(log(n / 0.1) ** 2, log(m / 0.1)))
    given = {
        "d": d, "n": n, "m": m, "sigma": 1 / (C * d**0.5), "eta": 1 / C, "K": K,
        "omega_init": 1 / (C * (m * d) ** 0.5), "C": C, "fresh": 100, "name": f"K={K}, C={C:g}",
    }  # fmt: skip
    return Setting(**{**given, **more})


def smallest(**more: object) -> Setting:
    """K = 2, C = 16 with delta near 1/2: the smallest feasible sizes."""
    return Setting(**{
        "d": 342, "n": 51, "m": 12, "sigma": 1 / (16 * 342**0.5), "eta": 1 / 16, "K": 2, "delta": 0.49,
        "omega_init": 1 / (16 * (12 * 342) ** 0.5), "C": 16.0, "fresh": 100, "name": "K=2, C=16", **more,
    })  # fmt: skip


PROOF_SCALE = Setting(
    d=20, n=4000, m=16, sigma=1.6e-5 / 20**0.5, eta=5e-4, K=11400, steps=500, omega_init=4.4e-6 / 320**0.5,
    C0=1000.0, name="proof-scale, 500 steps",
)  # fmt: skip
NEAR_ONE = Setting(
    d=8000, n=1000, m=400, sigma=1 / 8000**0.5, eta=0.1, K=10, omega_init=0.1 / (400 * 8000) ** 0.5,
    name="sigma sqrt(d) = 1",
)  # fmt: skip
FIGURE_1 = Setting(
    d=2, n=5000, m=500, sigma=1 / 50**0.5, eta=0.15, alpha=0.05, steps=300, omega_init=1 / (32 * 500) ** 0.5,
    name="Figure 1, 300 steps",
)  # fmt: skip
SIDE_BY_SIDE = (PROOF_SCALE, FIGURE_1, theory(5, 100), NEAR_ONE, theory(10, 400))

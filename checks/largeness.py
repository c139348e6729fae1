"""How large "C large enough" is: every step of the proof that asks for it, as an inequality in C.

C1 s <= C1/C, |N|/n <= 1/C + C1/√C, u <= C^(−p/2) and 1/(2√C) <= α <= 1/√C are what the assumptions give at C.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil, inf, isinf, log, sqrt

from checks.constants import SQRT2, E
from rfa.constants import Requirement, least

LARGEST_EDGE = 0.3
"""c1 by Cantelli's inequality: s <= 1/(6 C0) gives p >= 4/5 = ½ + c1 for any law (G2)."""


@dataclass(frozen=True)
class Proof:
    """What a version of the proof works with.

    `floor` stands for E in g >= E/2; `repaired` says whether the slips of the paper are repaired, `sharp`
    whether Hoeffding's inequality is used with its best exponent.
    """

    delta: float
    C0: float
    C1: float
    c1: float
    a6_power: float = 2.0
    floor: float = E
    repaired: bool = False
    sharp: bool = False

    @property
    def C2(self) -> float:
        """The constant of Lemma 6, 4/c1 (E15)."""
        return 4 / self.c1 if self.c1 > 0 else inf

    @property
    def share(self) -> float:
        """(1 − 1/C0)²."""
        return (1 - 1 / self.C0) ** 2

    @property
    def gamma(self) -> float:
        """The margin of Theorem 1."""
        return self.floor / (16 * 1024)

    def far(self, C: float) -> float:
        """Bound on D: C1 s <= C1/C (A2)."""
        return self.C1 / C

    def noisy(self, C: float) -> float:
        """Bound on |N|/n: 1/C + C1/√C (L5c, A3, A4)."""
        return 1 / C + self.C1 / sqrt(C)

    def start(self, C: float) -> float:
        """Bound on u: C^(−p/2) (A6)."""
        return float(C ** (-self.a6_power / 2))

    def m(self, C: float) -> float:
        """The fewest neurons that (A5) allows."""
        return max(2.0, C * log(1 / self.delta))

    def n(self, C: float) -> float:
        """The fewest samples that (A3) allows."""
        return C * log(self.m(C) / self.delta)


def least_C0(floor: float) -> float:
    """What U-T1J asks of C0: 1 − (1 − 1/C0)² <= 1/(16 C_f²) with C_f = 4096/(floor (1 − 1/C0)²)."""
    return least(lambda C0: (floor * (1 - 1 / C0) ** 2 / 4096) ** 2 / 16 - (2 / C0 - 1 / C0**2))


def sizes(proof: Proof, C: float) -> Mapping[str, float]:
    """What (A1)-(A7) ask for at C: least m, n, d and T, largest s, eta and u, least and largest alpha."""
    if isinf(C):
        return dict.fromkeys(("m", "n", "d", "T"), inf) | dict.fromkeys(("s", "eta", "u", "alpha"), 0.0)
    m, n, delta = proof.m(C), proof.n(C), proof.delta
    d = C * max(log(n / delta) ** 2, log(m / delta))
    whole = {"m": m, "n": n, "d": d, "T": 1 + sqrt(C) / 4}
    small = {"s": 1 / C, "eta": 1 / C, "u": proof.start(C), "alpha": 1 / sqrt(C)}
    return {key: float(ceil(size)) for key, size in whole.items()} | small


def requirements(proof: Proof) -> tuple[Requirement, ...]:
    """All steps that ask for a large C, in the order of the paper."""
    parts = (start, sample, edge, first_step, growth, margin, persistence, theorem, movement, ideal)
    return tuple(requirement for part in parts for requirement in part(proof))


def start(p: Proof) -> Iterator[Requirement]:
    """L3, L4: concentration of the initial weights."""
    yield Requirement(
        "L3", "32 log(4m/δ) ≤ C log(m/δ)",
        lambda C: C * log(p.m(C) / p.delta) - 32 * log(4 * p.m(C) / p.delta),
    )  # fmt: skip
    printed, best = 16 * p.C0**2 * log(32 / p.delta), 4 * p.C0**2 * log(16 / p.delta) / (1 - 1 / p.C0)
    says = "C log(1/δ) ≥ 4 C0² log(16/δ)/(1 − 1/C0)" if p.sharp else "C log(1/δ) ≥ 16 C0² log(32/δ)"
    yield Requirement("L4", says, lambda C: C * log(1 / p.delta) - (best if p.sharp else printed))


def sample(p: Proof) -> Iterator[Requirement]:
    """L5 and E7."""
    yield Requirement("L5a", "C1/C ≤ 1/C1", lambda C: 1 / p.C1 - p.far(C))
    yield Requirement("L5c", "C1/√C ≤ 1/C1", lambda C: 1 / p.C1 - p.C1 / sqrt(C))
    yield Requirement(
        "E7", "4C1/√C + 4(1/C + C1/√C) ≤ ½", lambda C: 0.5 - 4 * p.C1 / sqrt(C) - 4 * p.noisy(C)
    )  # fmt: skip


def edge(p: Proof) -> Iterator[Requirement]:
    """L6: tight clusters and enough samples."""
    if p.repaired:
        yield Requirement("U-L6p", "1/C ≤ 1/(6C0)", lambda C: 1 / (6 * p.C0) - 1 / C, gap="G2")
    else:
        yield Requirement("U-L6p", "1/C ≤ 3/C0", lambda C: 3 / p.C0 - 1 / C)
    says = "4ρ + 4C1/√C" if p.repaired else "4ρ(½ + c1) + 4C1(½ − c1)/√C"
    yield Requirement(
        "E14", f"{says} + 8c√(log(64m/δ)/n) ≤ c1", lambda C: p.c1 - edge_losses(p, C),
        gap="G3" if p.repaired else "",
    )  # fmt: skip


def edge_losses(p: Proof, C: float) -> float:
    """What E14 (iii) takes from 2 c1, at the sizes that the assumptions allow."""
    L, n, spread = log(64 * p.m(C) / p.delta), p.n(C), 4 * p.C1 / sqrt(C)
    c = sqrt(0.5) if p.repaired else max(sqrt(0.5), 4 * p.C1 * sqrt(log(1 / p.delta) / L))
    shares = (1.0, 1.0) if p.repaired else (0.5 + p.c1, 0.5 - p.c1)
    return 4 * p.noisy(C) * shares[0] + spread * shares[1] + 8 * c * sqrt(L / n)


def first_step(p: Proof) -> Iterator[Requirement]:
    """L12."""
    if p.repaired:
        yield Requirement("E33", "1/C + C1/√C ≤ 1/(2C2)", lambda C: 1 / (2 * p.C2) - p.noisy(C), gap="G8")
    else:
        yield Requirement("E33", "2/C ≤ 1/(2C2)", lambda C: 1 / (2 * p.C2) - 2 / C)
    yield Requirement("E34 D", "C1/C ≤ 1/(16C2)", lambda C: 1 / (16 * p.C2) - p.far(C))
    yield Requirement("E34 u", "C^(−p/2) ≤ 1/(16C2)", lambda C: 1 / (16 * p.C2) - p.start(C))
    yield Requirement("E36", "C1/C ≤ 1/(64C2)", lambda C: 1 / (64 * p.C2) - p.far(C))


def growth(p: Proof) -> Iterator[Requirement]:
    """L14."""
    if p.repaired:
        yield Requirement("E16", "C1/C ≤ √2 − 1", lambda C: SQRT2 - 1 - p.far(C), gap="G5")
    else:
        yield Requirement("E16", "C1/C² ≤ 1/3", lambda C: 1 / 3 - p.C1 / C**2)
    yield Requirement("L14", "C^(−p/2) ≤ 1/(6√C)", lambda C: 1 / (6 * sqrt(C)) - p.start(C))


def margin(p: Proof) -> Iterator[Requirement]:
    """L11."""
    yield Requirement(
        "E20", "(3/2)(1/C + C1/√C) + C1/C ≤ E/64", lambda C: p.floor / 64 - 1.5 * p.noisy(C) - p.far(C)
    )  # fmt: skip
    yield Requirement("E22", "1/√C ≤ E(1 − 1/C0)²/6144", lambda C: p.floor * p.share / 6144 - 1 / sqrt(C))
    yield Requirement("U-L11c", "C1/C ≤ E(1 − 1/C0)²/4096", lambda C: p.floor * p.share / 4096 - p.far(C))


def persistence(p: Proof) -> Iterator[Requirement]:
    """L13."""
    yield Requirement("E39 noise", "2(1/C + C1/√C) ≤ E/128", lambda C: p.floor / 128 - 2 * p.noisy(C))
    yield Requirement("E39 D", "2C1/C ≤ E/128", lambda C: p.floor / 128 - 2 * p.far(C))
    yield Requirement("E40", "C1/C ≤ E/512", lambda C: p.floor / 512 - p.far(C))
    yield Requirement("E42", "C1/C < 1/(2√C)", lambda C: 1 / (2 * sqrt(C)) - p.far(C))
    yield Requirement(
        "E44", "2C1/C + 3(1/C + C1/√C) < E/32", lambda C: p.floor / 32 - 2 * p.far(C) - 3 * p.noisy(C)
    )  # fmt: skip


def theorem(p: Proof) -> Iterator[Requirement]:
    """The second part of Theorem 1: its C takes in all other terms of U-T1g."""
    times = 8 if p.repaired else 4
    yield Requirement(
        "T1.test", f"C√log(1/δ) ≥ √(2C log(2T/δ)) + {times}/γ + √(2 log(4/δ)), T = 1 + √C/2",
        lambda C: C * sqrt(log(1 / p.delta)) - uniform_terms(p, C, times),
        gap="G4" if p.repaired else "",
    )  # fmt: skip


def uniform_terms(p: Proof, C: float, times: int) -> float:
    """√(2C log(2T/δ)) + `times`/γ + √(2 log(4/δ)) at the largest T that (A7) allows."""
    noise = sqrt(2 * C * log(2 * (1 + sqrt(C) / 2) / p.delta))
    return noise + times / p.gamma + sqrt(2 * log(4 / p.delta))


def movement(p: Proof) -> Iterator[Requirement]:
    """P2."""
    yield Requirement("P2 α", "1/√C < 1/10", lambda C: 0.1 - 1 / sqrt(C))
    if p.repaired:
        yield Requirement("E52", "C1/C ≤ E/512", lambda C: p.floor / 512 - p.far(C), gap="G7")
    else:
        yield Requirement("E52", "8C1/C ≤ E/512", lambda C: p.floor / 512 - 8 * p.far(C))
    yield Requirement("E54", "C^(−p/2) ≤ E/4096", lambda C: p.floor / 4096 - p.start(C))
    yield Requirement("P2", "1/C ≤ E/(16·1024)", lambda C: p.floor / (16 * 1024) - 1 / C)


def ideal(p: Proof) -> Iterator[Requirement]:
    """Appendix D."""
    least_power = 1.5 if p.repaired else 3
    yield Requirement(
        "U-AD3", f"C^(3/2) ≥ {least_power}", lambda C: C**1.5 - least_power, gap="G10" if p.repaired else ""
    )  # fmt: skip

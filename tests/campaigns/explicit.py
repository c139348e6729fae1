"""The long campaign on the sharpened proof.

python -m tests.campaigns.explicit [--seeds N] [--runs N] [--first SEED] [--workers N] [--keep FILE] [--minutes M]

First the settings at C = 90 and 64.01, K = 3 and 4, five pairs of cluster and noise law, `--seeds` seeds each: every
line judged, certified and measured margins printed, and every seed on which R1 to R4 do not all hold. Then `--runs`
adversarial runs (tests/adversary.py): on how many the conditions hold, and on how many each line speaks of something.
With `--keep` the blocks of adversarial runs that are finished are kept, and a later call goes on from there.
Exit code 1 if a line fails anywhere, or a conclusion where R2 to R4 hold.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import product
from pathlib import Path

import numpy as np

import tests.adversary
from checks.explicit import PAPER
from checks.explicit.certificate import certify
from checks.explicit.ledger import worst_margin
from rfa import Outcome, Setting, judge
from rfa.data import CENTRE_NAMES
from rfa.simulation import simulate
from rfa.studies.trials import code_version
from tests.adversary import BROKEN, adversarial, all_said, broken, conditions, labels_are_right

SIZES = {90.0: {"m": 208, "n": 688, "d": 7028}, 64.01: {"m": 148, "n": 468, "d": 4572}}
LAWS = [
    ("gaussian", "uniform"),
    ("gaussian", "one-cluster"),
    ("gaussian", "half-space"),
    ("exponential", "uniform"),
    ("laplace", "uniform"),
]
GROUPS = list(product(SIZES, (3, 4), LAWS))
BELOW = 1 - 1e-6
BLOCK = 500
"""Adversarial runs that are kept together."""
LINKED = 5
"""The links of the proof are judged too on one adversarial run in so many."""


def setting(C: float, K: int, clusters: str, noise: str, seed: int) -> Setting:
    """A1 to A7 at C with delta = 0.1 and s, u, eta just below 1/C."""
    size = SIZES[C]
    d, m = size["d"], size["m"]
    return Setting(
        **size, K=K, C=C, seed=seed, clusters=clusters, noise=noise, eta=BELOW / C, delta=0.1,
        sigma=BELOW / C / np.sqrt(d), omega_init=BELOW / C / np.sqrt(m * d), fresh=10, name="campaign",
    )  # fmt: skip


# ---- the settings of the specification ---------------------------------------------------------------------


@dataclass
class Judged:
    """One setting: outcomes by verdict that are not CONFIRMED, the two margins, and why R4 fails if it does."""

    setting: Setting
    other: dict[str, Outcome]
    certified: float
    measured: float
    why: str

    @property
    def inside(self) -> bool:
        """Whether R1 to R4 hold."""
        return not {"R1", "R2", "R3", "R4"} & set(self.other)


def judged(one: Setting) -> Judged:
    """All results of the paper on the run of a setting."""
    run = simulate(one)
    verdicts = [v for s in PAPER.results for j in (judge(s, run),) for v in (*j.verdicts, *j.links)]
    other = {v.id: v.outcome for v in verdicts if v.outcome is not Outcome.CONFIRMED}
    known = certify(run).recursion
    mu = int(np.argmin([x.lower for x in known.margin]))
    why = (
        f"{CENTRE_NAMES[mu]} has |M_mu| = {known.measured.members[mu]} of {run.m} neurons, "
        f"{run.clean_size[mu]} clean and {run.noisy_size[mu]} noisy of {run.n} samples"
    )
    return Judged(one, other, known.margin[mu].lower, worst_margin(run), why)


def group_of(seeds: int, group: tuple[float, int, tuple[str, str]]) -> list[Judged]:
    """All seeds of one setting."""
    C, K, laws = group
    return [judged(setting(C, K, *laws, seed)) for seed in range(seeds)]


def large_runs(seeds: int, crew: ProcessPoolExecutor) -> bool:
    """The settings, a line for each group of seeds and one for all; whether every group is as `told` asks."""
    groups, fine = [], True
    for group in crew.map(partial(group_of, seeds), GROUPS):
        groups += group
        fine &= tell(group)
    return tell(groups, "all") and fine


def tell(group: list[Judged], name: str = "") -> bool:
    """Print some runs; whether all is confirmed where R1 to R4 hold and nothing is refuted."""
    one, inside = group[0].setting, [g for g in group if g.inside]
    names = Counter(f"{id} {outcome.name}" for g in group for id, outcome in g.other.items())
    certified, measured = [g.certified for g in group], [g.measured for g in group]
    losses = [g.measured / g.certified for g in inside] or [np.nan]
    print(
        f"{name or f'C = {one.C:g}, K = {one.K}, {one.clusters}, {one.noise}'}: R1 to R4 on {len(inside)} of "
        f"{len(group)}, certified {min(certified):.4f} to {max(certified):.4f}, measured {min(measured):.4f} to "
        f"{max(measured):.4f}, loss {min(losses):.2f} to {max(losses):.2f}; not confirmed: "
        f"{', '.join(f'{name} ({count})' for name, count in sorted(names.items())) or 'nothing'}",
        flush=True,
    )
    for g in group if not name else []:
        if not g.inside:
            labels = ", ".join(sorted({g.other[id].name for id in PAPER.goals if id in g.other}))
            print(
                f"    seed {g.setting.seed}: certified {g.certified:.6f}, measured {g.measured:.6f}, "
                f"conclusion {labels}; {g.why}",
                flush=True,
            )
    expected = {("S8b.misses", Outcome.NOT_APPLICABLE)}
    confirmed = all(set(g.other.items()) <= expected for g in inside)
    return confirmed and not any(outcome in BROKEN for g in group for outcome in g.other.values())


# ---- adversarial runs --------------------------------------------------------------------------------------


@dataclass
class Told:
    """What many adversarial runs showed; `broken` and `wrong` name seeds, `spoken` counts runs by line."""

    runs: int = 0
    regime: int = 0
    certified: int = 0
    ties: int = 0
    linked: int = 0
    spoken: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[int, str]] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)

    def __add__(self, other: "Told") -> "Told":
        return Told(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))

    @property
    def sentence(self) -> str:
        """The shares in one line."""
        runs = max(self.runs, 1)
        return (
            f"{self.runs} adversarial runs: R1 to R3 hold on {self.regime} ({self.regime / runs:.1%}), "
            f"R2 to R4 on {self.certified} ({self.certified / runs:.1%}), ties at the start on {self.ties}, "
            f"links judged too on {self.linked}; "
            f"lines that fail: {len(self.broken)}, conclusions that fail under R2 to R4: {len(self.wrong)}"
        )

    @property
    def coverage(self) -> str:
        """On how many runs each line speaks of something."""
        return "runs on which a line speaks of something: " + ", ".join(f"{k} {n}" for k, n in self.spoken.items())


def small_runs(seeds: Iterable[int]) -> Told:
    """Every line on the adversarial run of every seed."""
    told = Told()
    for seed in seeds:
        run = adversarial(seed)
        holds = conditions(run)
        told.runs += 1
        told.regime += holds["R1"] and holds["R2"] and holds["R3"]
        told.ties += bool((run.pre(0).value == 0).any())
        linked = seed % LINKED == 0
        said = all_said(run, links=linked)
        told.linked += linked
        told.spoken.update(s.claim.id for s in said if s.claim.link is None and s.claim.domain.any())
        told.broken += [(seed, v.id) for v in broken(run, said)]
        if holds["R2"] and holds["R3"] and holds["R4"]:
            told.certified += 1
            told.wrong += [] if labels_are_right(run) else [seed]
    return told


class Kept:
    """Finished blocks by their first seed, one JSON line each; blocks of other code do not count."""

    def __init__(self, path: Path | None) -> None:
        files = (Path(__file__), Path(tests.adversary.__file__))
        self.code = code_version("explicit") + sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:16]
        self.path = path
        self.blocks: dict[int, Told] = {}
        for line in path.read_text().splitlines() if path and path.exists() else []:
            found = json.loads(line)
            first, code = found.pop("first"), found.pop("code")
            if code == self.code:
                self.blocks[first] = Told(**found | {"spoken": Counter(found["spoken"])})

    def add(self, first: int, told: Told) -> None:
        """One more block."""
        self.blocks[first] = told
        if self.path:
            with self.path.open("a") as file:
                file.write(json.dumps({"first": first, "code": self.code, **vars(told)}) + "\n")


def blocks_of(first: int, runs: int) -> Iterator[range]:
    """The seeds in blocks."""
    for start in range(first, first + runs, BLOCK):
        yield range(start, min(start + BLOCK, first + runs))


def all_small_runs(seeds: list[range], kept: Kept, crew: ProcessPoolExecutor, minutes: float) -> Told:
    """The blocks that are not kept yet, as many as there is time for; the total of all blocks asked for."""
    until = time.monotonic() + 60 * minutes
    waiting = {crew.submit(small_runs, block): block for block in seeds if block.start not in kept.blocks}
    for done in as_completed(waiting):
        if done.cancelled():
            continue
        kept.add(waiting[done].start, done.result())
        if len(kept.blocks) % 10 == 0:
            print(sum(kept.blocks.values(), Told()).sentence, flush=True)
        if time.monotonic() > until:
            for later in waiting:
                later.cancel()
    return sum((kept.blocks[b.start] for b in seeds if b.start in kept.blocks), Told())


def main() -> int:
    """The campaign with the numbers of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.explicit")
    parser.add_argument("--runs", type=int, default=100_000, help="number of adversarial runs")
    parser.add_argument("--first", type=int, default=0, help="seed of the first of them")
    parser.add_argument("--seeds", type=int, default=20, help="seeds of each setting at C = 90 and 64.01")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--keep", type=Path, help="file for finished blocks of adversarial runs, to go on from")
    parser.add_argument("--minutes", type=float, default=np.inf, help="begin no adversarial run after so long")
    given = parser.parse_args()
    with ProcessPoolExecutor(given.workers) as crew:
        fine = large_runs(given.seeds, crew) if given.seeds else True
        seeds = list(blocks_of(given.first, given.runs))
        told = all_small_runs(seeds, Kept(given.keep), crew, given.minutes)
    if given.runs:
        print(told.sentence, told.coverage, *told.broken[:20], *told.wrong[:20], sep="\n")
    return 0 if fine and not told.broken and not told.wrong else 1


if __name__ == "__main__":
    sys.exit(main())

"""The paper: Frei, Chatterji, Bartlett, Random Feature Amplification (JMLR 2023). The only list of its results."""

from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files

from checks.alignment_notes import alignment_notes
from checks.almost_orthogonality import almost_orthogonality
from checks.assumptions import (
    assumption_table,
    large_dimension,
    low_noise,
    many_neurons,
    many_samples,
    moderate_step,
    small_start,
    tight_clusters,
)
from checks.candidate_neurons import candidate_neurons
from checks.capture_edge import capture_edge
from checks.constants import PAPER_C0
from checks.constants_ledger import constants
from checks.exact_rates import exact_rates
from checks.feasible import feasible_note
from checks.feature_movement import feature_movement
from checks.figures import FIGURES
from checks.first_step import first_step
from checks.gaps import GAPS, READINGS
from checks.generalization import fresh_notes
from checks.good_run import good_run
from checks.ideal_classifier import ideal_classifier
from checks.illustrations import amplification, linear_classifiers, resemblance, steady_derivative, turning_away
from checks.initial_norms import initial_norms
from checks.loss_ledgers import first_step_ledger, margin_ledger, movement_ledger
from checks.main_theorem import main_theorem
from checks.margin_at_stopping import margin_at_stopping
from checks.moot import bounded
from checks.neuron_alignment import neuron_alignment
from checks.persistence import persistence
from checks.rademacher import rademacher
from checks.sample_geometry import directions_of_samples, equal_clusters, few_noisy_samples, near_centres
from checks.scalings import SCALINGS
from checks.subnetwork_margin import subnetwork_margin
from checks.weight_growth import weight_growth
from rfa import DoesNotApply, Paper, Run
from rfa.papers import Survey


def notes(run: Run) -> Iterator[str]:
    """What every report of a run says about C, about C0, about the alignment of J and about the test error."""
    with suppress(DoesNotApply):
        yield feasible_note(run)
    yield (
        f"C0 = {run.C0:g} is used here. The good run of the paper (Definition 7) takes C0 = 4⁵·1024²·e⁴ = "
        f"{PAPER_C0:.3g}, which is out of reach: its L4 asks for more than 10²³ neurons."
    )
    with suppress(DoesNotApply):
        yield from alignment_notes(run)
    yield from fresh_notes(run)


PAPER = Paper(
    name="printed",
    title="Random Feature Amplification: Feature Learning and Generalization in Neural Networks",
    results=bounded((
        large_dimension, tight_clusters, many_samples, low_noise, many_neurons, small_start, moderate_step,
        initial_norms, candidate_neurons, near_centres, directions_of_samples, few_noisy_samples, equal_clusters,
        capture_edge, good_run, subnetwork_margin, neuron_alignment, almost_orthogonality, weight_growth,
        first_step, persistence, margin_at_stopping, rademacher, main_theorem, feature_movement, ideal_classifier,
        linear_classifiers, amplification, turning_away, resemblance, steady_derivative,
    )),
    settings=files(__name__) / "settings",
    gaps=GAPS,
    readings=READINGS,
    default=True,
    default_setting="proof-scale",
    example="quick",
    notes=notes,
    assumptions=assumption_table,
    constants=constants,
    exact_rates=exact_rates,
    scalings=SCALINGS,
    ledgers=(margin_ledger, first_step_ledger, movement_ledger),
    goals=("T1.train.clean", "T1.train.noisy"),
    pictured=("L14.neuron", "C10"),
    figures=FIGURES,
    gallery={
        "proof-scale": ("slack", "L14.neuron", "C10", "margins", "L11.clean"),
        "feasible": ("alignment", "portrait"),
        "amplification": ("portrait", "alignment", "capture", "patterns"),
        "asymmetric": ("margins",),
    },
    surveys={
        "rates": Survey("study", "amplification", 100, statements=("L3", "L4", "L5a", "L5b", "L5c", "L5d", "L6", "D7")),
        "violations": Survey("violations", "figure-1", 3),
        "map": Survey(
            "violations", "amplification", 2, {"n": 300, "d": 200, "m": 32},
            axes=(("sigma*sqrt(d)", (0.03, 3.0, 6)), ("eta", (0.02, 0.45, 5))), map_of="T1.train.clean",
        ),
        "break-point": Survey(
            "breakpoint", "amplification", 64, {"n": 100, "d": 50, "m": 16, "delta": 0.3}, ("T1.train.clean",), ("A2",)
        ),
    },
)  # fmt: skip

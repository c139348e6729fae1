"""Property-based testing of statements: strategies, searches, saved counterexamples (extra `testing`)."""

from rfa.testing.saved import Saved, save, saved
from rfa.testing.search import PROFILES, NeverExercised, Refuted, Tally, examine, judged
from rfa.testing.strategies import candidates, claims, cluster_laws, made, noise_laws, planted_states, runs, settings

__all__ = [
    "PROFILES", "NeverExercised", "Refuted", "Saved", "Tally", "candidates", "claims", "cluster_laws", "examine",
    "judged", "made", "noise_laws", "planted_states", "runs", "save", "saved", "settings",
]  # fmt: skip

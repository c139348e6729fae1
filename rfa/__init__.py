"""An executable audit of a proof: train the paper's network and test every statement on the run."""

from rfa.audit import simulate, verify
from rfa.chains import PROOF, chain, eq, ge, gt, le, lt
from rfa.claims import Claim, suppose, then
from rfa.departures import Departure
from rfa.errors import InputError
from rfa.fitting import Clusters, fit_clusters
from rfa.papers import DoesNotApply, Paper, Statement, find_papers, result
from rfa.recorder import Recorder
from rfa.report.model import Report
from rfa.rounding import Rounded, Sampled, rounded
from rfa.run import Run
from rfa.runfile import load_run, save_run
from rfa.setting import Setting
from rfa.verdicts import Judgement, Outcome, Verdict, judge

__version__ = "0.1.0"

__all__ = [
    "PROOF",
    "Claim",
    "Clusters",
    "Departure",
    "DoesNotApply",
    "InputError",
    "Judgement",
    "Outcome",
    "Paper",
    "Recorder",
    "Report",
    "Rounded",
    "Run",
    "Sampled",
    "Setting",
    "Statement",
    "Verdict",
    "chain",
    "eq",
    "find_papers",
    "fit_clusters",
    "ge",
    "gt",
    "judge",
    "le",
    "load_run",
    "lt",
    "result",
    "rounded",
    "save_run",
    "simulate",
    "suppose",
    "then",
    "verify",
]

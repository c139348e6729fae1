"""Run one setting and print predicted bytes, bytes added at the peak, and seconds."""

import sys
import time

import scipy.special  # noqa: F401  # imported by the first run of a process, and no part of what a run takes

from rfa import Setting
from rfa.simulation import check_memory, simulate
from tests.benchmarks.measures import forget_peak, used

if __name__ == "__main__":
    setting = Setting.from_toml(sys.argv[1])
    predicted = check_memory(setting)
    forget_peak()
    before = used()
    began = time.perf_counter()
    simulate(setting)
    print(predicted, used() - before, time.perf_counter() - began)

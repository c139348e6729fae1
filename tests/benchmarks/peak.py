"""Run one setting and print predicted bytes, bytes added at the peak, and seconds."""

import sys
import time

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

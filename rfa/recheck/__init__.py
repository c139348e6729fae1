"""A second opinion on a report: every witness computed again from the run file, in higher precision.

Nothing here is shared with the engine, the framework or the checks (only `rfa.recheck.command` reads the two files
with the usual readers). The formulas are written down a second time from the paper, one row per claim; inner
products are exact integers and the rest is taken with 256 bits.
"""

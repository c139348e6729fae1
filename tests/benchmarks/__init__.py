"""Benchmarks of the engine; `python -m tests.benchmarks` runs them and writes reports/benchmarks/."""

"""Many runs: rates with stated error probabilities, sweeps, break points, the violation report,
counterexamples."""

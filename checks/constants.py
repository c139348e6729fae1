"""Bare numbers of the paper. E = exp(-2) stands for itself throughout."""

import numpy as np

E = float(np.exp(-2.0))
SQRT2 = float(np.sqrt(2.0))
GAMMA = E / (16 * 1024)
"""Margin of Theorem 1's proof, the width of the ramp loss."""
PAPER_C0 = 4.0**5 * 1024.0**2 * float(np.exp(4.0))
"""C0 of Definition 7 and Theorem 1, about 5.86e10."""

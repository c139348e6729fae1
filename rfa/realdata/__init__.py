"""Data from the world as the paper's task: four classes as ±mu1, ±mu2, trained, judged, set against its assumptions."""

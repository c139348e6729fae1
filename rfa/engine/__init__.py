"""What one training step is made of: the layout of the sample, the two passes over it, patterns, weights, reduction."""

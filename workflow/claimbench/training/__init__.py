"""Training: explicit seeds, hyper-parameter draws, lanes, and the loop."""

"""Long campaigns, one command each; a short form of every one runs in the suite."""

"""Speed, measured as ratios within one run, so that numbers from different machines can be compared."""

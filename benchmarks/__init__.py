"""Measurements of this project beside bare torch and beside other programs, in one run on one machine, as ratios."""

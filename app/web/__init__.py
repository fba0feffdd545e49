"""HTTP: calls in, answers and problems out."""

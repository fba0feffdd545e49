"""Many runs of one program or expression in one child: sweeps, races, curvature, the explanation of one update."""

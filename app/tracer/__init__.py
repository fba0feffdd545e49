"""The recording of one run, in the child: the only room that knows torch."""

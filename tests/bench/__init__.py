"""Measures of what the design promises, each beside its floor in the same run. `bin/bench` sets up services and runs them."""

"""What bin/demo, bin/test and bin/bench do before they start: standard library only, so that any Python 3.11 runs it."""

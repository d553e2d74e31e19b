"""The demo fleet: six real programs in real terminals, thrown away on exit."""

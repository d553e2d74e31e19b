"""Services the operator expects to run, or not to run."""

"""The dispatch log: a tolerant reader of the operator's own file."""

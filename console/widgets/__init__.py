"""Drawing one slice of the snapshot."""

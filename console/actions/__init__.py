"""Everything that changes the outside. Only the engine calls it."""

"""What a coding agent is doing, told from its screen."""

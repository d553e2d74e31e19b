"""What is true: frozen values and pure rules. No clock, no I/O, nothing but the standard library."""

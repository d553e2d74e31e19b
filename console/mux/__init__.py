"""Terminal multiplexers behind one small protocol (see `console.mux.base`)."""

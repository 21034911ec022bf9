"""Studies of how a recogniser works inside, and of how stable its explanations are."""

"""From masks over words to the recogniser's probabilities."""

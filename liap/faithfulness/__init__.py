"""From explanations to numbers: how faithful they are to the recogniser."""

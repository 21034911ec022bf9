"""The study of neurons: which of a recogniser's neurons decide which label, with the controls that such claims need."""

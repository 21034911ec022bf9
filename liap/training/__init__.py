"""Fine-tuning: a corpus and an encoder in, a recogniser in its folder out."""

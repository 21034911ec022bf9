"""What a recogniser's inner workings look like, beside what its explanations say."""

"""Flash, RAM and stack before the build: one arena for all activations, and the size of code."""

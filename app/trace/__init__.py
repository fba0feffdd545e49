"""The nouns of one run: what was recorded, and how it crosses a wire."""

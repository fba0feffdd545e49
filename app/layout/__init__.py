"""Graph → DOT → positions and SVG, cached by structure; the only caller of Graphviz."""

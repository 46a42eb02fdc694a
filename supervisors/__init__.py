"""Who watches whom: child specs, restart strategies, the tree, settings and the Runtime."""

"""How good a page or a style is: measures, evaluation, self-test."""

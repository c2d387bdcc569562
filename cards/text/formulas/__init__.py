"""LaTeX as MathML."""

"""A view for each work that is measured."""

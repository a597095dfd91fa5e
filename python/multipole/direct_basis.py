"""Summaries of every level made of the tokens themselves."""
from torch import nn

from multipole.operators import averaging_basis2d, summarize2d


class DirectBasis:
    """Parameters basis_<level> of the module that owns it; levels beyond `max_levels` are means."""

    def __init__(self, cell, rank, max_levels, channels, owner):
        self.cell, self.rank, self.max_levels = cell, rank, max_levels
        for level in range(1, max_levels + 1):
            owner.register_parameter(f"basis_{level}", nn.Parameter(self.means(level, channels)))

    def means(self, level, channels, **options):
        return averaging_basis2d(self.cell << (level - 1), self.rank, 1, channels, **options)[0]

    def summarize(self, owner, x, levels, mass):
        """As summarize2d(), with the weights that `owner` has."""
        summaries = []
        for level in range(1, levels + 1):
            basis = getattr(owner, f"basis_{level}", None)
            if basis is None:
                basis = self.means(level, x.shape[-1], dtype=x.dtype, device=x.device)
            # a cell of this level is a finest cell of a grid that is cut into larger ones
            summaries += summarize2d(x, basis, [], self.cell << (level - 1), token_mass=mass)
        return summaries

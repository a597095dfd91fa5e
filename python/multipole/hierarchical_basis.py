"""Summaries of a level made of those of the level below."""
import math

from torch import nn

from multipole.operators import averaging_basis2d, summarize2d


class HierarchicalBasis:
    """Parameters token_basis and merge_basis_<level> of the module that owns it. Levels beyond `max_levels` use what
    the last one has learned on top of means, or are means where there are none."""

    def __init__(self, cell, rank, max_levels, channels, owner):
        self.cell, self.rank, self.max_levels = cell, rank, max_levels
        token_basis, merge_basis = averaging_basis2d(cell, rank, max_levels, channels)
        if max_levels > 0:
            owner.token_basis = nn.Parameter(token_basis)
        for level, merge in enumerate(merge_basis, 1):
            owner.register_parameter(f"merge_basis_{level}", nn.Parameter(merge))

    def summarize(self, owner, x, levels, mass):
        """As summarize2d(), with the weights that `owner` has."""
        learned = self.max_levels - 1
        token_basis, merge_basis = None, []
        if levels > self.max_levels:
            token_basis, merge_basis = averaging_basis2d(self.cell, self.rank, levels, x.shape[-1], dtype=x.dtype,
                                                         device=x.device)
        if self.max_levels > 0:
            token_basis = owner.token_basis
        if learned > 0:
            last, means = getattr(owner, f"merge_basis_{learned}"), merge_basis
            merge_basis = [getattr(owner, f"merge_basis_{level}") for level in range(1, min(levels - 1, learned) + 1)]
            # means of levels differ where the sub-cells of a cell differ in size
            alike = self.cell % math.isqrt(self.rank) == 0
            for level in range(learned, levels - 1):
                merge_basis.append(last if alike else last + (means[level] - means[learned - 1]))
        return summarize2d(x, token_basis, merge_basis, self.cell, token_mass=mass)

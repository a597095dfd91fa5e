"""Chooses the 256 colours of datasets/pictures/palette.cpp and prints them as its table.

Colours that stay apart for people with full colour vision, with deuteranopia and with protanopia, and that tint a
photograph: none is a gray, none so dark that it looks like a shadow. The first twelve are chosen together, each later
one as far as possible from all before it. Distances are CIEDE2000, the worst over the three kinds of sight; the
simulations are those of Vienot et al. (1999) and Machado et al. (2009).

Usage: python tools/choose_palette.py
"""
import itertools

import numpy as np

FIRST = 12
MACHADO = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
VIENOT = {
    "deuteranopia": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    "protanopia": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
}
SIGHTS = [np.eye(3)] + [np.array(m) for m in (*MACHADO.values(), *VIENOT.values())]


def linear(rgb):
    value = rgb / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(light):
    xyz = light @ np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
                            [0.0193339, 0.1191920, 0.9503041]]).T / [0.95047, 1, 1.08883]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def ciede2000(first, second):
    """Sharma, Wu, Dalal (2005)."""
    l1, a1, b1 = np.moveaxis(first, -1, 0)
    l2, a2, b2 = np.moveaxis(second, -1, 0)
    mean7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(mean7 / (mean7 + 25.0**7))
    c1, c2 = np.hypot(a1 * stretch, b1), np.hypot(a2 * stretch, b2)
    h1, h2 = np.arctan2(b1, a1 * stretch) % (2 * np.pi), np.arctan2(b2, a2 * stretch) % (2 * np.pi)
    turn = (h2 - h1 + np.pi) % (2 * np.pi) - np.pi
    turn = np.where(c1 * c2 == 0, 0, turn)
    far = np.abs(h1 - h2) > np.pi
    hue = np.where(c1 * c2 == 0, h1 + h2, np.where(far, (h1 + h2 + 2 * np.pi) / 2, (h1 + h2) / 2))
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = (1 - 0.17 * np.cos(hue - np.pi / 6) + 0.24 * np.cos(2 * hue) + 0.32 * np.cos(3 * hue + np.pi / 30)
         - 0.20 * np.cos(4 * hue - np.radians(63)))
    sl = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    turned = np.radians(30) * np.exp(-(((np.degrees(hue) % 360 - 275) / 25) ** 2))
    rt = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(2 * turned)
    dl, dc, dh = (l2 - l1) / sl, (c2 - c1) / sc, 2 * np.sqrt(c1 * c2) * np.sin(turn / 2) / sh
    return np.sqrt(np.maximum(0, dl**2 + dc**2 + dh**2 + rt * dc * dh))


def seen(colors):
    """(sights, colours, 3): Lab as each kind of sight has it."""
    return np.stack([lab(np.clip(linear(colors) @ sight.T, 0, 1)) for sight in SIGHTS])


def distances(views, index):
    """From one colour to all, the worst over the sights; full sight is asked for more."""
    full, *others = (ciede2000(view, view[index]) for view in views)
    return np.min([full / 1.4, *others], 0)


def candidates(step, darkest, palest):
    levels = np.arange(0, 256, step)
    colors = np.array(list(itertools.product(levels, levels, levels)), float)
    view = lab(linear(colors))
    chroma = np.hypot(view[:, 1], view[:, 2])
    return colors[(view[:, 0] >= darkest) & (view[:, 0] <= 92) & (chroma >= palest)]


def choose_first(colors, rounds=40):
    """A set of FIRST whose two nearest are as far apart as exchanges of single colours make them."""
    views = seen(colors)
    table = np.stack([distances(views, i) for i in range(len(colors))])
    best, best_distance = None, 0
    for seed in range(rounds):
        chosen = [int(np.random.default_rng(seed).integers(len(colors)))]
        while len(chosen) < FIRST:
            chosen.append(int(table[chosen].min(0).argmax()))
        moved = True
        while moved:
            moved = False
            for place in range(FIRST):
                others = chosen[:place] + chosen[place + 1:]
                gain = table[others].min(0)
                if gain.max() > gain[chosen[place]] + 1e-9:
                    chosen[place], moved = int(gain.argmax()), True
        inner = table[np.ix_(chosen, chosen)] + np.diag([np.inf] * FIRST)
        if inner.min() > best_distance:
            best, best_distance = chosen, inner.min()
    # each as far as possible from those before it; the first, often a background's, is the nearest to a calm blue
    order = [min(best, key=lambda i: np.abs(colors[i] - [102, 153, 255]).sum())]
    while len(order) < FIRST:
        order.append(max((i for i in best if i not in order), key=lambda i: table[order, i].min()))
    return colors[order]


def extend(palette, colors):
    everything = np.concatenate([palette, colors])
    views = seen(everything)
    nearest = np.min([distances(views, i) for i in range(len(palette))], 0)
    chosen = list(range(len(palette)))
    while len(chosen) < 256:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, distances(views, chosen[-1]))
    return everything[chosen]


def main():
    palette = extend(choose_first(candidates(17, 40, 45)), candidates(15, 35, 25)).astype(int)
    words = ["0x{:02x}{:02x}{:02x}".format(*color) for color in palette]
    for i in range(0, 256, 8):
        print("    " + ", ".join(words[i:i + 8]) + ",")


if __name__ == "__main__":
    main()

"""Configs of model files: what is known is taken, anything else is refused by name."""
import types


def read_fields(config, defaults, where):
    """`config` over `defaults`, which holds every key that is known, as attributes. Files older than a key leave it
    out. A key whose default is ... must be there. Raises ValueError that begins with `where`."""
    if not isinstance(config, dict):
        raise ValueError(f"{where}: expected an object, got {config!r}")
    for key in config:
        if key not in defaults:
            raise ValueError(f"{where}: the package does not know '{key}'; it knows {', '.join(defaults)}")
    for key, default in defaults.items():
        if default is ... and key not in config:
            raise ValueError(f"{where}: '{key}' is missing")
    return types.SimpleNamespace(**{**defaults, **config})


def choose(name, known, where):
    """known[name]; raises ValueError that begins with `where` and says what is known."""
    if name not in known:
        raise ValueError(f"{where}: the package does not know '{name}'; it knows {', '.join(map(str, known))}")
    return known[name]


def merge(base, overrides):
    """`overrides` over `base`, objects within objects too; one of another type replaces it."""
    if not isinstance(base, dict) or not isinstance(overrides, dict) or \
            overrides.get("type", base.get("type")) != base.get("type", overrides.get("type")):
        return overrides
    merged = dict(base)
    for key, value in overrides.items():
        merged[key] = merge(base.get(key), value)
    return merged

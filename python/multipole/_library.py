"""The compiled operators: found, checked against the torch that is installed, loaded once."""
import json
import os
import pathlib

import torch

PACKAGE = pathlib.Path(__file__).parent
ENVIRONMENT = "MULTIPOLE_OPS_LIBRARY"


def release_of(version):
    """'2.11.0+cu130' -> '2.11': the library fits all builds of one release."""
    return ".".join(version.split(".")[:2])


def find_library():
    """The library in the package, or the one that the environment names (a build folder's, for instance)."""
    named = os.environ.get(ENVIRONMENT)
    if named is None:
        path, advice = PACKAGE / "libmultipole_ops.so", f"build the wheel with `make wheel`, or set {ENVIRONMENT}"
    else:
        path, advice = pathlib.Path(named), f"{ENVIRONMENT} must name a libmultipole_ops.so"
    if not path.is_file():
        raise ImportError(f"multipole: no operators at {path}; {advice}")
    return path


def check_torch(built_for, installed=None):
    """Raises ImportError where the library was built for another release of torch."""
    installed = installed or torch.__version__
    if release_of(built_for) != release_of(installed):
        raise ImportError(
            f"multipole: its operators were built for torch {release_of(built_for)}, and torch {installed} is installed; "
            f"install torch {release_of(built_for)}, or build the wheel with the torch that is here (`make wheel`)")


def load_library():
    path = find_library()
    build = path.parent / "build.json"
    if build.is_file():  # wheels have it; a library of a build folder is taken as it is
        check_torch(json.loads(build.read_text())["torch"])
    try:
        torch.ops.load_library(path)
    except OSError as error:
        raise ImportError(f"multipole: {path} cannot be loaded with torch {torch.__version__}: {error}") from error

"""Models of this program from their files."""
from multipole.model_file import read_model_file
from multipole.models.vision_model import VisionModel


def load(path):
    """The model of a file that the program wrote (train, import, distill), as a module in evaluation mode on the CPU,
    in float32: see multipole.models.vision_model.VisionModel for what it has. The file's checksum is not looked at.

    Raises ValueError, naming the path, for a file that is no model of this program, and for one with a family of
    backbones, an attention, a head or a field that this package does not know.
    """
    weights, metadata = read_model_file(path)
    try:
        model = VisionModel(metadata)
        model.load_state_dict({name: weight.float() for name, weight in weights.items()})
    except (ValueError, RuntimeError) as error:
        raise ValueError(f"{path}: {error}") from error
    return model.eval()

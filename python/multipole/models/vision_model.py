"""A backbone and a head, as a model file describes them."""
from torch import nn

from multipole.models.classification_head import ClassificationHead
from multipole.models.deconvolution_head import DeconvolutionHead
from multipole.models.embedding_head import EmbeddingHead
from multipole.models.fields import choose
from multipole.models.pyramid import Pyramid
from multipole.models.segformer_head import SegformerHead
from multipole.models.semantic_fpn_head import SemanticFpnHead
from multipole.models.upernet_head import UperNetHead
from multipole.models.vit import Vit
from multipole.preprocessing import Preprocessing

FAMILIES = {"pyramid": Pyramid, "vit": Vit}
HEADS = {"classification": ClassificationHead, "deconvolution": DeconvolutionHead, "embedding": EmbeddingHead,
         "segformer": SegformerHead, "semantic_fpn": SemanticFpnHead, "upernet": UperNetHead}


def without(config, key):
    return {name: value for name, value in config.items() if name != key}


class VisionModel(nn.Module):
    """What multipole.load() gives. Stochastic depth, auxiliary classifiers and coarse views of whole pictures, which
    serve training and tiles, are left out.

    task:          "classification", "multi_label_classification", "segmentation" or "embedding"
    classes:       names, in the order of the logits
    preprocessing: a function of a picture, see Preprocessing
    config:        the architecture, as the file has it
    metadata:      all that the file says of the model
    """

    def __init__(self, metadata):
        super().__init__()
        self.metadata, self.config = metadata, metadata["architecture"]
        self.task, self.classes = metadata.get("task", "classification"), metadata.get("classes", [])
        self.preprocessing = Preprocessing(metadata.get("preprocessing", {}))
        backbone, head = self.config["backbone"], self.config["head"]
        family = choose(backbone.get("family", "pyramid"), FAMILIES, "backbone.family")
        self.backbone = family(without(backbone, "family"), "backbone")
        head_type = choose(head.get("type"), HEADS, "head.type")
        self.head = head_type(without(head, "type"), self.backbone, self.config.get("num_classes", 0), "head")

    def forward(self, images):
        """(B, C, H, W) floats -> logits (B, classes), (B, classes, H, W) of segmentation, or the embedding of a model
        without classes"""
        features = self.embed(images) if self.head.reads_embedding else self.forward_intermediates(images)
        return self.head(features, images.shape[2:])

    def embed(self, images):
        """One vector a picture, (B, dim)."""
        return self.backbone.embed(images)

    def forward_intermediates(self, images):
        """Maps (B, C, h, w), the finest first."""
        return self.backbone.forward_intermediates(images)

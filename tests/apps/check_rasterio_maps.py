"""Rasters that rasterio writes, of four bands of 16 bits with pixels without data, trained on and predicted: the map's
georeference, its number for no data and its coordinate system as rasterio reads them, and a strict look by rio-cogeo;
what holds data has the same map with and without a half that holds none. With GDAL in the program also JPEG 2000 and VRT.

usage: check_rasterio_maps.py MULTIPOLE [SEED]
Exit code 77 (skipped) where rasterio or rio-cogeo is missing.
"""
import pathlib
import random
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy
    import rasterio
    from rasterio.transform import Affine
    from rio_cogeo.cogeo import cog_validate
except ImportError:
    print("skipped: rasterio or rio-cogeo is not installed (tools/setup/install_torch.sh VENV python)")
    sys.exit(77)
warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)

NODATA = 65535


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    assert done.returncode == 0, (words, done.returncode, done.stderr)
    return done.stderr


def write_field(path, numbers, height, width, crs, transform):
    array = numbers.integers(100, 900, (4, height, width)).astype("uint16")
    array[3, :, : width // 2] += 3000
    array[:, : height // 4] = NODATA
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, "w", driver="GTiff", dtype="uint16", count=4, height=height, width=width, crs=crs,
                       transform=transform, nodata=NODATA, compress="deflate") as file:
        file.write(array)
    return array


def write_data(folder, numbers, crs, transform):
    (folder / "images").mkdir(parents=True)
    (folder / "classes.txt").write_text("field\nwater\n")
    for i in range(6):
        name, height, width = ("train/" if i < 4 else "val/") + str(i), 48 + i, 56 - i
        write_field(folder / "images" / f"{name}.tif", numbers, height, width, crs, transform)
        mask = numpy.zeros((1, height, width), "uint8")
        mask[:, :, : width // 2] = 1
        (folder / "masks" / name).parent.mkdir(parents=True, exist_ok=True)
        with rasterio.open(folder / "masks" / f"{name}.png", "w", driver="PNG", dtype="uint8", count=1, height=height,
                           width=width) as file:
            file.write(mask)


def check_map(path, source):
    with rasterio.open(source) as origin, rasterio.open(path) as file:
        assert file.crs == origin.crs, (file.crs, origin.crs)
        assert file.transform.almost_equals(origin.transform, 1e-9), (file.transform, origin.transform)
        assert file.shape == origin.shape and file.nodata == 255
    assert cog_validate(path, strict=True, quiet=True) == (True, [], []), path
    with rasterio.open(path) as file:
        return file.read(1)


def check_half(folder, predict, numbers, crs, transform):
    """The upper half of a raster whose lower half holds no data, against that half as a raster of its own."""
    height, width, border = 260, 190, 32  # of the tokens that see what is beyond: the coarsest are 32 pixels wide
    array = write_field(folder / "alone.tif", numbers, height, width, crs, transform)
    with rasterio.open(folder / "alone.tif") as file:
        profile = file.profile
    whole = numpy.full((4, 2 * height - 20, width), NODATA, "uint16")
    whole[:, :height] = array
    with rasterio.open(folder / "half.tif", "w", **{**profile, "height": whole.shape[1]}) as file:
        file.write(whole)
    run(*predict, folder / "halves", folder / "alone.tif", folder / "half.tif", "--tile", "none",
        "--probability")
    alone, half = (check_map(folder / f"halves/{name}.tif", folder / f"{name}.tif") for name in ("alone", "half"))
    valid = (array != NODATA).any(0)
    numpy.testing.assert_array_equal(alone != 255, valid)
    numpy.testing.assert_array_equal(half[:height] != 255, valid)
    assert (half[height:] == 255).all()
    differs = (alone != half[:height])[:height - border]
    probability = []
    for name in ("alone", "half"):
        with rasterio.open(folder / f"halves/{name}.probability.png") as file:
            probability.append(file.read(1)[:height - border].astype(int))
    # alike to rounding: in every probability, and so in every class but where two are level
    apart = abs(probability[0] - probability[1]).max()
    assert apart <= 1, f"{apart} of 255"
    assert (probability[0][differs] <= 128).all(), f"{differs.sum()} pixels of the half differ"


def other_formats(folder, source):
    """The same pixels as JPEG 2000, without loss, and as VRT."""
    found = {}
    with rasterio.open(source) as file:
        array, profile = file.read(), file.profile
    try:
        with rasterio.open(folder / "field.jp2", "w", driver="JP2OpenJPEG", dtype="uint16", count=4,
                           height=profile["height"], width=profile["width"], crs=profile["crs"],
                           transform=profile["transform"], QUALITY="100", REVERSIBLE="YES") as file:
            file.write(array)
        found["jp2"] = folder / "field.jp2"
    except rasterio.errors.RasterioError:
        pass  # a rasterio without that driver
    with rasterio.open(source) as file:
        (folder / "field.vrt").write_text(vrt_of(source, file))
    found["vrt"] = folder / "field.vrt"
    return found


def vrt_of(source, file):
    bands = "".join(
        f'<VRTRasterBand dataType="UInt16" band="{b}"><NoDataValue>{NODATA}</NoDataValue><SimpleSource>'
        f'<SourceFilename relativeToVRT="0">{source}</SourceFilename><SourceBand>{b}</SourceBand>'
        "</SimpleSource></VRTRasterBand>" for b in range(1, 5))
    transform = ", ".join(repr(value) for value in file.transform.to_gdal())
    return (f'<VRTDataset rasterXSize="{file.width}" rasterYSize="{file.height}"><SRS>{file.crs.to_string()}</SRS>'
            f"<GeoTransform>{transform}</GeoTransform>{bands}</VRTDataset>")


def main():
    multipole, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**31)
    print("seed", seed)
    numbers = numpy.random.default_rng(seed)
    crs, transform = rasterio.crs.CRS.from_epsg(32633), Affine(10, 0, 499980.5, 0, -10, 5700040.25)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_data(folder / "data", numbers, crs, transform)
        said = run(multipole, "segment", "train", "--data", folder / "data", "--bands", "4,3,2,1", "--out",
                   folder / "run", "--epochs", 1, "--set", "model.backbone.depths=[1,1,1,1]", "--set",
                   "model.head.channels=8", "--set", "augmentation.crop_size=[32,32]", "--set", "train.batch_size=2")
        assert "bands 4, 3, 2 and 1 of 4 (uint16)" in said, said
        source = folder / "field.tif"
        write_field(source, numbers, 700, 530, crs, transform)
        predict = [multipole, "segment", "predict", "--model", folder / "run/best.safetensors", "--out"]
        run(*predict, folder / "maps", source)
        labels = check_map(folder / "maps/field.tif", source)
        check_half(folder, predict, numbers, crs, transform)
        for kind, path in other_formats(folder, source).items():
            done = subprocess.run([str(word) for word in [*predict, folder / kind, path]], capture_output=True, text=True)
            if "a build with GDAL" in done.stderr:
                print("the program has no GDAL:", kind)
                continue
            assert done.returncode == 0, (kind, done.stderr)
            again = check_map(folder / kind / f"field.{kind}.tif", source)
            if kind == "vrt":  # the other one does not tell its pixels without data
                numpy.testing.assert_array_equal(again, labels)


main()

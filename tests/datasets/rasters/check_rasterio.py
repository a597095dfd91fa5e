"""Rasters that rasterio writes are read alike by both, and maps that the program writes are what rasterio and rio-cogeo
take for a cloud-optimised GeoTIFF.

usage: check_rasterio.py RASTER_TOOL [SEED]
Exit code 77 (skipped) where rasterio is missing.
"""
import json
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

TYPES = ["uint8", "uint16", "int16", "uint32", "int32", "float32", "float64"]
COMPRESSIONS = [None, "lzw", "deflate", "packbits", "zstd"]


def random_kind(rng):
    kind = {"driver": "GTiff", "dtype": rng.choice(TYPES), "height": rng.randint(1, 90), "width": rng.randint(1, 90),
            "count": rng.randint(1, 6), "interleave": rng.choice(["pixel", "band"]),
            "compress": rng.choice(COMPRESSIONS), "BIGTIFF": rng.choice(["YES", "NO"]), "photometric": "minisblack",
            "ALPHA": "NO"}
    if kind["compress"] in ("lzw", "deflate", "zstd"):
        kind["predictor"] = rng.choice([1, 3 if kind["dtype"].startswith("float") else 2])
    if rng.random() < 0.6:
        kind.update(tiled=True, blockxsize=16 * rng.randint(1, 4), blockysize=16 * rng.randint(1, 4))
    else:
        kind["blockysize"] = rng.randint(1, kind["height"])
    if rng.random() < 0.2:
        kind["SPARSE_OK"] = "TRUE"
    kind["nodata"] = rng.choice([None, 3, 0] + ([float("nan"), -9999.25] if "float" in kind["dtype"] else []))
    return kind


def random_array(rng, kind):
    shape = (kind["count"], kind["height"], kind["width"])
    numbers = numpy.random.default_rng(rng.randint(0, 2**31))
    if kind["dtype"].startswith("float"):
        array = numbers.normal(0, 1000, shape).astype(kind["dtype"])
    else:
        limits = numpy.iinfo(kind["dtype"])
        array = numbers.integers(limits.min, limits.max, shape, endpoint=True, dtype=kind["dtype"])
    if kind["nodata"] is not None:
        array[:, numbers.random(shape[1:]) < 0.3] = kind["nodata"]
        array[numbers.random(shape) < 0.1] = kind["nodata"]
    if kind.get("SPARSE_OK"):
        array[:, : kind["height"] // 2] = 0 if kind["nodata"] is None else kind["nodata"]
    return array


def read_both(tool, folder, path, bands):
    out = folder / "numbers"
    words = ",".join(map(str, bands)) if bands else "-"
    done = subprocess.run([tool, "read", path, words, out], check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)
    raw, size = out.read_bytes(), said["height"] * said["width"]
    numbers = numpy.frombuffer(raw, "float64", size * said["channels"]).reshape(said["height"], said["width"], -1)
    valid = numpy.frombuffer(raw, "uint8", size, numbers.nbytes).reshape(said["height"], said["width"]) > 0
    return said, numbers.transpose(2, 0, 1), valid


def check_reading(tool, folder, rng):
    kind, path = random_kind(rng), folder / "raster.tif"
    array = random_array(rng, kind)
    masks = rng.random() < 0.3 and kind["nodata"] is None
    mask = numpy.random.default_rng(rng.randint(0, 2**31)).random(array.shape[1:]) < 0.5
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **kind) as file:
        file.write(array)
        if masks:
            file.write_mask(mask)
    if rng.random() < 0.3 and min(array.shape[1:]) > 8:
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
            file.build_overviews([2, 4], rasterio.enums.Resampling.nearest)
    bands = rng.sample(range(1, kind["count"] + 1), rng.randint(1, kind["count"])) if rng.random() < 0.5 else []
    said, numbers, valid = read_both(tool, folder, path, bands)
    with rasterio.open(path) as file:
        expected = file.read(bands or None)
        each = file.read_masks(bands or None) > 0
    where = f"{kind} bands {bands}"
    assert said["type"] == kind["dtype"] and said["bands"] == kind["count"], (said, where)
    numpy.testing.assert_array_equal(numbers, expected.astype("float64"), err_msg=where)
    wanted = each.any(0) & numpy.isfinite(expected).all(0)
    numpy.testing.assert_array_equal(valid, wanted, err_msg=where)
    if kind["nodata"] is None or kind["nodata"] == kind["nodata"]:
        assert said["notes"] == [], (said, where)


def check_map(tool, folder, rng):
    height, width = rng.randint(1, 1800), rng.randint(1, 1800)
    numbers = numpy.random.default_rng(rng.randint(0, 2**31))
    labels = numbers.integers(0, 7, (height // 9 + 1, width // 9 + 1), dtype="uint8")
    labels = labels.repeat(9, 0).repeat(9, 1)[:height, :width].copy()
    labels[numbers.random(labels.shape) < 0.1] = 255
    labels.tofile(folder / "labels")
    transform = Affine(rng.uniform(0.1, 9), 0, rng.uniform(1e5, 9e5), 0, -rng.uniform(0.1, 9), rng.uniform(1e6, 9e6))
    if rng.random() < 0.3:
        transform = transform * Affine.rotation(rng.uniform(1, 80))
    crs = rasterio.crs.CRS.from_user_input(rng.choice(["EPSG:32633", "EPSG:4326", "EPSG:3857", "EPSG:25832"]))
    place, path = folder / "place.tif", folder / "map.tif"
    with rasterio.open(place, "w", driver="GTiff", dtype="uint8", height=3, width=3, count=1, crs=crs,
                       transform=transform) as file:
        file.write(numpy.zeros((1, 3, 3), "uint8"))
    subprocess.run([tool, "map", folder / "labels", str(height), str(width), place, path], check=True)
    assert cog_validate(path, strict=True, quiet=True) == (True, [], []), (height, width)
    with rasterio.open(place) as origin, rasterio.open(path) as file:
        numpy.testing.assert_array_equal(file.read(1), labels)
        assert file.crs == origin.crs and file.transform == origin.transform, (file.crs, file.transform)
        assert file.nodata == 255 and file.colorinterp[0] == rasterio.enums.ColorInterp.palette
        assert len(file.colormap(1)) == 256 and (file.block_shapes == [(512, 512)])
        factors = file.overviews(1)
        assert factors == [2 ** (i + 1) for i in range(len(factors))], factors
        assert max(height, width) <= 512 * 2 ** len(factors), (height, width, factors)
        if factors:
            with rasterio.open(path, overview_level=len(factors) - 1) as small:
                assert max(small.shape) <= 512
                known = set(numpy.unique(labels))
                assert set(numpy.unique(small.read(1))) <= known


def main():
    tool, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**31)
    print("seed", seed)
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for _ in range(60):
            check_reading(tool, folder, rng)
        for _ in range(8):
            check_map(tool, folder, rng)


main()

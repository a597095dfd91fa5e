"""Polygons of `segment predict --vector-coordinates lonlat` of rasters in UTM and in EPSG:4326, against those in the
raster's own coordinates as pyproj and rasterio carry them over.

usage: check_lonlat_polygons.py MULTIPOLE MODEL [SEED]
Exit code 77 (skipped) where rasterio or pyproj is missing.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

try:
    import numpy
    import pyproj
    import rasterio
    import rasterio.warp
    from rasterio.transform import Affine
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

DEGREES = 1e-8  # a millimetre; the program rounds to 1e-9


def write_picture(path, numbers, crs, transform):
    height, width = (int(side) for side in numbers.integers(40, 90, 2))
    coarse = numbers.integers(0, 256, (3, height // 8 + 1, width // 8 + 1)).astype("uint8")
    pixels = coarse.repeat(8, 1).repeat(8, 2)[:, :height, :width]
    with rasterio.open(path, "w", driver="GTiff", dtype="uint8", count=3, height=height, width=width, crs=crs,
                       transform=transform) as file:
        file.write(pixels)


def polygons(multipole, model, folder, source, coordinates):
    done = subprocess.run([multipole, "segment", "predict", "--quiet", "--device", "cpu", "--model", model, "--vector",
                           "geojson", "--vector-coordinates", coordinates, "--out", folder / coordinates, source],
                          capture_output=True, text=True)
    if "libproj-dev" in done.stderr:
        print("skipped: the program has no PROJ")
        sys.exit(77)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return json.loads((folder / coordinates / f"{source.stem}.geojson").read_text())


def check(multipole, model, folder, numbers, epsg, transform):
    source = folder / f"field_{epsg}.tif"
    write_picture(source, numbers, rasterio.crs.CRS.from_epsg(epsg), transform)
    own, carried = (polygons(multipole, model, folder, source, c) for c in ("raster", "lonlat"))
    assert "crs" not in carried and ("crs" in own) == (epsg != 4326)
    assert [f["id"] for f in own["features"]] == [f["id"] for f in carried["features"]] and own["features"]
    to_lonlat = pyproj.Transformer.from_crs(epsg, "OGC:CRS84", always_xy=True)
    for before, after in zip(own["features"], carried["features"]):
        assert before["properties"].get("area_m2") == after["properties"].get("area_m2")
        warped = rasterio.warp.transform_geom(f"EPSG:{epsg}", "OGC:CRS84", before["geometry"])
        for ring, by_rasterio, found in zip(before["geometry"]["coordinates"], warped["coordinates"],
                                            after["geometry"]["coordinates"], strict=True):
            expected = numpy.stack(to_lonlat.transform(*numpy.array(ring).T), 1)
            assert numpy.abs(expected - found).max() < DEGREES
            assert numpy.abs(numpy.array(by_rasterio) - found).max() < DEGREES
        points = numpy.concatenate([numpy.array(ring) for ring in after["geometry"]["coordinates"]])
        numpy.testing.assert_allclose(after["bbox"], [*points.min(0), *points.max(0)], atol=DEGREES)
    print(f"EPSG:{epsg}: {len(own['features'])} regions alike")


def main():
    multipole, model = sys.argv[1:3]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(2**31)
    print("seed", seed)
    numbers = numpy.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check(multipole, model, folder, numbers, 32633, Affine(0.3, 0, 499980.5, 0, -0.3, 5700040.25))
        check(multipole, model, folder, numbers, 32733, Affine(10, 2, 300000, 2, -10, 8000000))  # turned, in the south
        check(multipole, model, folder, numbers, 3857, Affine(5, 0, -1e6, 0, -5, 4e6))
        check(multipole, model, folder, numbers, 4326, Affine(1e-5, 0, 13.4, 0, -1e-5, 52.5))


main()

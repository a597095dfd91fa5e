"""Random polygons, with holes, in several parts, overlapping, in pixels and on the ground, GeoJSON and GeoPackage: drawn
as rasterio.features.rasterize draws them, pixel for pixel.

Usage: python check_rasterize.py DRAW_POLYGONS
Exit code 77 (skipped) where rasterio, shapely or pyogrio are missing.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy
    import pyogrio.raw
    import rasterio
    import rasterio.features
    import shapely
    import shapely.geometry
    from rasterio.transform import Affine
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
warnings.simplefilter("ignore")

PROGRAM = sys.argv[1]
ROUNDS = 60


def star(random, middle, most):
    corners = random.integers(3, 40)
    angles = numpy.sort(random.random(corners)) * 2 * numpy.pi
    radii = most * random.uniform(0.1, 1, corners)
    ring = numpy.stack([middle[0] + radii * numpy.cos(angles), middle[1] + radii * numpy.sin(angles)], 1)
    return numpy.concatenate([ring, ring[:1]])


def random_polygon(random, extent):
    middle, most = random.uniform(-10, extent + 10, 2), random.uniform(0.3, extent / 2)
    rings = [star(random, middle, most)]
    for _ in range(random.integers(0, 3)):  # holes, some of which leave their outline
        rings.append(star(random, middle + random.uniform(-0.3, 0.3, 2) * most, most * 0.3))
    return [ring.tolist() for ring in rings]


def random_geometry(random, extent):
    if random.random() < 0.3:
        return {"type": "MultiPolygon", "coordinates": [random_polygon(random, extent) for _ in range(3)]}
    return {"type": "Polygon", "coordinates": random_polygon(random, extent)}


def on_ground(geometry, transform):
    def place(node):
        if isinstance(node[0], float):
            return list(transform * (node[0], node[1]))
        return [place(inner) for inner in node]

    return {"type": geometry["type"], "coordinates": place(geometry["coordinates"])}


def write_polygons(folder, geometries, values, epsg, package):
    if package:
        path = folder / "a.gpkg"
        path.unlink(missing_ok=True)
        shapes = [shapely.geometry.shape(geometry) for geometry in geometries]
        pyogrio.raw.write(path, geometry=numpy.array(shapely.to_wkb(shapes), dtype=object),
                          field_data=[numpy.array(values)], fields=["class"], geometry_type="Unknown",
                          crs=f"EPSG:{epsg}" if epsg else None)
        return path
    path = folder / "a.geojson"
    root = {"type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": {"class": int(value)}, "geometry": geometry}
                         for geometry, value in zip(geometries, values)]}
    if epsg:
        root["crs"] = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{epsg}"}}
    path.write_text(json.dumps(root))
    return path


def main():
    seed = int(os.environ.get("MULTIPOLE_TEST_SEED", numpy.random.SeedSequence().entropy % 2**32))
    print(f"MULTIPOLE_TEST_SEED={seed}")
    random = numpy.random.default_rng(seed)
    drawn_pixels = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for i in range(ROUNDS):
            height, width = (int(side) for side in random.integers(1, 120, 2))
            epsg, package = (32633 if i % 2 else 0), i % 3 == 0
            transform = Affine(0.7, 0.1 if i % 4 == 1 else 0, 500000.25, 0, -0.7, 4649776.5) if epsg else Affine.identity()
            picture = folder / "a.tif"
            picture.unlink(missing_ok=True)
            with rasterio.open(picture, "w", driver="GTiff", height=height, width=width, count=1, dtype="uint8",
                               **({"crs": f"EPSG:{epsg}", "transform": transform} if epsg else {})) as file:
                file.write(numpy.zeros((1, height, width), numpy.uint8))
            geometries = [random_geometry(random, max(height, width)) for _ in range(random.integers(1, 8))]
            geometries = [on_ground(geometry, transform) for geometry in geometries]
            values = random.integers(1, 250, len(geometries))
            path = write_polygons(folder, geometries, values, epsg, package)
            out = folder / "out.raw"
            run = subprocess.run([PROGRAM, path, picture, str(height), str(width), out], capture_output=True, text=True)
            expected = rasterio.features.rasterize(zip(geometries, map(int, values)), out_shape=(height, width),
                                                   transform=transform, dtype="uint8")
            if run.returncode == 3 and "none of its" in run.stderr:
                assert not expected.any()
                continue
            assert run.returncode == 0, run.stderr
            labels = numpy.frombuffer(out.read_bytes(), numpy.uint8).reshape(height, width)
            differing = numpy.argwhere(labels != expected)
            assert len(differing) == 0, f"round {i}: {len(differing)} pixels differ, the first at {differing[0]}"
            drawn_pixels += int((labels > 0).sum())
    assert drawn_pixels > 1000
    print(f"{ROUNDS} rasters alike, {drawn_pixels} pixels in polygons")


main()

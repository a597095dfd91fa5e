"""Polygons of random maps against rasterio.features.shapes: the same regions with the same areas and outlines, exactly;
painted again they are the map; GDAL reads the files, and to GEOS every polygon is valid.

Usage: python test_peers.py VECTORIZE_MAP
"""
import json
import os
import pathlib
import sqlite3
import struct
import subprocess
import sys
import tempfile

try:
    import numpy
    import pyogrio
    import rasterio.features
    import rasterio.transform
    import shapely.geometry
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

PROGRAM = sys.argv[1]
NO_REGION = 255
MAPS = 8


def random_map(random, kind):
    height, width = random.integers(1, 100, 2)
    labels = int(random.integers(1, 5))
    if kind == 0:
        classes = random.integers(0, labels, (height, width))
    elif kind == 1:  # blots with single pixels in them
        coarse = random.integers(0, labels, (height // 5 + 1, width // 5 + 1))
        classes = numpy.kron(coarse, numpy.ones((5, 5), int))[:height, :width]
        classes[random.random((height, width)) < 0.03] = labels
    elif kind == 2:  # boxes in boxes
        classes = numpy.zeros((height, width), int)
        for _ in range(20):
            y, x = random.integers(0, height), random.integers(0, width)
            classes[y:y + random.integers(1, 40), x:x + random.integers(1, 40)] = random.integers(0, labels)
    else:  # a board, where all regions meet at corners
        classes = numpy.add.outer(numpy.arange(height), numpy.arange(width)) % 2
        classes[random.random((height, width)) < 0.2] = 0
    classes = classes.astype(numpy.uint8)
    classes[random.random((height, width)) < random.choice([0, 0.02, 0.3])] = NO_REGION
    return classes


def write_polygons(folder, classes, probability, name, place=()):
    source = folder / "map.raw"
    source.write_bytes(classes.tobytes() + probability.tobytes())
    out = folder / name
    subprocess.run([PROGRAM, "file", source, str(classes.shape[0]), str(classes.shape[1]), out, *map(str, place)],
                   check=True, stdout=subprocess.DEVNULL)
    return out


def ring_area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:])) / 2


def unit_sides(rings):
    """What an outline is, however it is cut into rings: its sides, pixel by pixel."""
    sides = set()
    for ring in rings:
        for (x, y), (u, v) in zip(ring, ring[1:]):
            steps = int(max(abs(u - x), abs(v - y)))
            dx, dy = (u - x) // steps, (v - y) // steps
            for i in range(steps):
                ends = sorted([(x + i * dx, y + i * dy), (x + (i + 1) * dx, y + (i + 1) * dy)])
                side = (*ends[0], *ends[1])
                assert side not in sides, "a side twice"
                sides.add(side)
    return frozenset(sides)


def check_rings(rings):
    for place, ring in enumerate(rings):
        assert ring[0] == ring[-1] and len(ring) >= 5
        assert len(set(map(tuple, ring))) == len(ring) - 1, "a ring that touches itself"
        assert (ring_area(ring) > 0) == (place == 0), "holes turn the other way"


def check_against_rasterio(classes, features, probability):
    expected = {}
    for shape, value in rasterio.features.shapes(classes, mask=classes != NO_REGION, connectivity=4):
        sides = unit_sides(shape["coordinates"])
        expected[sides] = (int(value), abs(sum(abs(ring_area(r)) * (1 if i == 0 else -1)
                                               for i, r in enumerate(shape["coordinates"]))))
    found = {}
    painted = numpy.full_like(classes, NO_REGION)
    for feature in features:
        rings = feature["geometry"]["coordinates"]
        check_rings(rings)
        assert shapely.geometry.shape(feature["geometry"]).is_valid
        properties = feature["properties"]
        found[unit_sides(rings)] = (properties["class_index"], properties["pixels"])
        assert sum(map(ring_area, rings)) == properties["pixels"]
        inside = rasterio.features.rasterize([feature["geometry"]], out_shape=classes.shape).astype(bool)
        assert inside.sum() == properties["pixels"]
        assert feature["id"] == numpy.flatnonzero(inside)[0]
        mean = probability[inside].mean() / 255
        assert abs(properties["probability"] - mean) <= 0.51e-4
        rows, columns = numpy.nonzero(inside)
        assert feature["bbox"] == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        painted[inside] = properties["class_index"]
    assert found == expected, f"{len(found)} regions, rasterio has {len(expected)}"
    assert (painted == classes).all()
    assert len({feature["id"] for feature in features}) == len(features)


def check_spatial_index(database):
    """Against the boxes that the geometries say themselves, by SQLite's own check and as it finds them."""
    assert database.execute("SELECT rtreecheck('rtree_regions_geom')").fetchone() == ("ok",)
    assert database.execute("SELECT * FROM gpkg_extensions").fetchall() == [
        ("regions", "geom", "gpkg_rtree_index", "http://www.geopackage.org/spec131/#extension_rtree", "write-only")]
    triggers = {name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    assert triggers == {f"rtree_regions_geom_{name}" for name in
                        ("insert", "update2", "update4", "update5", "update6", "update7", "delete")}
    boxes = {fid: struct.unpack("<4d", box) for fid, box in
             database.execute("SELECT fid, substr(geom, 9, 32) FROM regions")}
    stored = {fid: box for fid, *box in database.execute("SELECT * FROM rtree_regions_geom")}
    assert boxes.keys() == stored.keys()
    for fid, box in boxes.items():
        for i, (exact, rounded) in enumerate(zip(box, stored[fid])):
            assert (rounded <= exact if i % 2 == 0 else rounded >= exact), "the index cuts a region"
            assert abs(rounded - exact) <= 1.2e-7 * abs(exact) + 1e-30


def check_filtered(path, features):
    """What GDAL finds within a box, for which it asks the index."""
    box = numpy.array(features[len(features) // 2]["bbox"], float) + [0.01, 0.01, -0.01, -0.01]
    asked = shapely.geometry.box(*box)
    expected = [f["id"] for f in features if shapely.geometry.shape(f["geometry"]).intersects(asked)]
    found = pyogrio.raw.read(path, bbox=tuple(box), return_fids=True, read_geometry=False)[1]
    # without GEOS it takes a region for its box
    assert set(expected) <= set(found.tolist()), (expected, found)
    assert pyogrio.read_info(path)["capabilities"]["fast_spatial_filter"]


def check_triggers(path):
    """The triggers keep the index up to date for who has the functions that they call."""
    database = sqlite3.connect(path)
    for i, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        database.create_function(name, 1, lambda blob, i=i: struct.unpack_from("<4d", blob, 8)[i])
    database.create_function("ST_IsEmpty", 1, lambda blob: None if blob is None else 0)
    (fid, other), = database.execute("SELECT min(fid), max(fid) FROM regions").fetchall()
    if fid == other:
        return
    index = lambda: {row[0]: row[1:] for row in database.execute("SELECT * FROM rtree_regions_geom")}
    # SQLite rounds boxes outwards by more than the last place of single precision
    alike = lambda box, other: numpy.allclose(box, other, rtol=2.5e-7, atol=0)
    before = index()
    database.execute("UPDATE regions SET geom = (SELECT geom FROM regions WHERE fid = ?) WHERE fid = ?", (other, fid))
    assert alike(index()[fid], before[other])
    database.execute("UPDATE regions SET fid = 1 << 50 WHERE fid = ?", (fid,))
    assert alike(index()[1 << 50], before[other]) and fid not in index()
    database.execute("UPDATE regions SET geom = NULL WHERE fid = 1 << 50")
    assert 1 << 50 not in index()
    database.execute("UPDATE regions SET geom = (SELECT geom FROM regions WHERE fid = ?) WHERE fid = 1 << 50", (other,))
    assert alike(index()[1 << 50], before[other])
    database.execute("DELETE FROM regions WHERE fid = ?", (other,))
    assert other not in index() and len(index()) == len(before) - 1
    database.execute("INSERT INTO regions (fid, geom) SELECT 7 << 50, geom FROM regions WHERE fid = 1 << 50")
    assert alike(index()[7 << 50], before[other])
    assert database.execute("SELECT rtreecheck('rtree_regions_geom')").fetchone() == ("ok",)
    database.close()


def read_geopackage(path):
    """fid -> (class_index, pixels, rings), by the standard alone."""
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    check_spatial_index(database)
    out = {}
    for fid, blob, label, pixels in database.execute("SELECT fid, geom, class_index, pixels FROM regions"):
        assert blob[:4] == b"GP\0\x03"
        low_x, high_x, low_y, high_y = struct.unpack_from("<4d", blob, 8)
        order, kind, count = struct.unpack_from("<BII", blob, 40)
        assert (order, kind) == (1, 3)
        at, rings = 49, []
        for _ in range(count):
            (size,) = struct.unpack_from("<I", blob, at)
            values = struct.unpack_from(f"<{2 * size}d", blob, at + 4)
            rings.append([list(pair) for pair in zip(values[::2], values[1::2])])
            at += 4 + 16 * size
        assert at == len(blob)
        xs, ys = zip(*rings[0])
        assert (low_x, high_x, low_y, high_y) == (min(xs), max(xs), min(ys), max(ys))
        out[fid] = (label, pixels, rings)
    database.close()
    return out


def check_geopackage(folder, classes, probability, features, place):
    path = write_polygons(folder, classes, probability, "out.gpkg", place)
    stored = read_geopackage(path)
    assert stored == {f["id"]: (f["properties"]["class_index"], f["properties"]["pixels"], f["geometry"]["coordinates"])
                      for f in features}
    info = pyogrio.read_info(path)
    assert info["features"] == len(features) and info["geometry_type"] == "Polygon"
    assert info["crs"] == "EPSG:32633", info["crs"]
    assert pyogrio.read_info(folder / "out.geojson")["crs"] == "EPSG:32633"
    check_filtered(path, features)
    check_triggers(path)


def check_on_the_ground(folder, classes, probability, transform):
    place = [32633, *transform.to_gdal()]
    out = json.loads(write_polygons(folder, classes, probability, "out.geojson", place).read_text())
    expected = {}
    for shape, value in rasterio.features.shapes(classes, mask=classes != NO_REGION, connectivity=4):
        corners = numpy.array(shape["coordinates"][0])
        edges = [transform @ tuple(map(float, c)) if hasattr(transform, "__matmul__") else transform * tuple(c)
                 for c in corners]
        xs, ys = zip(*edges)
        expected.setdefault((min(xs), min(ys), max(xs), max(ys)), []).append(int(value))
    found = {}
    for feature in out["features"]:
        properties, rings = feature["properties"], feature["geometry"]["coordinates"]
        assert "classification" not in properties
        found.setdefault(tuple(feature["bbox"]), []).append(properties["class_index"])
        area = properties["pixels"] * abs(transform.determinant)
        assert abs(properties["area_m2"] - area) <= 1e-9 * area
        assert ring_area(rings[0]) > 0 and all(ring_area(hole) < 0 for hole in rings[1:])
    assert {k: sorted(v) for k, v in found.items()} == {k: sorted(v) for k, v in expected.items()}
    check_geopackage(folder, classes, probability, out["features"], place)


def main():
    seed = int(os.environ.get("MULTIPOLE_TEST_SEED", numpy.random.SeedSequence().entropy % 2**32))
    print(f"MULTIPOLE_TEST_SEED={seed}")
    random = numpy.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for i in range(MAPS):
            classes = random_map(random, i % 4)
            probability = random.integers(0, 256, classes.shape).astype(numpy.uint8)
            features = json.loads(write_polygons(folder, classes, probability, "out.geojson").read_text())["features"]
            check_against_rasterio(classes, features, probability)
            if i < 2:
                check_on_the_ground(folder, classes, probability, rasterio.transform.Affine(
                    0.3, 0, 500000.25, 0, 0.3 if i else -0.3, 4649776.5))
        # a deep index
        classes = random.integers(0, 200, (260, 260)).astype(numpy.uint8)
        assert len(read_geopackage(write_polygons(folder, classes, classes, "deep.gpkg"))) > 60000
    print(f"{MAPS} maps alike")


main()

// What is under the pointer: its class, and the region of that class, with its area and mean probability. The regions lie
// in cells, each in the smallest tile of the pyramid that holds all of it, so that those around a pixel are few files.
"use strict";

const kMostCells = 200;  // kept at once

class Regions {
  // show(text, index): tells what is under the pointer, or null where nothing is.
  constructor(map, classes, uncertainty, legend, show) {
    Object.assign(this, {map, classes, uncertainty, legend, show});
    map.createPane("region");
    const style = {pane: "region", renderer: L.canvas({pane: "region"}), interactive: false, fillColor: "#ffffff"};
    this.outlines = [L.polygon([], {...style, color: "#000000", weight: 4, opacity: 0.6, fillOpacity: 0.25}),
      L.polygon([], {...style, color: "#ffffff", weight: 2, fill: false})];
    this.cells = new Map();  // path -> promise of its regions
    this.region = this.pointed = null;
    map.on("mousemove click", (event) => this.pointAt(event.latlng));  // a finger only clicks
    map.on("mouseout", () => this.clear());
  }

  clear() {
    this.pointed = null;
    this.highlight(null);
    this.show(null);
  }

  // A promise that all is told.
  async pointAt(point) {
    const {width, height} = mapView.description, x = Math.floor(point.lng), y = Math.floor(point.lat);
    if (x < 0 || y < 0 || x >= width || y >= height) return this.clear();
    const pointed = this.pointed = {x, y};
    if (!this.region || !contains(this.region, x, y)) {
      const index = this.classes.valueAt(x, y);  // a tile is there sooner than a region, most times
      if (index !== undefined) this.tell(pointed, index, null);
      const region = await this.find(x, y);
      if (this.pointed !== pointed) return;
      this.highlight(region);
    }
    this.tell(pointed, this.region?.index, this.region);
  }

  tell({x, y}, index, region) {
    const {name, share} = mapView.description.classes[index] ?? {}, details = [];
    if (name !== undefined) details.push(`${shareText(share)} of the map`);
    if (region) details.push(`region ${areaText(region.pixels)}`, `probability ${Math.round(100 * region.probability)}%`);
    const doubt = this.uncertainty && this.map.hasLayer(this.uncertainty) && this.uncertainty.valueAt(x, y);
    if (typeof doubt === "number") details.push(`uncertainty ${Math.round(100 * doubt / 255)}%`);
    this.show({name: name ?? "no data", details: [...details, `x ${x}, y ${y}`]}, index);
  }

  async find(x, y) {
    for (let level = mapView.description.levels - 1; level >= 0; --level) {
      const side = mapView.description.tile * mapView.levelSize(level).factor;
      const regions = await this.regionsOf(`regions/${level}/${Math.floor(x / side)}_${Math.floor(y / side)}`);
      const region = regions.find((each) => contains(each, x, y));
      if (region) return region;
    }
    return null;
  }

  regionsOf(path) {
    if (!this.cells.has(path)) {
      this.cells.set(path, mapView.bytes(path).then(parseRegions));
      if (this.cells.size > kMostCells) this.cells.delete(this.cells.keys().next().value);
    }
    return this.cells.get(path);
  }

  // Lights a region up, unless its class is switched off.
  highlight(region) {
    if (region === this.region) return;
    this.region = region;
    for (const outline of this.outlines) {
      outline.remove();
      if (region && this.legend.isOn(region.index)) outline.setLatLngs(region.rings.map(corners)).addTo(this.map);
    }
  }
}

// A line of JSON for each: class, area in pixels, probability and rings (region_files.cpp).
function parseRegions(bytes) {
  const lines = new TextDecoder().decode(bytes).trim().replaceAll("\n", ",");
  return JSON.parse(`[${lines}]`).map(([index, pixels, probability, ...rings]) => ({index, pixels, probability, rings,
    box: L.bounds(corners(rings[0]).map(([y, x]) => [x, y]))}));
}

// A ring is where it begins and then its sides in turn, along x and along y, without the two that lead back.
function corners(ring) {
  let [x, y] = ring;
  const points = [[y, x]];
  for (let i = 2; i < ring.length; ++i) {
    if (i % 2 === 0) x += ring[i];
    else y += ring[i];
    points.push([y, x]);
  }
  points.push([y, ring[0]]);
  return points;
}

// Whether a pixel belongs to the region: an odd number of the sides that go up and down lie right of it.
function contains({box, rings}, x, y) {
  if (x < box.min.x || x >= box.max.x || y < box.min.y || y >= box.max.y) return false;
  let isInside = false;
  for (const ring of rings) {
    let atX = ring[0], atY = ring[1];
    const goTo = (nextY) => {
      if (atX > x && (atY <= y) !== (nextY <= y)) isInside = !isInside;
      atY = nextY;
    };
    for (let i = 2; i < ring.length; ++i) {
      if (i % 2 === 0) atX += ring[i];
      else goTo(atY + ring[i]);
    }
    atX = ring[0];
    goTo(ring[1]);
  }
  return isInside;
}

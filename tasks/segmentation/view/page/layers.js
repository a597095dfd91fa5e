// The picture, the classes and the uncertainty as layers of tiles.
"use strict";

// One byte a pixel, each value painted in a colour of a table, and kept to be asked for.
const ByteLayer = L.GridLayer.extend({
  // colors: Uint32Array of 256, red in the lowest byte and alpha in the highest.
  initialize(folder, colors, options) {
    L.setOptions(this, options);
    this.folder = folder;
    this.colors = colors;
    this.held = new Map();  // "level/column_row" -> {canvas, bytes, width, height}
    this.on("tileunload", (event) => this.held.delete(this.keyOf(event.coords)));
  },

  keyOf({x, y, z}) {
    return `${z}/${x}_${y}`;
  },

  createTile(coords, done) {
    const canvas = document.createElement("canvas"), side = mapView.description.tile;
    canvas.width = canvas.height = side;
    const key = this.keyOf(coords);
    mapView.bytes(`${this.folder}/${key}`).then((bytes) => {
      const tile = {canvas, bytes, ...mapView.tileSize(coords.z, coords.x, coords.y)};
      this.held.set(key, tile);
      this.paint(tile);
      done(null, canvas);
    }).catch((error) => done(error, canvas));
    return canvas;
  },

  paint({canvas, bytes, width, height}) {
    const image = new ImageData(width, height), pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < bytes.length; ++i) pixels[i] = this.colors[bytes[i]];
    canvas.getContext("2d").putImageData(image, 0, 0);
  },

  repaint() {
    for (const tile of this.held.values()) this.paint(tile);
  },

  // The level whose tiles are shown.
  level() {
    return Math.max(0, Math.min(Math.round(this._map.getZoom()), mapView.description.levels - 1));
  },

  // The value at a pixel of the picture, as the level that is shown has it; undefined where no tile is there (yet).
  valueAt(x, y) {
    const level = this.level(), {factor} = mapView.levelSize(level), side = mapView.description.tile;
    const column = Math.floor(x / factor), row = Math.floor(y / factor);
    const tile = this.held.get(this.keyOf({z: level, x: Math.floor(column / side), y: Math.floor(row / side)}));
    return tile?.bytes[(row % side) * tile.width + (column % side)];
  },
});

// JPEG tiles in their own sizes: Leaflet would stretch those at the borders to whole tiles.
const PictureLayer = L.GridLayer.extend({
  createTile(coords, done) {
    const image = document.createElement("img");
    image.alt = "";
    image.onload = () => done(null, image);
    image.onerror = () => done(new Error(`${image.src} cannot be loaded`), image);
    image.src = `picture/${coords.z}/${coords.x}_${coords.y}.jpg`;
    return image;
  },
});

function packColor([red, green, blue], alpha) {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

// From nothing to dark red: what is sure stays as it is.
function uncertaintyColors() {
  const colors = new Uint32Array(256);
  for (let i = 0; i < 256; ++i) {
    const share = i / 255;
    colors[i] = packColor([255 - 105 * share, 170 * (1 - share), 0], 235 * share);
  }
  return colors;
}

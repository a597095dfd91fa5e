// What is under the pointer: its class, and the connected region of that class as far as it is in view.
"use strict";

class Regions {
  // show(text, index): tells what is under the pointer, or null where nothing is.
  constructor(map, classes, uncertainty, legend, show) {
    Object.assign(this, {map, classes, uncertainty, legend, show});
    this.canvas = L.DomUtil.create("canvas", "region", map.createPane("region"));
    this.region = null;
    map.on("mousemove click", (event) => this.pointAt(event.latlng));  // a finger only clicks
    map.on("mouseout zoomstart", () => this.clear());
    // what is in view has changed, and with it what a region is
    map.on("movestart", () => this.forget());
    classes.on("load", () => this.forget());
  }

  clear() {
    this.forget();
    this.show(null);
  }

  forget() {
    this.region = null;
    this.canvas.hidden = true;
  }

  pointAt(point) {
    const {width, height} = mapView.description, x = Math.floor(point.lng), y = Math.floor(point.lat);
    if (x < 0 || y < 0 || x >= width || y >= height) return this.clear();
    const index = this.classes.valueAt(x, y);
    if (index === undefined) return this.clear();
    this.show(this.textOf(x, y, index), index);
  }

  textOf(x, y, index) {
    const place = `x ${x}, y ${y}`, {name, share} = mapView.description.classes[index] ?? {};
    if (name === undefined) {
      this.forget();
      return {name: "no data", details: [place]};
    }
    const details = [`${shareText(share)} of the map`];
    if (this.legend.isOn(index)) details.push(this.regionText(x, y));
    else this.forget();
    const doubt = this.uncertainty && this.map.hasLayer(this.uncertainty) && this.uncertainty.valueAt(x, y);
    if (typeof doubt === "number") details.push(`uncertainty ${Math.round(100 * doubt / 255)}%`);
    return {name, details: [...details, place]};
  }

  regionText(x, y) {
    const {factor} = mapView.levelSize(this.classes.level());
    if (!this.region?.has(Math.floor(x / factor), Math.floor(y / factor))) {
      this.region = this.regionAt(Math.floor(x / factor), Math.floor(y / factor));
      this.draw();
    }
    const {count, isCut} = this.region, about = isCut ? "at least " : factor > 1 ? "about " : "";
    return `region ${about}${areaText(count * factor * factor)}`;
  }

  // The ids in view, at the level that is shown; -1 where there is no tile (yet).
  gather() {
    const level = this.classes.level(), size = mapView.levelSize(level), side = mapView.description.tile;
    const view = this.map.getBounds(), clamp = (value, most) => Math.min(most, Math.max(0, value));
    const left = clamp(Math.floor(view.getWest() / size.factor), size.width);
    const right = clamp(Math.ceil(view.getEast() / size.factor), size.width);
    const top = clamp(Math.floor(view.getSouth() / size.factor), size.height);
    const bottom = clamp(Math.ceil(view.getNorth() / size.factor), size.height);
    const width = right - left, height = bottom - top, ids = new Int16Array(width * height).fill(-1);
    for (let y = top; y < bottom; ++y) {
      for (let column = Math.floor(left / side); column * side < right; ++column) {
        const tile = this.classes.held.get(`${level}/${column}_${Math.floor(y / side)}`);
        if (!tile) continue;
        const from = Math.max(left, column * side), to = Math.min(right, column * side + tile.width);
        const begin = (y % side) * tile.width - column * side;
        ids.set(tile.bytes.subarray(begin + from, begin + to), (y - top) * width + from - left);
      }
    }
    return {ids, left, top, width, height, factor: size.factor, levelSize: size};
  }

  // Grows from a pixel of the level to all that has its class and hangs together by sides.
  regionAt(x, y) {
    const view = this.gather(), {ids, left, top, width, height, levelSize} = view;
    const start = (y - top) * width + x - left, id = ids[start], mask = new Uint8Array(ids.length), stack = [start];
    let count = 0, isCut = false;
    const cutLeft = left > 0, cutTop = top > 0;
    const cutRight = left + width < levelSize.width, cutBottom = top + height < levelSize.height;
    while (stack.length > 0) {
      let at = stack.pop();
      if (mask[at]) continue;
      const rowBegin = at - at % width, rowEnd = rowBegin + width;
      while (at > rowBegin && ids[at - 1] === id) --at;
      isCut ||= (cutLeft && at === rowBegin) || (cutTop && rowBegin === 0) || (cutBottom && rowEnd === ids.length);
      let above = false, below = false;
      for (; at < rowEnd && ids[at] === id && !mask[at]; ++at) {
        mask[at] = 1;
        ++count;
        const up = at >= width && ids[at - width] === id && !mask[at - width];
        const down = at + width < ids.length && ids[at + width] === id && !mask[at + width];
        if (up && !above) stack.push(at - width);
        if (down && !below) stack.push(at + width);
        above = up;
        below = down;
      }
      isCut ||= cutRight && at === rowEnd;
    }
    const has = (column, row) => column >= left && column < left + width && row >= top && row < top + height &&
        mask[(row - top) * width + column - left] === 1;
    return {...view, mask, count, isCut, has};
  }

  // Lights the region up, its border in white.
  draw() {
    const {mask, left, top, width, height, factor} = this.region, image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer), inside = packColor([255, 255, 255], 70), border = 0xffffffff;
    for (let at = 0; at < mask.length; ++at) {
      if (!mask[at]) continue;
      const column = at % width;
      const isBorder = column === 0 || column === width - 1 || !mask[at - 1] || !mask[at + 1] || !mask[at - width] ||
          !mask[at + width];
      pixels[at] = isBorder ? border : inside;
    }
    this.canvas.width = width;
    this.canvas.height = height;
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    const from = this.map.latLngToLayerPoint([top * factor, left * factor]);
    const to = this.map.latLngToLayerPoint([(top + height) * factor, (left + width) * factor]);
    L.DomUtil.setPosition(this.canvas, from);
    this.canvas.style.width = `${to.x - from.x}px`;
    this.canvas.style.height = `${to.y - from.y}px`;
    this.canvas.hidden = false;
  }
}

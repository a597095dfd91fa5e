// A bar of a round length: in metres where the picture says how large its pixels are on the ground, else in pixels.
"use strict";

const ScaleBar = L.Control.extend({
  options: {position: "bottomright"},

  onAdd(map) {
    this.element = L.DomUtil.create("div", "scale");
    this.element.setAttribute("role", "img");
    map.on("zoomend resize", this.update, this);
    this.update();
    return this.element;
  },

  update() {
    const perPixel = mapView.description.metres_per_pixel;
    const widest = Math.min(160, this._map.getSize().x / 3);
    const perScreen = (perPixel ?? 1) / this._map.getZoomScale(this._map.getZoom(), mapView.description.levels - 1);
    const power = 10 ** Math.floor(Math.log10(widest * perScreen));
    const length = power * [5, 2, 1].find((digit) => digit * power <= widest * perScreen);
    const text = perPixel ? lengthText(length) : `${countText(length)} px`;
    this.element.style.setProperty("--length", `${length / perScreen}px`);  // the text may be wider
    this.element.textContent = text;
    this.element.setAttribute("aria-label", `Scale: the bar is ${text} long`);
  },
});

function countText(count) {
  return count.toLocaleString("en", {maximumSignificantDigits: count < 1 ? 2 : 21, maximumFractionDigits: 2});
}

function lengthText(metres) {
  if (metres >= 1000) return `${countText(metres / 1000)} km`;
  return metres >= 1 ? `${countText(metres)} m` : `${countText(metres * 100)} cm`;
}

// Of so many pixels of the picture.
function areaText(pixels) {
  const text = `${countText(pixels)} px`, side = mapView.description.metres_per_pixel;
  if (!side) return text;
  const metres = pixels * side * side;
  const ground = metres >= 1e6 ? [metres / 1e6, "km²"] : metres >= 1e4 ? [metres / 1e4, "ha"] : [metres, "m²"];
  return `${ground[0].toLocaleString("en", {maximumSignificantDigits: 4})} ${ground[1]} (${text})`;
}

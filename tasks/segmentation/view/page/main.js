// Puts the page together.
"use strict";

(() => {
  const description = mapView.description, {width, height, levels, tile} = description;
  const element = (id) => document.getElementById(id);

  // y grows downwards; at the last level a pixel of the picture is a pixel of the screen
  const crs = L.extend({}, L.CRS.Simple, {
    transformation: new L.Transformation(1, 0, 1, 0),
    scale: (zoom) => 2 ** (zoom - levels + 1),
    zoom: (scale) => Math.log2(scale) + levels - 1,
  });
  const bounds = L.latLngBounds([0, 0], [height, width]);
  const map = L.map("map", {
    crs,
    keyboard: false,  // keys.js does all of it
    attributionControl: false,
    minZoom: -2,  // below the first level, whose tile is shrunk: for narrow screens
    maxZoom: levels + 3,
    zoomSnap: 0.25,
    maxBounds: bounds.pad(0.5),
  });
  const showWhole = () => map.fitBounds(bounds);

  const shared = {tileSize: tile, bounds, noWrap: true, minZoom: -2, minNativeZoom: 0, maxNativeZoom: levels - 1,
    maxZoom: levels + 3};
  for (const pane of ["classes", "uncertainty"]) map.createPane(pane);
  const classes = new ByteLayer("classes", new Uint32Array(256), {...shared, pane: "classes"});
  const uncertainty = description.uncertainty &&
      new ByteLayer("uncertainty", uncertaintyColors(), {...shared, pane: "uncertainty"});
  showWhole();
  const picture = new PictureLayer(shared).addTo(map);
  classes.addTo(map);
  new ScaleBar().addTo(map);
  map.on("zoomend", () => map.getContainer().classList.toggle("enlarged", map.getZoom() >= levels));

  const legend = new Legend(element("classes"), classes);
  const swipe = new Swipe(map, element("divider"), [map.getPane("classes"), map.getPane("uncertainty")]);
  const reading = element("reading");
  const show = (text, index) => {
    reading.hidden = text === null;
    if (text === null) return;
    const swatch = document.createElement("span"), name = document.createElement("strong");
    swatch.className = "swatch";
    swatch.style.background = `rgb(${description.classes[index]?.color ?? "0, 0, 0, 0"})`;
    name.textContent = text.name;
    const details = text.details.map((detail) => Object.assign(document.createElement("span"), {textContent: detail}));
    reading.replaceChildren(swatch, name, ...details);
  };
  const regions = new Regions(map, classes, uncertainty, legend, show);

  const opacity = element("opacity");
  const setOpacity = (percent) => {
    opacity.value = percent;
    element("opacity-text").textContent = `${opacity.value}%`;
    map.getPane("classes").style.opacity = opacity.value / 100;
  };
  opacity.addEventListener("input", () => setOpacity(opacity.value));
  setOpacity(opacity.value);

  const setSwipe = (on) => swipe.setOn(element("swipe").checked = on);
  element("swipe").addEventListener("change", (event) => setSwipe(event.target.checked));
  const setUncertainty = (on) => {
    if (!uncertainty) return;
    element("uncertainty").checked = on;
    if (on) uncertainty.addTo(map);
    else uncertainty.remove();
  };
  element("uncertainty-row").hidden = !uncertainty;
  element("uncertainty").addEventListener("change", (event) => setUncertainty(event.target.checked));
  element("all").addEventListener("click", () => legend.setAll(true));
  element("none").addEventListener("click", () => legend.setAll(false));
  element("fold").addEventListener("click", (event) => {
    const folded = document.body.classList.toggle("folded");
    event.target.setAttribute("aria-expanded", String(!folded));
    map.invalidateSize();
  });

  const sayMiddle = async () => {
    await regions.pointAt(map.getCenter());
    element("spoken").textContent = reading.hidden ? "outside of the picture" : [...reading.children]
        .map((part) => part.textContent).filter((text) => text).join(", ");
  };
  handleKeys(map, {
    toggleClass: (index) => legend.toggle(index),
    letters: {
      a: () => legend.setAll(true),
      f: showWhole,
      i: sayMiddle,
      n: () => legend.setAll(false),
      o: () => setOpacity(opacity.value >= 100 ? 0 : Math.min(100, Number(opacity.value) + 20)),
      s: () => setSwipe(!element("swipe").checked),
      u: () => setUncertainty(!element("uncertainty").checked),
    },
  });

  document.title = `${description.title}: map`;
  element("title").textContent = description.title;
  element("facts").textContent = `${countText(width)} × ${countText(height)} pixels` +
      (description.metres_per_pixel ? ` of ${lengthText(description.metres_per_pixel)}` : "");
  mapView.map = map;
  mapView.layers = {picture, classes, uncertainty};
  mapView.regions = regions;
})();

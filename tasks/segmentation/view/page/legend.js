// The classes by name, colour and share, each to be switched on and off.
"use strict";

class Legend {
  // Repaints `layer` by what is switched on.
  constructor(list, layer) {
    this.layer = layer;
    this.boxes = mapView.description.classes.map((each, index) => this.addRow(list, each, index));
    this.update();
  }

  addRow(list, {name, color, share}, index) {
    const row = document.createElement("li"), label = document.createElement("label");
    const box = document.createElement("input"), swatch = document.createElement("span");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => this.update());
    swatch.className = "swatch";
    swatch.style.background = `rgb(${color})`;
    const text = document.createElement("span"), part = document.createElement("span");
    text.className = "name";
    text.textContent = name;
    part.className = "share";
    part.textContent = shareText(share);
    label.append(box, swatch, text, part);
    if (index < 10) {
      const key = document.createElement("kbd");
      key.textContent = (index + 1) % 10;
      label.append(key);
    }
    row.append(label);
    list.append(row);
    return box;
  }

  isOn(index) {
    return this.boxes[index]?.checked ?? false;
  }

  toggle(index) {
    if (index >= this.boxes.length) return;
    this.boxes[index].checked = !this.boxes[index].checked;
    this.update();
  }

  setAll(on) {
    for (const box of this.boxes) box.checked = on;
    this.update();
  }

  // Values without a class (no data) stay transparent.
  update() {
    this.layer.colors.fill(0);
    mapView.description.classes.forEach(({color}, index) => {
      if (this.isOn(index)) this.layer.colors[index] = packColor(color, 255);
    });
    this.layer.repaint();
  }
}

function shareText(share) {
  return share > 0 && share < 0.0005 ? "<0.1%" : `${(100 * share).toFixed(1)}%`;
}

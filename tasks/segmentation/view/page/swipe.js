// A border across the map that is dragged: left of it lies the picture alone.
"use strict";

class Swipe {
  // `panes` are shown right of `divider` while the swipe is on.
  constructor(map, divider, panes) {
    this.map = map;
    this.divider = divider;
    this.panes = panes;
    this.share = 0.5;
    map.on("move zoom viewreset resize", () => this.update());
    divider.addEventListener("pointerdown", (event) => {
      divider.setPointerCapture(event.pointerId);
      event.preventDefault();
      divider.focus();
    });
    divider.addEventListener("pointermove", (event) => {
      if (!divider.hasPointerCapture(event.pointerId)) return;
      const box = map.getContainer().getBoundingClientRect();
      this.moveTo((event.clientX - box.left) / box.width);
    });
    divider.addEventListener("keydown", (event) => {
      const steps = {ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1};
      if (!(event.key in steps)) return;
      event.preventDefault();
      event.stopPropagation();
      this.moveTo(this.share + steps[event.key]);
    });
  }

  setOn(on) {
    this.divider.hidden = !on;
    this.update();
  }

  moveTo(share) {
    this.share = Math.min(1, Math.max(0, share));
    this.update();
  }

  update() {
    const on = !this.divider.hidden, size = this.map.getSize(), x = Math.round(this.share * size.x);
    this.divider.style.left = `${x}px`;
    this.divider.setAttribute("aria-valuenow", Math.round(100 * this.share));
    // panes have no size of their own, which clip-path would need
    const from = this.map.containerPointToLayerPoint([x, 0]), to = this.map.containerPointToLayerPoint(size);
    for (const pane of this.panes) {
      pane.style.clip = on ? `rect(${from.y}px, ${to.x}px, ${to.y}px, ${from.x}px)` : "";
    }
  }
}

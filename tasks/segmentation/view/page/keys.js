// The keyboard, wherever the focus is: only sliders keep the arrows for themselves.
"use strict";

const kPanStep = 120;  // pixels of the screen

function handleKeys(map, actions) {
  const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key in moves) {
      if (event.target.matches("input[type=range], [role=slider]")) return;
      map.panBy(moves[event.key].map((step) => step * kPanStep));
    } else if (event.key === "+" || event.key === "=") {
      map.zoomIn(1);
    } else if (event.key === "-") {
      map.zoomOut(1);
    } else if (/^[0-9]$/.test(event.key)) {
      actions.toggleClass((Number(event.key) + 9) % 10);
    } else if (event.key in actions.letters) {
      actions.letters[event.key]();
    } else {
      return;
    }
    event.preventDefault();
  });
}

// The data of the folder. A page that is opened from disk may read no files, nor the pixels of pictures beside it; it may
// load scripts. So classes and uncertainty lie in scripts: bytes, compressed by zlib, as base64.
"use strict";

const mapView = (() => {
  const arrived = new Map();  // path -> the texts that its script gave
  const loading = new Map();  // path -> promise of its bytes

  function inflate(text) {
    const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
  }

  async function join(texts) {
    const parts = await Promise.all(texts.map(inflate));
    return new Uint8Array(parts.length === 1 ? parts[0] : await new Blob(parts).arrayBuffer());
  }

  function loadScript(path) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      arrived.set(path, []);
      script.src = `${path}.js`;
      script.onload = () => {
        script.remove();
        resolve(arrived.get(path));
      };
      script.onerror = () => {
        script.remove();
        reject(new Error(`${path}.js cannot be loaded`));
      };
      document.head.append(script);
    }).finally(() => arrived.delete(path));
  }

  return {
    description: null,

    // Called by map.js.
    describe(description) {
      this.description = description;
    },

    // Called by the script of a tile or of a cell of regions, once for each part of it.
    tile(path, text) {
      arrived.get(path)?.push(text);
    },

    // The bytes of a tile, row by row, or of a cell. Two who ask at once share one script.
    bytes(path) {
      if (!loading.has(path)) {
        const bytes = loadScript(path).then(join);
        loading.set(path, bytes);
        const done = () => loading.delete(path);
        bytes.then(done, done);
      }
      return loading.get(path);
    },

    // Width and height of the picture at a level; the last level is the picture itself, each one before it half.
    levelSize(level) {
      const {width, height, levels} = this.description;
      const factor = 2 ** (levels - 1 - level);
      return {width: Math.ceil(width / factor), height: Math.ceil(height / factor), factor};
    },

    // Width and height of what a tile holds: those at the right and the lower border hold less than a whole tile.
    tileSize(level, column, row) {
      const size = this.levelSize(level), side = this.description.tile;
      return {width: Math.min(side, size.width - column * side), height: Math.min(side, size.height - row * side)};
    },
  };
})();

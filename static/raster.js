// A picture as pixels, drawn by the browser: it has the letters that the server may lack.

/** Pixels to each of the picture's own, and the most that a side may have. */
const FINE = 2;
const MOST = 8192;

/**
 * Draw an SVG as a PNG.
 *
 * @param {Blob} svg
 * @returns {Promise<Blob>}
 */
export async function rasterOf(svg) {
  const address = URL.createObjectURL(svg);
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const fine = Math.min(FINE, MOST / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(image.naturalWidth * fine), height: Math.round(image.naturalHeight * fine) });
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large."))), "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}

// Text that stands out from its ground by a ratio below 4.5 (WCAG 2, level AA).
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const known = new Map();
const paint = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return canvas.getImageData(0, 0, 1, 1).data;
};
const rgba = (colour) => {
  if (!known.has(colour)) known.set(colour, paint(colour));
  return known.get(colour);
};
const linear = (x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
const light = (c) => 0.2126 * linear(c[0] / 255) + 0.7152 * linear(c[1] / 255) + 0.0722 * linear(c[2] / 255);
const ground = (e) => {
  for (; e; e = e.parentElement) {
    const c = rgba(getComputedStyle(e).backgroundColor);
    if (c[3] > 250) return c;
  }
  return [255, 255, 255];
};
const found = new Set();
for (const e of document.querySelectorAll('body *')) {
  const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!text || e.closest('script,style,.skip') || !e.getClientRects().length) continue;
  const style = getComputedStyle(e);
  const svg = e instanceof SVGElement;
  const node = svg && e.closest('.node');
  const ink = light(rgba(svg ? style.fill : style.color));
  const back = light(node ? rgba(getComputedStyle(node.querySelector('.box')).fill) : ground(e));
  const ratio = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
  if (ratio < 4.5) found.add(`${ratio.toFixed(2)} ${e.tagName} ${e.textContent.trim().slice(0, 40)}`);
}
return [...found];

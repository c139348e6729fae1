// What sticks out of the window on the left or right.
const width = document.documentElement.clientWidth;
const outside = (e) => {
  const r = e.getBoundingClientRect();
  return r.width > 0 && (r.right > width + 1 || r.left < -1);
};
const offstage = (e) => e.closest('.skip')
  || (e.closest('thead') && getComputedStyle(e.closest('thead')).position === 'absolute');
const found = [...document.querySelectorAll('body *')].filter((e) => outside(e) && !offstage(e));
const names = found.map((e) => e.outerHTML.slice(0, 120));
return document.documentElement.scrollWidth > width ? ['page', ...names] : names;

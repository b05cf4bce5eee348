// The script of report.html: values of a figure under the pointer, a finger or the arrow keys, and tables sorted by a column.
// `gait report` puts it into the page.
(() => {
'use strict';
const make = (name, text, parent) => {
  const element = document.createElement(name);
  element.textContent = text;
  if (parent) parent.append(element);
  return element;
};

// Values: of all marks in a panel, those at the place nearest to the pointer.
const tip = make('div', '', document.body);
tip.className = 'tip';
tip.hidden = true;
tip.setAttribute('role', 'status');
let drawn = [], shown = null;
const hide = () => {
  tip.hidden = true;
  for (const element of drawn.splice(0)) element.remove();
};
const place = element => (({ left, top }) => ({ left, top }))(element.getBoundingClientRect());
const nearest = (marks, x) => marks.reduce((best, mark) => Math.abs(mark.x - x) < Math.abs(best.x - x) ? mark : best);

const read = svg => {
  const panels = new Map();
  for (const circle of svg.querySelectorAll('circle.mark')) {
    const { panel, series, x: at, y: value, color } = circle.dataset;
    circle.replaceChildren(); // its title, shown by browsers, too
    if (!panels.has(panel)) panels.set(panel, []);
    panels.get(panel).push({ series, at, value, color, x: +circle.getAttribute('cx'), y: +circle.getAttribute('cy') });
  }
  const lines = [...svg.querySelectorAll('line:not([stroke-dasharray])')]
    .map(line => ['x1', 'x2', 'y1', 'y2'].map(name => +line.getAttribute(name)));
  return [...panels.values()].map(marks => {
    const xs = marks.map(mark => mark.x), ys = marks.map(mark => mark.y);
    const box = { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
    // Grid lines tell how far the panel reaches; a wider gap between them is a gap between panels.
    const middle = (box.left + box.right) / 2;
    const grid = lines.filter(([x1, x2, y1, y2]) => y1 === y2 && x1 <= middle && middle <= x2 && x2 - x1 > 60)
      .map(line => line[2]).sort((a, b) => a - b);
    const gaps = grid.slice(1).map((y, index) => y - grid[index]).filter(gap => gap > 4);
    const room = 1.2 * Math.min(...gaps);
    for (const y of grid) if (y > box.bottom && y - box.bottom < room) box.bottom = y;
    for (const y of grid.reverse()) if (y < box.top && box.top - y < room) box.top = y;
    return { marks, ...box };
  });
};

// All series at the mark's place; of a series without it the next value, if that is close, with its own place.
const rows = (panel, head) => {
  const series = new Map();
  for (const mark of panel.marks) series.set(mark.series, [...series.get(mark.series) || [], mark]);
  return [...series.values()].flatMap(marks => {
    const here = marks.filter(mark => mark.at === head.at);
    if (here.length) return here;
    const next = nearest(marks, head.x);
    return Math.abs(next.x - head.x) < 0.04 * (panel.right - panel.left) ? [next] : [];
  }).sort((a, b) => a.y - b.y);
};

const show = (svg, panel, head, clientX, clientY, above) => {
  hide();
  const add = (name, attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    element.style.pointerEvents = 'none';
    svg.append(element);
    drawn.push(element);
  };
  add('line', { x1: head.x, x2: head.x, y1: panel.top, y2: panel.bottom, stroke: '#555555', 'stroke-dasharray': '3 3' });
  tip.replaceChildren();
  make('b', head.at, tip);
  for (const mark of rows(panel, head)) {
    add('circle', { cx: mark.x, cy: mark.y, r: 4, fill: mark.color, stroke: '#ffffff', 'stroke-width': 1.5 });
    const row = make('div', '', tip);
    make('i', '', row).style.background = mark.color;
    make('span', mark.series, row);
    const value = make('span', mark.value, row);
    if (mark.at !== head.at) make('small', ' at ' + mark.at, value);
  }
  tip.hidden = false;
  shown = { svg, ...place(svg) };
  const { width, height } = tip.getBoundingClientRect(), space = 16, edge = 8;
  let left = clientX + space, top = above ? clientY - height - 2 * space : clientY + space;
  if (left + width > innerWidth - edge) left = clientX - space - width;
  if (top + height > innerHeight - edge) top = clientY - space - height;
  tip.style.left = Math.max(edge, Math.min(left, document.documentElement.clientWidth - edge - width)) + 'px';
  tip.style.top = Math.max(edge, top) + 'px';
};

for (const plot of document.querySelectorAll('.plot')) {
  const svg = plot.querySelector('svg'), panels = read(svg);
  if (!panels.length) continue;
  const stops = panels.flatMap(panel => {
    const places = new Map(panel.marks.map(mark => [mark.x, mark]));
    const sorted = [...places.values()].sort((a, b) => a.x - b.x);
    return sorted.filter((mark, index) => !index || mark.x - sorted[index - 1].x > 1).map(mark => ({ panel, mark }));
  });
  let stop = -1;
  const point = (clientX, clientY, above) => {
    const matrix = svg.getScreenCTM();
    const x = (clientX - matrix.e) / matrix.a, y = (clientY - matrix.f) / matrix.d, reach = 14;
    const panel = panels.find(it => x > it.left - reach && x < it.right + reach && y > it.top - reach && y < it.bottom + reach);
    if (!panel) return hide();
    const head = nearest(panel.marks, x);
    stop = stops.findIndex(it => it.panel === panel && Math.abs(it.mark.x - head.x) < 3);
    show(svg, panel, head, clientX, clientY, above);
  };
  plot.addEventListener('pointermove', event => { if (event.pointerType !== 'touch') point(event.clientX, event.clientY); });
  plot.addEventListener('pointerleave', event => { if (event.pointerType !== 'touch') hide(); });
  plot.addEventListener('click', event => point(event.clientX, event.clientY, event.pointerType === 'touch'));
  plot.tabIndex = 0;
  plot.setAttribute('role', 'group');
  plot.setAttribute('aria-label', svg.querySelector('title').textContent + ': left and right arrow keys read the values');
  plot.addEventListener('blur', hide);
  plot.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    stop = Math.max(0, Math.min(stops.length - 1, stop + step));
    const { panel, mark } = stops[stop], matrix = svg.getScreenCTM();
    show(svg, panel, mark, mark.x * matrix.a + matrix.e, panel.top * matrix.d + matrix.f);
  });
}
addEventListener('scroll', () => { // a table's scrolling moves no figure
  if (tip.hidden) return;
  const { left, top } = place(shown.svg);
  if (left !== shown.left || top !== shown.top) hide();
}, true);
addEventListener('keydown', event => { if (event.key === 'Escape') hide(); });
addEventListener('pointerdown', event => { if (!event.target.closest('.plot')) hide(); });

// Sorting: the first click on a number's column shows the largest first; what is not a number comes last.
const number = text => {
  const plain = text.replaceAll('−', '-').replaceAll(',', '');
  const time = /^(?:(\d+) h )?(?:(\d+) min ?)?(?:([\d.]+) s)?$/.exec(plain);
  return time && time[0] ? 3600 * (time[1] || 0) + 60 * (time[2] || 0) + +(time[3] || 0) : parseFloat(plain);
};
const words = new Intl.Collator('en', { numeric: true });
const sort = (table, index, isNumeric, sign) => {
  const body = table.tBodies[0], text = row => row.cells[index].textContent;
  const compare = (a, b) => {
    if (!isNumeric) return sign * words.compare(text(a), text(b));
    const x = number(text(a)), y = number(text(b));
    return isNaN(x) - isNaN(y) || (isNaN(x) ? 0 : sign * (x - y));
  };
  body.append(...[...body.rows].sort(compare));
  table.classList.add('sorted');
};
for (const table of document.querySelectorAll('table')) {
  if (table.tBodies[0].rows.length < 3) continue;
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, index) => {
    const button = make('button', head.textContent, null), isNumeric = head.classList.contains('n');
    button.type = 'button';
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const now = head.getAttribute('aria-sort');
      const descending = now ? now === 'ascending' : isNumeric;
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      sort(table, index, isNumeric, descending ? -1 : 1);
    });
  });
}

// Paper shows what is folded up.
let opened = [];
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('details:not([open])')];
  for (const details of opened) details.open = true;
});
addEventListener('afterprint', () => { for (const details of opened) details.open = false; });
})();

/* The graph: fills the elements of the picture with what the slots hold, as the writer of stills does. */
const graph = {
  svg: byId('graph'),
  view: null,
  boxes: [],
  boxesOf: new Map(),
  edgesOf: new Map(),
  lit: [],
  selected: null,
  zoom: { scale: 1, x: 0, y: 0 },
  fitted: true,
  close: false,

  show(id) {
    const views = data.views;
    const view = views.find((each) => each.id === id) || views[0];
    const index = views.indexOf(view);
    this.view = view;
    this.chosen = '';
    this.svg.querySelectorAll('.view').forEach((each, place) => each.classList.toggle('shown', place === index));
    this.root = this.svg.querySelectorAll('.view')[index];
    this.scene = this.root.querySelector('.scene');
    this.boxesOf = new Map();
    this.edgesOf = new Map();
    this.boxes = [...this.root.querySelectorAll('.box')].map((each) => this.readBox(each));
    for (const box of this.boxes) {
      for (const node of box.members) { push(this.boxesOf, node, box); }
    }
    const tags = this.root.querySelectorAll('.tag');
    this.root.querySelectorAll('.edge').forEach((each, place) => this.readEdge(each, tags[place]));
    this.pulse = this.scene.querySelector('.pulse') || this.scene.appendChild(svgElement('path', { class: 'pulse', pathLength: 1 }));
    this.lit = [];
    this.draw(null);
    this.rove(this.boxes[0]);
    this.fit();
    this.comeCloser();
  },

  /* Where the whole picture is too small to read, look at a part of it, which follows the steps. */
  comeCloser() {
    if (this.zoom.scale >= 0.42) { return; }
    this.zoomBy(0.6 / this.zoom.scale);
    this.close = true;
    const box = this.lit[0] || this.boxes[0];
    if (box) { this.reveal(box.element); }
  },

  readBox(each) {
    const node = Number(each.dataset.node);
    const fold = each.dataset.fold || '';
    const members = fold ? this.view.members[fold] : [node];
    const find = (selector) => each.querySelector(selector);
    const box = {
      element: each, node, fold, members, kind: each.getAttribute('class').split(' ')[1],
      data: find('text.data'), grad: find('text.grad'), track: find('.track'), bar: find('.bar'),
      badge: find('.badge text'), images: { d: find('image.data'), g: find('image.grad') },
      slots: { d: find('.slot.data'), g: find('.slot.grad') },
      total: fold ? this.view.inside[fold] || 0 : data.totals[node],
      isGhost: each.classList.contains('ghost')
    };
    each.setAttribute('tabindex', '-1');
    each.setAttribute('role', 'button');
    each.onclick = () => this.select(box);
    each.ondblclick = () => { if (fold) { app.enter(fold); } };
    each.onfocus = () => this.rove(box);
    return box;
  },

  readEdge(each, tag) {
    const numbers = each.dataset.edges.split(' ').map(Number);
    const edge = { element: each, numbers, line: each.querySelector('.line'), amount: tag.matches('.amount') ? tag : null };
    for (const number of numbers) { this.edgesOf.set(number, edge); }
  },

  /* Draw what the slots touch, or everything. */
  draw(touched) {
    const moment = story.now();
    const boxes = new Set(this.lit);
    const edges = new Set(this.litEdge ? [this.litEdge] : []);
    if (touched === null) {
      this.boxes.forEach((box) => boxes.add(box));
      this.edgesOf.forEach((edge) => edges.add(edge));
    } else {
      for (const slot of touched) {
        const number = Number(slot.slice(1));
        if (slot[0] === 'e') {
          if (this.edgesOf.has(number)) { edges.add(this.edgesOf.get(number)); }
          for (const box of this.boxesOf.get(data.edges[number][1]) || []) { if (box.fold) { boxes.add(box); } }
        } else {
          for (const box of this.boxesOf.get(number) || []) { boxes.add(box); }
        }
      }
    }
    this.lit = [];
    this.litEdge = null;
    if (moment) {
      const getting = moment.parent === undefined ? moment.node : moment.parent;
      this.lit = [...(this.boxesOf.get(getting) || []), ...(this.boxesOf.get(moment.node) || [])];
      this.lit.forEach((box) => boxes.add(box));
      this.litEdge = this.edgesOf.get(moment.edge) || null;
      if (this.litEdge) { edges.add(this.litEdge); }
    }
    boxes.forEach((box) => this.drawBox(box, moment));
    edges.forEach((edge) => this.drawEdge(edge, moment));
  },

  drawBox(box, moment) {
    const filled = story.slots['d' + box.node];
    const gradient = story.slots['g' + box.node];
    const classes = ['box', box.kind, this.progress(box), this.role(box, moment)].filter(Boolean);
    if (filled === undefined) { classes.push('waiting'); }
    if (this.selected === box.node && !box.fold) { classes.push('selected'); }
    if (box.found) { classes.push('found'); }
    setAttribute(box.element, 'class', classes.join(' '));
    fillText(box.data, 'data', filled);
    fillText(box.grad, 'grad', gradient);
    this.drawImage(box, 'd', filled);
    this.drawImage(box, 'g', gradient);
    if (box.bar) {
      const x = Number(box.track.getAttribute('x'));
      const wide = Number(box.track.getAttribute('width'));
      const sign = gradient ? gradient[1] || '' : '';
      const length = gradient ? (gradient[2] || 0) * wide / 2 : 0;
      const middle = x + wide / 2;
      setAttribute(box.bar, 'class', sign ? 'bar ' + sign : 'bar');
      setAttribute(box.bar, 'x', short(sign === 'negative' ? middle - length : middle));
      setAttribute(box.bar, 'width', short(length));
    }
    if (box.badge) { setText(box.badge, this.arrived(box) + ' of ' + box.total); }
    setAttribute(box.element, 'aria-label', this.spoken(box));
  },

  drawImage(box, kind, shown) {
    if (!box.images[kind]) { return; }
    const place = shown ? shown[3] : undefined;
    const name = kind === 'd' ? 'slot data' : 'slot grad';
    setAttribute(box.slots[kind], 'class', place === undefined ? name : name + ' filled');
    if (place === undefined) {
      box.images[kind].removeAttribute('href');
    } else {
      setAttribute(box.images[kind], 'href', 'data:image/png;base64,' + data.images[place]);
    }
  },

  drawEdge(edge, moment) {
    let most = null;
    for (const number of edge.numbers) {
      const shown = story.slots['e' + number];
      if (shown && (most === null || (shown[2] || 0) > (most[2] || 0))) { most = shown; }
    }
    const active = moment !== null && edge.numbers.includes(moment.edge);
    setAttribute(edge.element, 'class', ['edge', most ? most[1] || '' : '', active ? 'active' : ''].filter(Boolean).join(' '));
    setAttribute(edge.line, 'stroke-width', short(1.3 + 3.7 * (most ? most[2] || 0 : 0)));
    let halo = edge.element.querySelector('.halo');
    if (active && !halo) {
      halo = svgElement('path', { class: 'halo', d: edge.line.getAttribute('d') });
      edge.element.prepend(halo);
    } else if (!active && halo) {
      halo.remove();
    }
    if (edge.amount) { setText(edge.amount, most && (this.view.keeps || active) ? most[0] : ''); }
  },

  progress(box) {
    if (story.slots['g' + box.node] === undefined) { return ''; }
    const total = data.totals[box.node];
    const arrived = story.slots['c' + box.node] || 0;
    return !total ? 'seeded' : arrived === total ? 'complete' : arrived ? 'partial' : '';
  },

  role(box, moment) {
    if (!moment) { return ''; }
    const getting = moment.parent === undefined ? moment.node : moment.parent;
    return box.members.includes(getting) ? 'receiving' : box.members.includes(moment.node) ? 'giving' : '';
  },

  arrived(box) {
    if (!box.fold) { return story.slots['c' + box.node] || 0; }
    return this.view.steps[box.fold].reduce((count, edge) => count + (story.slots['e' + edge] === undefined ? 0 : 1), 0);
  },

  spoken(box) {
    const gradient = story.slots['g' + box.node];
    const filled = story.slots['d' + box.node];
    const name = box.fold ? data.titles[box.fold] + ', fold of ' + box.members.length + ' nodes' : data.spoken[box.node];
    const parts = [name, 'data ' + (filled ? filled[0] : 'not computed')];
    if (box.grad) { parts.push('gradient ' + (gradient ? gradient[0] : 'not computed')); }
    if (box.grad && !box.fold && box.total > 1) { parts.push(this.arrived(box) + ' of ' + box.total + ' contributions'); }
    return parts.join(', ');
  },

  /* One box can be reached with Tab; the arrow keys up and down walk on from it. */
  rove(box) {
    if (this.roving) { this.roving.element.setAttribute('tabindex', '-1'); }
    this.roving = box;
    if (box) { box.element.setAttribute('tabindex', '0'); }
  },

  walk(direction) {
    const place = this.boxes.indexOf(this.roving);
    const focused = this.roving && document.activeElement === this.roving.element;
    const next = focused ? place + direction : Math.max(place, 0);
    const box = this.boxes[Math.max(0, Math.min(this.boxes.length - 1, next))];
    this.focus(box);
  },

  focus(box) {
    this.rove(box);
    box.element.focus({ preventScroll: true });
    this.reveal(box.element);
  },

  select(box) {
    const before = this.selected;
    this.selected = before === box.node ? null : box.node;
    for (const each of this.boxes) { if (each.node === before || each.node === box.node) { this.drawBox(each, story.now()); } }
    this.chosen = this.selected === null ? '' : box.fold;
    app.path();
    panel.terms();
  },

  /* A pulse that runs along the edge, against the computation when a gradient is passed on. */
  beat(moment) {
    const edge = this.litEdge;
    this.pulse.classList.remove('running', 'backwards');
    if (!edge || reducedMotion.matches) { return; }
    this.pulse.setAttribute('d', edge.line.getAttribute('d'));
    this.pulse.classList.toggle('backwards', moment.phase === 'backward');
    this.pulse.getAnimations().forEach((each) => each.cancel());
    requestAnimationFrame(() => this.pulse.classList.add('running'));
  },

  /* -- pan and zoom -- */

  move() {
    const { scale, x, y } = this.zoom;
    this.scene.setAttribute('transform', 'translate(' + short(x) + ' ' + short(y) + ') scale(' + scale.toFixed(4) + ')');
  },

  /* A size in pixels: with one in percent the browser lays out every text anew at every step. */
  resize() {
    const stage = byId('stage');
    this.svg.style.width = stage.clientWidth + 'px';
    this.svg.style.height = stage.clientHeight + 'px';
    if (!this.view) { return; }
    const close = this.close; /* a frame has no size yet when it starts */
    if (this.fitted || close) { this.fit(); }
    if (close) { this.comeCloser(); }
  },

  fit() {
    const wide = this.svg.clientWidth;
    const high = this.svg.clientHeight;
    const scale = Math.min((wide - 48) / this.view.width, (high - 84) / this.view.height, 1.6);
    this.zoom = { scale: Math.max(scale, 0.02), x: 0, y: 0 };
    this.zoom.x = (wide - this.view.width * this.zoom.scale) / 2;
    this.zoom.y = Math.max(18, (high - 50 - this.view.height * this.zoom.scale) / 2);
    this.fitted = true;
    this.close = false;
    this.move();
  },

  zoomBy(factor, x, y) {
    const wide = x === undefined ? this.svg.clientWidth / 2 : x;
    const high = y === undefined ? this.svg.clientHeight / 2 : y;
    const scale = Math.max(0.02, Math.min(6, this.zoom.scale * factor));
    const real = scale / this.zoom.scale;
    this.zoom = { scale, x: wide - (wide - this.zoom.x) * real, y: high - (high - this.zoom.y) * real };
    this.fitted = this.close = false;
    this.move();
  },

  /* Bring an element into sight, if it is not. */
  reveal(each) {
    const stage = this.svg.getBoundingClientRect();
    const box = each.getBoundingClientRect();
    const inside = box.left >= stage.left + 8 && box.right <= stage.right - 8 && box.top >= stage.top + 8 && box.bottom <= stage.bottom - 8;
    if (inside) { return; }
    this.zoom.x += (stage.left + stage.right) / 2 - (box.left + box.right) / 2;
    this.zoom.y += (stage.top + stage.bottom) / 2 - (box.top + box.bottom) / 2;
    this.move();
  },

  find(text) {
    const wanted = text.trim().toLowerCase();
    const hits = data.spoken.map((name, node) => node).filter((node) => wanted && data.spoken[node].toLowerCase().includes(wanted));
    for (const box of this.boxes) {
      const found = box.members.some((node) => hits.includes(node));
      if (found !== Boolean(box.found)) { box.found = found; this.drawBox(box, story.now()); }
    }
    return hits;
  }
};

function push(map, key, value) { if (map.has(key)) { map.get(key).push(value); } else { map.set(key, [value]); } }
function short(value) { return String(Math.floor(value * 10 + 0.5) / 10); }
function setText(node, text) { if (node.textContent !== text) { node.textContent = text; } }
function setAttribute(node, name, value) { if (node.getAttribute(name) !== value) { node.setAttribute(name, value); } }
function fillText(node, name, shown) {
  if (!node) { return; }
  const broken = shown && shown[1] === 'broken';
  setAttribute(node, 'class', shown ? (broken ? name + ' broken' : name) : name + ' missing');
  setText(node, shown ? shown[0] : '\u2013');
}

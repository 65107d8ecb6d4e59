/* The controls: keys, buttons, playing, stopping, saving. */
const app = {
  timer: null,

  start() {
    byId('forward').checked = data.forward;
    byId('again').checked = false;
    byId('again-label').hidden = !data.moments.some((each) => each.phase === 'again');
    byId('follow-label').hidden = data.views.length < 2;
    const stop = byId('stop-node');
    data.names.forEach((name, node) => { if (!data.constants.includes(node)) { stop.append(element('option', { value: node }, name)); } });
    graph.svg.removeAttribute('viewBox');
    graph.resize();
    nudge.start();
    story.compose(data.forward, false);
    story.go(data.start);
    this.arrange();
    this.listen();
    graph.show('');
    this.path();
    this.refresh();
    if (document.body.className === 'program') { this.tab('table'); byId('follow').checked = true; }
    document.documentElement.dataset.ready = 'yes';
  },

  refresh() {
    byId('scrubber').value = story.position;
    setText(byId('count'), story.position + ' / ' + story.moments.length);
    for (const id of ['first', 'back', 'back-node']) { byId(id).disabled = story.position === 0; }
    for (const id of ['last', 'next', 'next-node']) { byId(id).disabled = story.position === story.moments.length; }
    byId('phases').querySelectorAll('button').forEach((each) => {
      each.classList.toggle('now', story.position > Number(each.dataset.from) && story.position <= Number(each.dataset.to));
    });
    panel.draw();
    if (this.timer === null) { panel.speak(); }
  },

  /* Lay out the scrubber for the story that is told. */
  arrange() {
    const scrubber = byId('scrubber');
    scrubber.max = story.moments.length;
    const found = [];
    story.moments.forEach((moment, index) => {
      const last = found[found.length - 1];
      if (last && last.phase === moment.phase) { last.to = index + 1; } else { found.push({ phase: moment.phase, from: index, to: index + 1 }); }
    });
    byId('phases').replaceChildren(...found.map((each) => {
      const button = element('button', { title: PHASES[each.phase] + ': steps ' + (each.from + 1) + ' to ' + each.to, style: 'flex-grow:' + (each.to - each.from) }, element('span', {}, PHASES[each.phase]));
      button.dataset.from = each.from;
      button.dataset.to = each.to;
      button.onclick = () => this.go(each.from + 1);
      return button;
    }));
  },

  go(target, quiet) {
    const from = story.position;
    const touched = story.go(target);
    if (byId('follow').checked) { this.follow(); }
    graph.draw(touched);
    const moment = story.now();
    if (moment && story.position === from + 1) { graph.beat(moment); }
    if (!graph.fitted && moment) {
      for (const box of graph.lit) { graph.reveal(box.element); }
    }
    if (!quiet) { this.refresh(); }
  },

  next() { this.go(story.position + 1); },
  back() { this.go(story.position - 1); },

  /* In a folded graph a whole node is a whole box of the picture. */
  boxOf(node) {
    const box = (graph.boxesOf.get(node) || []).find((each) => !each.isGhost);
    return box && box.fold ? box.fold : node;
  },
  nextNode() { this.go(story.wholeNode(1, (node) => this.boxOf(node))); },
  backNode() { this.go(story.wholeNode(-1, (node) => this.boxOf(node))); },

  /* -- playing -- */

  play() {
    if (this.timer !== null) { this.pause(); return; }
    if (story.position === story.moments.length) { this.go(0); }
    byId('play').setAttribute('aria-pressed', 'true');
    byId('play').setAttribute('aria-label', 'Pause');
    const tick = () => {
      this.next();
      const reason = this.stops();
      if (reason || story.position === story.moments.length) { this.pause(reason); return; }
      this.timer = setTimeout(tick, this.delay());
    };
    this.timer = setTimeout(tick, 60);
  },

  delay() { return 2400 / 1.6 ** Number(byId('speed').value); },

  pause(reason) {
    clearTimeout(this.timer);
    this.timer = null;
    byId('play').setAttribute('aria-pressed', 'false');
    byId('play').setAttribute('aria-label', 'Play');
    setText(byId('stopped'), reason || '');
    panel.speak();
  },

  /* Why to stop after the step that was just taken; empty when there is no reason. */
  stops() {
    const moment = story.now();
    const touched = moment && moment.parent;
    if (!moment || touched === undefined || moment.summed) { return ''; }
    const name = data.names[touched];
    if (byId('stop-node').value !== '' && Number(byId('stop-node').value) === touched) { return 'Stopped at ' + name + '.'; }
    if (byId('stop-zero').checked && moment.size === 0) { return 'Stopped: the gradient of ' + name + ' is 0.'; }
    if (byId('stop-broken').checked && moment.size === null) { return 'Stopped: the gradient of ' + name + ' is not finite.'; }
    if (byId('stop-large').checked && (moment.size === null || moment.size > Number(byId('stop-size').value))) { return 'Stopped: the gradient of ' + name + ' is large.'; }
    return '';
  },

  run() {
    const touched = new Set();
    let reason = '';
    while (!reason && story.position < story.moments.length) {
      story.go(story.position + 1).forEach((slot) => touched.add(slot));
      reason = this.stops();
    }
    if (byId('follow').checked) { this.follow(); }
    graph.draw(touched);
    this.refresh();
    setText(byId('stopped'), reason || 'Nothing of this happened.');
  },

  /* -- folds -- */

  enter(fold) { graph.show(fold); this.path(); panel.draw(); const box = graph.boxes[0]; if (box) { graph.focus(box); } },

  leave() {
    if (!graph.view.id) { return; }
    const left = graph.view.id;
    this.enter(graph.view.around);
    const box = graph.boxes.find((each) => each.fold === left);
    if (box) { graph.focus(box); }
  },

  path() {
    const steps = [];
    let view = graph.view;
    while (view.id) { steps.unshift(view); view = data.views.find((each) => each.id === view.around); }
    if (data.views.length < 2) { return; }
    const button = (title, id) => { const made = element('button', {}, title); made.onclick = () => this.enter(id); return made; };
    const crumbs = steps.length ? [button('whole graph', ''), ...steps.flatMap((each) => ['›', button(each.title, each.id)])] : [];
    const chosen = graph.chosen && graph.chosen !== view.id;
    byId('path').replaceChildren(...crumbs, chosen ? button('step into ' + data.titles[graph.chosen], graph.chosen)
      : element('span', { className: 'quiet' }, crumbs.length ? '' : 'double-click a fold to step into it'));
  },

  /* Show the picture in which the step happens: into a fold, or out of it. */
  follow() {
    const moment = story.now();
    if (!moment) { return; }
    const home = data.home[moment.edge === undefined ? moment.node : data.edges[moment.edge][1]];
    if (home !== graph.view.id) { graph.show(home); this.path(); }
  },

  search(next) {
    const hits = graph.find(byId('search').value);
    setText(byId('found'), byId('search').value.trim() ? hits.length + ' found' : '');
    if (!next || !hits.length) { return; }
    this.hit = ((this.hit === undefined ? -1 : this.hit) + 1) % hits.length;
    const node = hits[this.hit];
    if (!graph.boxesOf.has(node)) { graph.show(data.home[node]); this.path(); graph.find(byId('search').value); }
    graph.reveal((graph.boxesOf.get(node) || [])[0].element);
  },

  tab(id) {
    document.querySelectorAll('[role=tab]').forEach((each) => {
      const chosen = each.id === 'tab-' + id;
      each.setAttribute('aria-selected', String(chosen));
      each.tabIndex = chosen ? 0 : -1;
      byId(each.getAttribute('aria-controls')).hidden = !chosen;
    });
    panel.draw();
    nudge.draw();
  },

  theme() {
    const root = document.documentElement;
    const next = { auto: 'light', light: 'dark', dark: 'auto' }[root.dataset.theme];
    root.dataset.theme = next;
    setText(byId('theme'), 'Theme: ' + next);
  },

  listen() {
    const buttons = {
      first: () => this.go(0), back: () => this.back(), 'back-node': () => this.backNode(), play: () => this.play(),
      next: () => this.next(), 'next-node': () => this.nextNode(), last: () => this.go(story.moments.length),
      'zoom-in': () => graph.zoomBy(1.25), 'zoom-out': () => graph.zoomBy(0.8), fit: () => graph.fit(),
      theme: () => this.theme(), run: () => this.run(), save: () => saving.open()
    };
    for (const id in buttons) {
      byId(id).addEventListener('click', (event) => {
        buttons[id]();
        /* After a click with the mouse, the space bar plays instead of clicking again. */
        if (event.detail && id !== 'run' && id !== 'save') { byId(id).blur(); }
      });
    }
    setText(byId('theme'), 'Theme: ' + document.documentElement.dataset.theme);
    byId('scrubber').oninput = (event) => this.go(Number(event.target.value));
    byId('search').oninput = () => { this.hit = undefined; this.search(false); };
    byId('forward').onchange = byId('again').onchange = () => {
      this.pause();
      story.compose(byId('forward').checked, byId('again').checked);
      this.arrange();
      graph.draw(null);
      this.refresh();
    };
    byId('show-checks').onchange = () => panel.table();
    document.querySelectorAll('[role=tab]').forEach((each) => { each.onclick = () => this.tab(each.getAttribute('aria-controls')); });
    byId('tabs').onkeydown = (event) => {
      const tabs = [...document.querySelectorAll('[role=tab]')];
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!move) { return; }
      event.preventDefault();
      event.stopPropagation();
      const next = tabs[(tabs.indexOf(document.activeElement) + move + tabs.length) % tabs.length];
      this.tab(next.getAttribute('aria-controls'));
      next.focus();
    };
    document.addEventListener('keydown', (event) => this.key(event));
    new ResizeObserver(() => graph.resize()).observe(byId('stage'));
    this.drag();
  },

  key(event) {
    const target = event.target;
    const typing = target.matches('input[type=search], input[type=number], select');
    if (target.id === 'search' && event.key === 'Enter') { this.search(true); event.preventDefault(); return; }
    if (target.id === 'search' && event.key === 'Escape') { target.value = ''; this.search(false); target.blur(); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || byId('saving').open) { return; }
    if (target.matches('input[type=range]:not(#scrubber)') && event.key.startsWith('Arrow')) { return; }
    if (target.matches('button, [type=checkbox]') && (event.key === ' ' || event.key === 'Enter')) { return; }
    const keys = {
      ArrowRight: () => event.shiftKey ? this.nextNode() : this.next(),
      ArrowLeft: () => event.shiftKey ? this.backNode() : this.back(),
      ArrowDown: () => graph.walk(1), ArrowUp: () => graph.walk(-1),
      ' ': () => this.play(), Home: () => this.go(0), End: () => this.go(story.moments.length),
      '+': () => graph.zoomBy(1.25), '=': () => graph.zoomBy(1.25), '-': () => graph.zoomBy(0.8), 0: () => graph.fit(),
      '/': () => byId('search').focus(), Enter: () => this.enterFocused(), Escape: () => this.leave(), Backspace: () => this.leave(),
      t: () => this.theme(), s: () => saving.open()
    };
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action) { event.preventDefault(); action(); }
  },

  enterFocused() {
    const box = graph.roving;
    if (!box) { return; }
    if (box.fold) { this.enter(box.fold); } else { graph.select(box); }
  },

  drag() {
    let held = null;
    graph.svg.addEventListener('pointerdown', (event) => { held = { x: event.clientX, y: event.clientY, moved: false }; });
    graph.svg.addEventListener('pointermove', (event) => {
      if (!held || !(event.buttons & 1)) { return; }
      const x = event.clientX - held.x;
      const y = event.clientY - held.y;
      if (!held.moved && Math.hypot(x, y) < 4) { return; }
      if (!held.moved) { graph.svg.setPointerCapture(event.pointerId); graph.svg.classList.add('dragging'); }
      held = { x: event.clientX, y: event.clientY, moved: true };
      graph.zoom.x += x;
      graph.zoom.y += y;
      graph.fitted = graph.close = false;
      graph.move();
    });
    const release = () => { held = null; graph.svg.classList.remove('dragging'); };
    graph.svg.addEventListener('pointerup', release);
    graph.svg.addEventListener('pointercancel', release);
    graph.svg.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && !event.metaKey) { return; }
      event.preventDefault();
      const stage = graph.svg.getBoundingClientRect();
      graph.zoomBy(Math.exp(-event.deltaY / 200), event.clientX - stage.left, event.clientY - stage.top);
    }, { passive: false });
  }
};

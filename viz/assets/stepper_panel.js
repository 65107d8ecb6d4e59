/* The explanation beside the graph: the formula twice, and the panels below it. */
const panel = {
  draw() {
    const moment = story.now();
    setText(byId('phase'), story.place());
    byId('sentence').replaceChildren(this.sentence(moment));
    this.formula(moment);
    this.local(moment);
    this.terms();
    this.order();
    this.table();
  },

  name(node) { return data.names[node]; },

  sentence(moment) {
    if (!moment) {
      return story.forward ? 'The leaves hold their numbers; nothing has been computed yet.'
        : 'Everything is computed; no gradient is yet. A dash is not a zero.';
    }
    if (moment.sentence) { return moment.sentence; }
    const node = this.name(moment.node);
    const parent = moment.parent === undefined ? '' : this.name(moment.parent);
    switch (moment.phase) {
      case 'forward': return node + ' is computed from its arguments';
      case 'seed': return 'The pass starts: the gradient of ' + node + ' is given';
      case 'backward': return node + ' passes its gradient on to ' + parent;
      case 'kept': return node + ' still had a gradient from an earlier backward: the new one is added to it';
      case 'again': return 'A second backward() without zero_grad() adds the gradient of ' + node + ' again';
      case 'update': return data.optimizer + ': ' + node + ' moves';
      default:
        return moment.was ? node + ' was ' + moment.was[0] + ' and is ' + moment.after[0] + ' after the update'
          : node + ' is computed again, after the update';
    }
  },

  formula(moment) {
    const place = byId('formula');
    place.replaceChildren();
    place.className = 'code';
    if (!moment) { return; }
    if (!moment.local) {
      place.append(element('div', {}, moment.symbols), element('div', {}, this.coloured(moment.numbers, moment)));
      return;
    }
    place.classList.add('product');
    const parent = this.name(moment.parent);
    const node = this.name(moment.node);
    const fraction = element('span', { className: 'fraction' }, element('span', {}, '∂' + node), element('span', {}, '∂' + parent));
    const which = moment.which ? element('small', { title: moment.which }, fraction, ' ' + moment.which) : fraction;
    const part = (name, ...content) => element('span', { className: 'part ' + name }, ...content);
    const top = [part('', parent + '.grad'), element('span', {}, '+='), element('span', {}), part('local', which),
      element('span', {}, '·'), part('incoming', node + '.grad')];
    const start = moment.summed ? [element('span', {}), element('span', {})] : [this.value(moment.before), element('span', {}, '+')];
    const result = part('result', this.value(moment.summed ? moment.amount : moment.after));
    const bottom = [...start, element('span', {}, '('), part('local', this.value(moment.local)), element('span', {}, '×'),
      part('incoming', this.value(moment.incoming)), element('span', {}, ')')];
    if (moment.summed) { top[0].prepend('for '); top[1].textContent = ':'; }
    /* Long numbers have their sum on a line of its own. */
    const columns = Math.max(parent.length + 5, moment.before[0].length) + Math.max(node.length + 1, moment.local[0].length)
      + Math.max(node.length + 5, moment.incoming[0].length) + moment.after[0].length;
    const long = columns > 21 || moment.incoming.length > 1;
    if (!long) { bottom.push(element('span', {}, '='), result); }
    const fill = (count) => Array.from({ length: count }, () => element('span', {}));
    place.append(element('div', { className: 'line' }, ...top, ...fill(9 - top.length)), element('div', { className: 'line numbers' }, ...bottom));
    if (long) { place.append(element('div', { className: 'outcome' }, '= ', result)); }
  },

  /* A number as text, an array with its thumbnail. */
  value(shown) {
    const text = shown[0];
    const sign = text.startsWith('−') ? 'negative-text' : /^(nan|inf|−inf)$/.test(text) ? 'broken-text' : /^0$/.test(text) ? '' : 'positive-text';
    if (shown[1] === undefined) { return element('span', { className: /^[−\d.e+naif]+$/.test(text) ? sign : '' }, text); }
    const image = element('img', { className: 'thumbnail-large', alt: '', src: 'data:image/png;base64,' + data.images[shown[1]] });
    return element('span', {}, image, text);
  },

  coloured(text, moment) {
    const pictures = [moment.before, moment.amount, moment.after].filter((each) => each && each[1] !== undefined);
    if (!pictures.length) { return text; }
    return element('span', {}, text, element('span', { className: 'row' }, ...pictures.map((each) => this.value(['', each[1]]))));
  },

  local(moment) {
    const place = byId('local');
    place.replaceChildren();
    if (!moment) { return; }
    if (moment.formula && moment.formula[0] !== moment.local[0]) {
      const [symbols, numbers] = moment.formula;
      const end = symbols === moment.local[0] ? '' : ' = ' + moment.local[0];
      place.append(element('p', {}, 'Local derivative ', element('code', {}, '∂' + this.name(moment.node) + '/∂' + this.name(moment.parent) + ' = ' + symbols + (numbers ? ' = ' + numbers : '') + end)));
    } else if (moment.local) {
      place.append(element('p', {}, 'Local derivative ', element('code', {}, moment.local[0]), ': ' + this.constantSlope(moment)));
    }
    if (moment.note) { place.append(element('p', {}, moment.note)); }
    if (moment.was) {
      place.append(element('p', {}, 'Loss before ', element('code', {}, moment.was[0]), ', after ', element('code', {}, moment.after[0]), ', a change of ', element('code', {}, moment.change)));
    }
  },

  constantSlope(moment) {
    const text = moment.local[0];
    return text === '1' ? 'the gradient goes on unchanged' : text === '0' ? 'nothing gets through' : 'the gradient is scaled by it';
  },

  /* The terms that make the gradient of the selected node, or of the one that gets a gradient now. */
  terms() {
    const place = byId('terms');
    const moment = story.now();
    const node = graph.selected !== null ? graph.selected : moment ? (moment.parent === undefined ? moment.node : moment.parent) : data.names.length - 1;
    const found = story.contributions(node);
    const gradient = story.slots['g' + node];
    const name = this.name(node);
    const added = story.additions(node);
    const done = found.filter((each) => each.done).length;
    place.replaceChildren();
    const title = element('p', {}, 'Gradient of ', element('code', {}, name), ' ');
    const check = data.constants.includes(node) ? 'a constant has none' : !gradient ? 'not computed, which is not 0'
      : !found.length ? 'the seed' : done < found.length ? done + ' of ' + found.length + ' contributions' : found.length + ' of ' + found.length + ', complete';
    const state = gradient && done === found.length ? 'complete' : done ? 'partial' : '';
    title.append(element('span', { className: 'state ' + state }, check));
    place.append(title);
    const list = element('ul', { className: 'terms code' });
    for (const { moment: each, done: happened } of found) {
      const times = each.local ? '∂' + this.name(each.node) + '/∂' + name + ' · ' + this.name(each.node) + '.grad' : each.rule || each.symbols;
      const row = element('li', { className: happened ? (each === moment ? 'latest' : '') : 'pending' },
        element('span', {}, times), element('span', {}, happened ? this.value(each.amount) : 'not yet'));
      list.append(row);
    }
    for (const { moment: each, done: happened } of added) {
      const kept = each.phase === 'kept';
      list.append(element('li', { className: happened ? (each === moment ? 'latest' : '') : 'pending' },
        element('span', {}, kept ? 'left by an earlier backward()' : 'second backward()'), element('span', {}, this.value(kept ? each.before : each.amount))));
    }
    if (gradient && found.length) {
      const last = [...found, ...added].filter((each) => each.done).pop();
      list.append(element('li', { className: 'total' }, element('span', {}, done < found.length ? 'so far' : name + '.grad'), element('span', {}, last ? this.value(last.moment.after) : '–')));
    }
    place.append(list);
    if (added.length) { place.append(element('p', {}, 'backward() adds to what .grad holds; zero_grad() forgets it.')); }
  },

  order() {
    if (byId('order').hidden) { return; }
    const place = byId('order');
    const { visits, first, whole, wrong } = data.order;
    const words = first === null
      ? 'Here every order that leads outwards is right: no result is used twice, so each gradient is complete when it is passed on.'
      : this.name(visits[first][0]) + ' passes on ' + visits[first][2] + ' before its gradient is complete; complete it is ' + visits[first][3] + '. What it passed on too early is passed on again with the rest.';
    const right = data.moments.filter((each) => each.phase === 'backward' && !each.summed);
    const line = (each) => this.name(each.node) + ' → ' + this.name(each.parent) + ': ' + each.amount[0];
    const ours = element('ol', {}, ...right.slice(0, 300).map((each) => element('li', { className: each === story.now() ? 'now' : '' }, line(each))));
    const naive = element('ol', {}, ...visits.map((each, index) => element('li', { className: index === first ? 'wrong' : '' },
      this.name(each[0]) + ' → ' + this.name(each[1]) + ': ' + each[4] + (index === first ? '  ✗ too early' : ''))));
    place.replaceChildren(
      element('p', {}, 'A node passes its gradient on only after everything that uses it has. ', words),
      wrong.length ? element('p', {}, 'Naive recursion ends with ' + wrong.map(([node, got, want]) => this.name(node) + '.grad = ' + got + ' instead of ' + want).join(', ') + (data.order.more ? ', and ' + data.order.more + ' more wrong' : '') + '.') : '',
      whole ? '' : element('p', {}, 'It was stopped after ' + visits.length + ' steps: it goes over every path anew, and there are many.'),
      element('div', { className: 'columns' }, element('h3', {}, 'backward()'), element('h3', {}, 'naive recursion'), ours, naive));
  },

  /* Every step as a row: what the picture and the explanation say, as text. */
  table() {
    if (byId('table').hidden) { return; }
    const place = byId('table').querySelector('.scroll');
    const checks = byId('show-checks').checked;
    const key = [story.moments.length, story.forward, checks].join();
    if (this.tableKey !== key) {
      this.tableKey = key;
      const heads = ['', 'Step', ...(checks ? ['Finite difference'] : [])];
      const body = element('tbody', {});
      story.moments.forEach((each, index) => {
        const row = element('tr', {}, element('td', {}, String(index + 1)),
          element('td', {}, element('span', { className: 'quiet' }, PHASES[each.phase] + this.arrivals(each)),
            element('div', { className: 'code' }, each.symbols), element('div', { className: 'code strong' }, each.numbers)));
        if (checks) { row.append(element('td', { className: 'number' }, this.check(each))); }
        row.onclick = () => app.go(index + 1);
        body.append(row);
      });
      place.replaceChildren(element('table', {}, element('caption', {}, 'All ' + story.moments.length + ' steps'),
        element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head || element('span', { className: 'unseen' }, 'Number'))))), body));
    }
    const rows = place.querySelectorAll('tbody tr');
    place.querySelectorAll('tr.now').forEach((row) => { row.classList.remove('now'); row.removeAttribute('aria-current'); });
    const row = rows[story.position - 1];
    if (row) { row.classList.add('now'); row.setAttribute('aria-current', 'step'); row.scrollIntoView({ block: 'nearest' }); }
  },

  arrivals(moment) {
    if (moment.phase !== 'backward' || moment.summed) { return ''; }
    const total = data.totals[moment.parent];
    return total < 2 ? '' : ' · ' + moment.arrived + ' of ' + total + (moment.arrived === total ? ', complete' : '');
  },

  check(moment) {
    const complete = moment.phase === 'backward' && !moment.summed && moment.arrived === data.totals[moment.parent];
    const found = complete ? data.checks[moment.parent] : undefined;
    if (!found) { return ''; }
    return (found[2] ? '✓ ' : '✗ ') + found[1] + (found[0] ? ' for ' + found[0] : '');
  },

  speak() {
    const moment = story.now();
    setText(byId('live'), moment ? story.place() + '. ' + moment.symbols + '. ' + moment.numbers + '. ' + this.arrivals(moment) : story.place());
  }
};

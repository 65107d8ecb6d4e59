/* The story: which moments are told, where we are in it, and what every slot holds.

   Going forward notes what each slot held before; going back puts exactly that back. */
const data = JSON.parse(document.getElementById('data').textContent);
const PHASES = {
  forward: 'Forward', seed: 'Seed', backward: 'Backward', kept: 'Add up', again: 'Again', update: 'Update', next: 'Next forward', reverse: 'Backward'
};

/* What a gradient was before a step, and what arrives, the steps before it have said already; and most lines
   are made of the facts of their moment, in the words of the library. */
const said = {};
for (const moment of data.moments) {
  moment.phase = moment.phase || 'backward';
  if (moment.phase === 'backward') {
    moment.before = moment.before || said[moment.parent] || ['0'];
    moment.incoming = moment.incoming || said[moment.node];
    moment.arrived = moment.changes['c' + moment.parent];
    if (!moment.summed) { said[moment.parent] = moment.after; }
  } else if (moment.phase === 'seed') {
    said[moment.node] = moment.after;
  }
  if (moment.symbols === undefined) {
    const [node, parent] = [data.names[moment.node], data.names[moment.parent]];
    moment.symbols = parent + '.grad += ∂' + node + '/∂' + parent + (moment.which ? ' [' + moment.which + ']' : '') + ' · ' + node + '.grad';
    moment.numbers = moment.before[0] + ' + (' + moment.local[0] + ' × ' + moment.incoming[0] + ') = ' + moment.after[0];
  }
}

const story = {
  moments: [],
  position: 0,
  slots: {},
  forward: true,
  again: false,
  undo: [],

  /* Tell the story anew, at the moment where we were, or at the one that follows it. */
  compose(forward, again) {
    const here = this.now();
    this.forward = forward;
    this.again = again;
    this.slots = { ...data.initial };
    this.undo = [];
    this.position = 0;
    this.moments = data.moments.filter((moment) => {
      if (moment.phase === 'forward' && !forward) { Object.assign(this.slots, moment.changes); return false; }
      return moment.phase !== 'again' || again;
    });
    let place = here ? this.moments.indexOf(here) + 1 : 0;
    this.go(place);
  },

  now() { return this.position ? this.moments[this.position - 1] : null; },

  place() {
    const moment = this.now();
    return moment ? PHASES[moment.phase] + ' · step ' + this.position + ' of ' + this.moments.length
      : 'Before the first step of ' + this.moments.length;
  },

  /* Go to a position and answer which slots have changed. */
  go(target) {
    const touched = new Set();
    target = Math.max(0, Math.min(this.moments.length, target));
    while (this.position < target) {
      const changes = this.moments[this.position].changes;
      const before = [];
      for (const slot in changes) {
        before.push([slot, this.slots[slot]]);
        this.slots[slot] = changes[slot];
        touched.add(slot);
      }
      this.undo[this.position++] = before;
    }
    while (this.position > target) {
      for (const [slot, held] of this.undo[--this.position]) {
        if (held === undefined) { delete this.slots[slot]; } else { this.slots[slot] = held; }
        touched.add(slot);
      }
    }
    return touched;
  },

  /* The position after the last moment in which the same box of the picture is at work. */
  wholeNode(direction, boxOf) {
    const key = (moment) => moment.phase + ' ' + boxOf(moment.node);
    let target = this.position;
    if (direction > 0) {
      if (target >= this.moments.length) { return target; }
      const first = key(this.moments[target++]);
      while (target < this.moments.length && key(this.moments[target]) === first) { target++; }
    } else {
      if (target === 0) { return target; }
      const last = key(this.moments[--target]);
      while (target > 0 && key(this.moments[target - 1]) === last) { target--; }
    }
    return target;
  },

  /* The moments that add to the gradient of a node, each with whether it has happened. */
  contributions(node) {
    const found = [];
    this.moments.forEach((moment, index) => {
      if (moment.phase === 'backward' && moment.parent === node && !moment.summed) {
        found.push({ moment, index, done: index < this.position });
      }
    });
    return found;
  },

  /* The moments that add this gradient to what an earlier backward left, or add it a second time. */
  additions(node) {
    const found = [];
    this.moments.forEach((moment, index) => {
      if ((moment.phase === 'kept' || moment.phase === 'again') && moment.node === node) { found.push({ moment, done: index < this.position }); }
    });
    return found;
  }
};

const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
const byId = (id) => document.getElementById(id);

/* An element with text in it: labels never become markup. */
function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  for (const name in properties) {
    if (name in made) { made[name] = properties[name]; } else { made.setAttribute(name, properties[name]); }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return made;
}

function svgElement(tag, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const name in attributes) { made.setAttribute(name, attributes[name]); }
  return made;
}

/* Nudge a leaf: the real change of the loss beside gradient × delta. */
const nudge = {
  start() {
    const leaf = byId('nudge-leaf');
    data.nudges.forEach((each, index) => leaf.append(element('option', { value: index }, data.names[each.node])));
    leaf.onchange = () => this.draw(true);
    byId('nudge-range').onchange = () => this.draw();
    byId('nudge-delta').oninput = () => this.draw();
    if (!data.nudges.length) { byId('nudge').replaceChildren(element('p', {}, 'There is no leaf to nudge whose loss is a single number.')); }
  },

  draw(otherLeaf) {
    if (byId('nudge').hidden || !data.nudges.length) { return; }
    const leaf = data.nudges[byId('nudge-leaf').value || 0];
    const range = byId('nudge-range');
    if (otherLeaf || !range.options.length) {
      range.replaceChildren(...leaf.changes.map((each, index) => element('option', { value: index }, number(leaf.scale * 10 ** -index))));
    }
    const curve = leaf.changes[range.value || 0];
    const span = leaf.scale * 10 ** -(range.value || 0);
    const place = Number(byId('nudge-delta').value);
    const delta = span * (place - 10) / 10;
    const change = curve[place];
    const promised = leaf.slope * delta;
    const name = data.names[leaf.node];
    const loss = change === null ? null : leaf.start + change;
    byId('nudge-picture').replaceChildren(this.picture(leaf, curve, place, name));
    const every = leaf.array ? 'every element of ' : '';
    byId('nudge-result').replaceChildren(
      element('p', {}, every, element('code', {}, name), ' ' + (delta < 0 ? '− ' : '+ ') + number(Math.abs(delta)) + ': the loss goes from ', element('code', {}, number(leaf.start)), ' to ', element('code', {}, number(loss))),
      element('p', {}, 'Its change: ', element('code', {}, number(change)), '.  Gradient × delta: ', element('code', {}, number(leaf.slope) + ' × ' + number(delta) + ' = ' + number(promised))),
      element('p', {}, 'The difference, ', element('code', {}, number(change === null ? null : change - promised)), ', is what a straight line misses; it shrinks faster than delta.'));
  },

  picture(leaf, curve, place, name) {
    const wide = 420, high = 190, margin = 14;
    const tangent = (index) => leaf.slope * leaf.scale * 10 ** -(byId('nudge-range').value || 0) * (index - 10) / 10;
    const values = curve.filter((value) => value !== null);
    const low = Math.min(...values, 0);
    const top = Math.max(...values, 0);
    const room = (top - low) * 0.15 || 1;
    const x = (index) => margin + (wide - 2 * margin) * index / 20;
    const y = (value) => high - 26 - (high - 40) * (value - low + room) / (top - low + 2 * room);
    const made = svgElement('svg', { viewBox: '0 0 ' + wide + ' ' + high, role: 'img', 'aria-label': 'The loss as a curve over ' + name + ', and the straight line that the gradient promises' });
    const clip = svgElement('svg', { x: 0, y: 0, width: wide, height: high - 18, overflow: 'hidden' });
    const path = (f) => 'M' + curve.map((value, index) => [index, f(index)]).filter(([, value]) => value !== null).map(([index, value]) => short(x(index)) + ',' + short(y(value))).join('L');
    made.append(svgElement('path', { class: 'axis', d: 'M' + x(10) + ',8V' + (high - 22) }), svgElement('path', { class: 'axis', d: 'M' + margin + ',' + (high - 22) + 'H' + (wide - margin) }), clip);
    clip.append(svgElement('path', { class: 'tangent', d: path(tangent) }), svgElement('path', { class: 'curve', d: path((index) => curve[index]) }));
    if (curve[place] !== null) {
      clip.append(svgElement('path', { class: 'gap', d: 'M' + short(x(place)) + ',' + short(y(curve[place])) + 'V' + short(y(tangent(place))) }),
        svgElement('circle', { class: 'promised', cx: short(x(place)), cy: short(y(tangent(place))), r: 4 }),
        svgElement('circle', { cx: short(x(place)), cy: short(y(curve[place])), r: 5 }));
    }
    const label = svgElement('text', { x: wide - margin, y: high - 6, 'text-anchor': 'end' });
    label.textContent = name;
    const loss = svgElement('text', { x: margin, y: high - 6 });
    loss.textContent = 'the loss (line) and gradient × delta (dashes)';
    made.append(label, loss);
    return made;
  }
};

function number(value) {
  if (value === null || Number.isNaN(value)) { return 'NaN'; }
  return String(Number(Number(value).toPrecision(4))).replaceAll('-', '−');
}

/* A step as a picture of its own: the same bytes that the library saves. */
const saving = {
  /* The colours of the page, written out: programs that show an SVG may know no variables. */
  style() {
    const colours = getComputedStyle(document.documentElement);
    return byId('picture-style').textContent.trim().replace(/var\((--[a-z-]+)\)/g, (whole, name) => colours.getPropertyValue(name).trim());
  },

  svg() {
    const { view } = graph;
    const root = svgElement('svg', { class: 'stepper', role: 'img', viewBox: '0 0 ' + view.canvas[0] + ' ' + view.canvas[1], width: view.canvas[0], height: view.canvas[1] });
    const moment = story.now();
    const add = (tag, text) => { const made = svgElement(tag, {}); made.textContent = text; root.append(made); };
    add('title', data.title);
    add('desc', story.place() + (moment ? ' ' + moment.symbols + ': ' + moment.numbers : ''));
    add('style', '\n' + this.style() + '\n');
    root.append(graph.svg.querySelector('defs').cloneNode(true));
    root.append(svgElement('rect', { class: 'ground', width: view.canvas[0], height: view.canvas[1] }));
    const scene = graph.scene.cloneNode(true);
    scene.setAttribute('transform', 'translate(' + short(view.origin[0]) + ' ' + short(view.origin[1]) + ')');
    scene.querySelectorAll('.pulse').forEach((each) => each.remove());
    for (const each of scene.querySelectorAll('.box')) {
      for (const name of ['tabindex', 'role', 'aria-label']) { each.removeAttribute(name); }
      each.classList.remove('selected', 'found');
    }
    root.append(scene);
    const legend = [...graph.svg.querySelectorAll('.legend')].map((each) => each.cloneNode(true));
    legend.forEach((each) => each.setAttribute('transform', 'translate(' + short(view.legend[0]) + ' ' + short(view.legend[1]) + ')'));
    const caption = svgElement('g', { class: 'caption', transform: 'translate(' + short(view.caption[0]) + ' ' + short(view.caption[1]) + ')' });
    [['phase', 16, story.place()], ['symbols', 42, moment ? moment.symbols : ''], ['numbers', 68, moment ? moment.numbers : '']].forEach(([name, y, text]) => {
      const line = svgElement('text', { class: name, y });
      line.textContent = text;
      caption.append(line);
    });
    root.append(...legend, caption);
    return new XMLSerializer().serializeToString(root);
  },

  async png(text) {
    const image = new Image();
    image.src = this.address(text);
    await image.decode();
    const canvas = document.createElement('canvas');
    const scale = Math.min(2, 8000 / Math.max(image.width, image.height));
    canvas.width = image.width * scale;
    canvas.height = image.height * scale;
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/png');
  },

  address(text) { return 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(text); },

  name(suffix) { return 'step-' + story.position + '.' + suffix; },

  async open() {
    app.pause();
    const text = this.svg();
    byId('preview').src = await this.png(text);
    byId('save-svg').onclick = () => this.download(this.address(text), 'svg');
    byId('save-png').onclick = () => this.download(byId('preview').src, 'png');
    byId('save-close').onclick = () => byId('saving').close();
    if (!byId('saving').open) { byId('saving').showModal(); }
  },

  download(address, suffix) {
    const link = element('a', { href: address, download: this.name(suffix) });
    document.body.append(link);
    link.click();
    link.remove();
  }
};

app.start();

/* Unfolds the boxes of a drawing in place, and searches it. What is behind a fold was laid out beforehand:
   opening one makes room for it by moving apart what is beside, above and below, so nothing else moves. */
(function () {
  "use strict";
  var data = JSON.parse(document.getElementById("graph-data").textContent);
  var svg = document.querySelector("svg"), graph = svg.querySelector("g.graph");
  var note = document.getElementById("note"), search = document.getElementById("search");
  var NS = "http://www.w3.org/2000/svg", PAD = 14, TITLE = 12, EPSILON = 0.5, SIDE = 15, LINE = 17;
  var drawn = {}, parent = {}, open = [], zoom = 1, hits = [], hit = -1, added = null;
  var original = graph.querySelectorAll(":scope > .edge, :scope > .mark, :scope > .group");
  var flow = data.flow, first = svg.viewBox.baseVal, margin = 14;
  var offset = /translate\(([-\d.]+)[ ,]([-\d.]+)\)/.exec(graph.getAttribute("transform"));
  var base = { x: first.x - offset[1], y: first.y - offset[2], w: first.width, h: first.height };

  Object.keys(data.insides).forEach(function (id) {
    data.insides[id].boxes.forEach(function (box) { parent[box] = +id; });
  });
  graph.querySelectorAll(":scope > .box").forEach(function (element) {
    prepare(+element.getAttribute("data-box"), element);
  });

  /* What is inside an image cannot be reached, what is inside a group can. */
  svg.setAttribute("role", "group");

  function make(name, attributes, text) {
    var element = document.createElementNS(NS, name);
    Object.keys(attributes).forEach(function (key) { element.setAttribute(key, attributes[key]); });
    if (text !== undefined) { element.textContent = text; }
    return element;
  }

  function act(element, label, action) {
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", label);
    element.classList.add("opens");
    element.addEventListener("click", function () { action(false); });
    element.addEventListener("keydown", function (event) {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); action(true); }
    });
  }

  function prepare(id, element) {
    drawn[id] = element;
    if (data.insides[id]) {
      act(element, "unfold " + data.folds[id], function (by_key) { toggle(id, by_key); });
    } else if (data.sealed[id]) {
      act(element, data.folds[id] + ": " + data.sealed[id], function () { say(data.folds[id] + ": " + data.sealed[id]); });
    }
  }

  /* A box that is not in the drawing from the start: the same shapes as the others have, in the same places. */
  function element_of(id) {
    if (!drawn[id]) {
      var box = data.hidden[id - data.shown], size = data.sizes[id], right = size[0] - SIDE, y = 39;
      var group = make("g", { "class": "box " + box.k, "data-box": id });
      group.appendChild(make("title", {}, data.texts[id]));
      if (data.folds[id]) { group.appendChild(make("path", { "class": "stack", d: sheets(size[0], size[1]) })); }
      group.appendChild(make("rect", { "class": "frame", width: size[0], height: size[1], rx: box.o }));
      group.appendChild(make("text", { "class": box.u ? "heading unnamed" : "heading", x: SIDE, y: 21 }, box.h));
      if (box.l) { group.appendChild(make("text", { "class": "label end", x: right, y: 20 }, box.l)); }
      (box.r || []).forEach(function (row) {
        if (row[0]) { group.appendChild(make("text", { "class": "name", x: SIDE, y: y }, row[0])); }
        group.appendChild(make("text", { "class": "end", x: right, y: y }, row[1]));
        y += LINE;
      });
      (box.b || []).forEach(function (badge) {
        group.appendChild(make("text", { "class": "badge", x: SIDE, y: y }, badge));
        y += LINE;
      });
      if (box.c) {
        group.appendChild(make("path", { "class": "chart", d: box.c[0] }));
        group.appendChild(make("path", { "class": "base", d: box.c[1] }));
        y += 32;
      }
      if (box.g) { bar(group, SIDE, y - 9, size[0] - 2 * SIDE, box.g); }
      if (box.f) { group.appendChild(make("text", { "class": "footer", x: SIDE, y: size[1] - 7 }, box.f)); }
      prepare(id, group);
    }
    return drawn[id];
  }

  function bar(group, x, y, wide, share) {
    var middle = x + wide / 2;
    group.appendChild(make("rect", { "class": "track", x: x, y: y, width: wide, height: 5, rx: 1 }));
    [["negative", Math.min(share[0], 0)], ["positive", Math.max(share[1], 0)]].forEach(function (side) {
      var length = Math.max(Math.abs(side[1]) * wide / 2, 1.5);
      if (side[1]) {
        group.appendChild(make("rect", {
          "class": side[0], x: side[1] < 0 ? middle - length : middle, y: y, width: length, height: 5
        }));
      }
    });
    group.appendChild(make("path", { "class": "zero", d: "M" + middle + "," + (y - 2) + "v9" }));
  }

  function sheets(wide, high) {
    return [3, 6].map(function (far) {
      return "M" + (wide + far - 3) + "," + far + "h3v" + high + "h" + -wide + "v-3";
    }).join("");
  }

  function ancestors(id) {
    var found = [];
    while (parent[id] !== undefined) { id = parent[id]; found.unshift(id); }
    return found;
  }

  /* The element of a fold, open or closed, and where its middle is on the screen. */
  function shown(id) {
    return open.indexOf(id) >= 0 ? graph.querySelector('[data-frame="' + id + '"]') : drawn[id];
  }

  function middle(element) {
    var at = element.getBoundingClientRect();
    return [(at.left + at.right) / 2, (at.top + at.bottom) / 2];
  }

  /* What was clicked stays where it was, as far as the page can be scrolled. */
  function toggle(id, by_key) {
    var before = shown(id), from = before && before.isConnected ? middle(before) : null;
    if (open.indexOf(id) >= 0) {
      open = open.filter(function (each) { return each !== id && ancestors(each).indexOf(id) < 0; });
    } else {
      open.push(id);
    }
    render();
    var now = shown(id);
    if (now && from) {
      var to = middle(now);
      document.getElementById("view").scrollBy(to[0] - from[0], to[1] - from[1]);
    }
    if (now && by_key) { now.focus({ preventScroll: true }); }
    say((open.indexOf(id) >= 0 ? "unfolded " : "folded ") + data.folds[id]);
  }

  /* Where every visible box is, and the frames of the folds that are open. */
  function arrange() {
    var boxes = {}, frames = {};
    data.places.forEach(function (at, id) { boxes[id] = { x: at[0], y: at[1], w: at[2], h: at[3] }; });
    open.forEach(function (id) {
      var at = boxes[id], inside = data.insides[id];
      /* Many edges come apart at the sides of what they enter. */
      var room = Math.min(6 * inside.boxes.length, 80);
      var aside = PAD + room * Math.abs(flow[0]), beside = PAD + room * Math.abs(flow[1]);
      var w = Math.max(inside.w + 2 * aside, 120), h = inside.h + 2 * beside + TITLE;
      var right = at.x + at.w - EPSILON, bottom = at.y + at.h - EPSILON, top = at.y + EPSILON;
      var dx = Math.max(w - at.w, 0), dy = Math.max(h - at.h, 0) / 2;
      function across(x) { return x >= right ? x + dx : x; }
      function down(y) { return y >= bottom ? y + dy : y <= top ? y - dy : y; }
      delete boxes[id];
      Object.keys(boxes).forEach(function (key) {
        var box = boxes[key];
        box.x = across(box.x);
        if (box.y >= bottom) { box.y += dy; } else if (box.y + box.h <= top) { box.y -= dy; }
      });
      Object.keys(frames).forEach(function (key) {
        var frame = frames[key], x = across(frame.x), y = down(frame.y);
        frames[key] = { x: x, y: y, w: across(frame.x + frame.w) - x, h: down(frame.y + frame.h) - y };
      });
      frames[id] = { x: at.x, y: at.y - dy, w: Math.max(w, at.w), h: Math.max(h, at.h) };
      inside.boxes.forEach(function (box, index) {
        var place = inside.places[index];
        boxes[box] = {
          x: at.x + aside + place[0], y: at.y - dy + beside + TITLE + place[1], w: place[2], h: place[3]
        };
      });
    });
    return { boxes: boxes, frames: frames };
  }

  function visible(id, boxes) {
    while (!boxes[id] && parent[id] !== undefined) { id = parent[id]; }
    return id;
  }

  function curve(from, to) {
    var x1 = from.x + from.w * (1 + flow[0]) / 2, y1 = from.y + from.h * (1 + flow[1]) / 2;
    var x2 = to.x + to.w * (1 - flow[0]) / 2 - 8 * flow[0], y2 = to.y + to.h * (1 - flow[1]) / 2 - 8 * flow[1];
    var reach = Math.max(30, Math.abs((x2 - x1) * flow[0] + (y2 - y1) * flow[1]) / 2);
    var dx = reach * flow[0], dy = reach * flow[1];
    var points = [[x1, y1], [x1 + dx, y1 + dy], [x2 - dx, y2 - dy], [x2, y2]].map(function (point) {
      return point[0].toFixed(1) + "," + point[1].toFixed(1);
    });
    return { path: "M" + points[0] + "C" + points.slice(1).join(" "), x: x2, y: y2 };
  }

  /* As wide as in the drawing: each power of ten takes a step away. */
  function thickness(sent) {
    if (!sent || !data.scale) { return 1; }
    return 1 + 5 * Math.min(Math.max(0, 1 + Math.log10(Math.abs(sent) / data.scale) / 4), 1);
  }

  function draw_edges(boxes, layer) {
    var seen = {};
    data.edges.forEach(function (edge) {
      var from = visible(edge[0], boxes), to = visible(edge[1], boxes), key = from + " " + to;
      if (from === to || !boxes[from] || !boxes[to]) { return; }
      if (!seen[key]) { seen[key] = { from: from, to: to, count: 0, sent: null }; }
      var sent = seen[key].sent, more = edge[4];
      seen[key].count += edge[3];
      if (sent === null || more === null) {
        seen[key].sent = sent === null ? more : sent;
      } else {
        seen[key].sent = (sent + more < 0 ? -1 : 1) * (Math.abs(sent) + Math.abs(more));
      }
    });
    var keys = Object.keys(seen);
    layer.setAttribute("class", keys.length > 120 && !data.scale ? "dense" : "");
    keys.forEach(function (key) {
      var edge = seen[key], bend = curve(boxes[edge.from], boxes[edge.to]);
      var kind = edge.sent === null ? "" : edge.sent > 0 ? " more" : edge.sent < 0 ? " less" : " nothing";
      var group = make("g", { "class": "edge" + kind });
      if (edge.count > 1) { group.appendChild(make("title", {}, "stands for " + edge.count + " edges")); }
      var line = make("path", { "class": "line", d: bend.path });
      if (edge.sent !== null) { line.style.strokeWidth = thickness(edge.sent) + "px"; }
      group.appendChild(line);
      var fx = flow[0], fy = flow[1], x = bend.x, y = bend.y;
      group.appendChild(make("path", {
        "class": "head",
        d: "M" + (x + 8 * fx) + "," + (y + 8 * fy) + "L" + (x - 3.4 * fy) + "," + (y + 3.4 * fx) +
          "L" + (x + 3.4 * fy) + "," + (y - 3.4 * fx) + "Z"
      }));
      layer.appendChild(group);
    });
  }

  function draw_frame(id, at, layer) {
    var group = make("g", { "class": "group", "data-frame": id });
    group.appendChild(make("rect", { "class": "frame", x: at.x, y: at.y, width: at.w, height: at.h, rx: 8 }));
    group.appendChild(make("text", { "class": "label", x: at.x + 8, y: at.y + 15 }, "− " + data.folds[id]));
    act(group, "fold " + data.folds[id], function (by_key) { toggle(id, by_key); });
    layer.appendChild(group);
  }

  function render() {
    var at = arrange(), frames = make("g", {}), lines = make("g", {});
    if (added) { added.forEach(function (element) { element.remove(); }); }
    added = [frames, lines];
    original.forEach(function (element) { element.style.display = open.length ? "none" : ""; });
    if (open.length) {
      open.forEach(function (id) { draw_frame(id, at.frames[id], frames); });
      draw_edges(at.boxes, lines);
      graph.insertBefore(lines, graph.firstChild);
      graph.insertBefore(frames, graph.firstChild);
    }
    Object.keys(drawn).forEach(function (id) { if (!at.boxes[id]) { drawn[id].remove(); } });
    var bounds = { l: base.x, t: base.y, r: base.x + base.w, b: base.y + base.h };
    Object.keys(at.boxes).forEach(function (id) {
      var box = at.boxes[id], element = element_of(+id);
      element.setAttribute("transform", "translate(" + box.x.toFixed(1) + " " + box.y.toFixed(1) + ")");
      graph.appendChild(element);
      stretch(bounds, box);
    });
    original.forEach(function (element) {
      if (element.classList.contains("mark")) { graph.appendChild(element); }
    });
    open.forEach(function (id) { stretch(bounds, at.frames[id]); });
    resize(bounds);
    return at;
  }

  function stretch(bounds, box) {
    bounds.l = Math.min(bounds.l, box.x - margin);
    bounds.t = Math.min(bounds.t, box.y - margin);
    bounds.r = Math.max(bounds.r, box.x + box.w + margin);
    bounds.b = Math.max(bounds.b, box.y + box.h + margin);
  }

  /* The ground and the legend follow: the legend stays at the bottom, in the middle. */
  function resize(bounds) {
    var w = bounds.r - bounds.l, h = bounds.b - bounds.t;
    var x = bounds.l - base.x, y = bounds.t - base.y, below = bounds.b - base.y - base.h;
    svg.setAttribute("viewBox", x + " " + y + " " + w + " " + h);
    var ground = svg.querySelector(".ground");
    ground.setAttribute("x", x);
    ground.setAttribute("y", y);
    ground.setAttribute("width", w);
    ground.setAttribute("height", h);
    svg.querySelectorAll(".legend").forEach(function (legend) {
      legend.style.translate = (x + (w - base.w) / 2) + "px " + below + "px";
    });
    scale(zoom);
  }

  function scale(factor) {
    zoom = Math.min(Math.max(factor, 0.1), 8);
    svg.style.maxWidth = "none";
    svg.style.width = svg.viewBox.baseVal.width * zoom + "px";
    svg.style.height = svg.viewBox.baseVal.height * zoom + "px";
  }

  function fit() {
    var view = document.getElementById("view");
    scale(Math.min(view.clientWidth / svg.viewBox.baseVal.width, 1));
  }

  function say(text) { note.textContent = text; }

  /* Search: Enter goes to the next box whose text has the words, and unfolds what hides it. */
  function plain(text) { return text.toLowerCase().replace(/−/g, "-"); }

  function find() {
    var words = plain(search.value.trim());
    graph.querySelectorAll(".hit").forEach(function (element) { element.classList.remove("hit"); });
    hits = !words ? [] : data.texts.map(function (text, id) { return [plain(text), id]; })
      .filter(function (pair) { return pair[0].indexOf(words) >= 0; })
      .map(function (pair) { return pair[1]; });
    hit = -1;
    var left = data.left ? ", but " + data.left.toLocaleString("en") + " nodes are not on this page" : "";
    say(!words ? "" : hits.length ? hits.length + " found, Enter for the next" : "not found" + left);
  }

  function next() {
    if (!hits.length) { return; }
    hit = (hit + 1) % hits.length;
    var id = hits[hit], wanted = ancestors(id).filter(function (each) { return open.indexOf(each) < 0; });
    if (open.indexOf(id) >= 0) { toggle(id); }
    open = open.concat(wanted);
    render();
    graph.querySelectorAll(".hit").forEach(function (element) { element.classList.remove("hit"); });
    element_of(id).classList.add("hit");
    element_of(id).scrollIntoView({ block: "center", inline: "center" });
    say(hit + 1 + " of " + hits.length);
  }

  search.addEventListener("input", find);
  search.addEventListener("keydown", function (event) {
    if (event.key === "Enter") { event.preventDefault(); next(); }
  });
  document.addEventListener("keydown", function (event) {
    if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    if (event.key === "+") { scale(zoom * 1.25); }
    if (event.key === "-") { scale(zoom / 1.25); }
    if (event.key === "0") { fit(); }
  });
  document.getElementById("larger").addEventListener("click", function () { scale(zoom * 1.25); });
  document.getElementById("smaller").addEventListener("click", function () { scale(zoom / 1.25); });
  document.getElementById("fit").addEventListener("click", fit);
  document.getElementById("fold").addEventListener("click", function () { open = []; render(); say("folded"); });
  fit();
}());

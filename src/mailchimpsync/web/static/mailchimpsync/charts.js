// Charts of a connection's past year, drawn by uPlot. The tables below them say the same to screen readers.
"use strict";

(() => {
  const DAY = 86400;
  const HEIGHT = 220;
  const language = document.documentElement.lang;
  const number = new Intl.NumberFormat(language);
  const inUtc = (options) => new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options });
  const formats = {
    year: inUtc({ year: "numeric" }),
    month: inUtc({ month: "short" }),
    monthOfYear: inUtc({ month: "short", year: "numeric" }),
    day: inUtc({ day: "numeric", month: "short" }),
    date: inUtc({ dateStyle: "medium" }),
  };
  const at = (seconds) => new Date(seconds * 1000);

  // A colour of the style sheet, as a canvas needs it.
  function colour(name) {
    const probe = document.createElement("i");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function timeLabels(_plot, splits, _axis, _space, step) {
    return splits.map((one, place) => {
      if (step < 28 * DAY) return formats.day.format(at(one));
      const isJanuary = at(one).getUTCMonth() === 0;
      return place === 0 || isJanuary ? formats.monthOfYear.format(at(one)) : formats.month.format(at(one));
    });
  }

  function axes() {
    const common = { stroke: colour("soft"), font: "12px system-ui, sans-serif", grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
    const days = [1, 2, 7, 14].map((one) => one * DAY);
    const months = [1, 2, 3, 6, 12].map((one) => Math.round(one * 30.44 * DAY));
    return [
      { ...common, grid: { show: false }, size: 30, values: timeLabels, incrs: [...days, ...months], space: 70 },
      { ...common, size: 60, values: (_plot, splits) => splits.map((one) => (Number.isInteger(one) ? number.format(Math.abs(one)) : "")) },
    ];
  }

  // The runs that stand out: a line through the chart for a failed or held one, a dot for one that someone started.
  function drawMarks(marks) {
    const colours = { failed: colour("bad"), held: colour("middle"), manual: colour("soft") };
    return (plot) => {
      const { left, top, width, height } = plot.bbox;
      const scale = devicePixelRatio;
      plot.ctx.save();
      for (const mark of marks) {
        const x = plot.valToPos(mark.at, "x", true);
        if (x < left || x > left + width) continue;
        plot.ctx.strokeStyle = plot.ctx.fillStyle = colours[mark.kind];
        plot.ctx.beginPath();
        if (mark.kind === "manual") {
          plot.ctx.arc(x, top + height - 4 * scale, 3 * scale, 0, 2 * Math.PI);
          plot.ctx.fill();
          continue;
        }
        plot.ctx.lineWidth = 1.5 * scale;
        plot.ctx.setLineDash(mark.kind === "held" ? [5 * scale, 4 * scale] : []);
        plot.ctx.moveTo(x, top);
        plot.ctx.lineTo(x, top + height);
        plot.ctx.stroke();
      }
      plot.ctx.restore();
    };
  }

  // How many joined and left, by day, week or month, whichever suits the period.
  function movements(data, period) {
    const begin = (seconds) => {
      const day = at(seconds);
      if (period === "month") return Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), 1) / 1000;
      if (period === "week") return seconds - ((day.getUTCDay() + 6) % 7) * DAY;
      return seconds;
    };
    const found = new Map();
    data.days.forEach((day, place) => {
      const key = begin(day);
      const sums = found.get(key) || [0, 0];
      found.set(key, [sums[0] + data.joined[place], sums[1] - data.left[place]]);
    });
    const keys = [...found.keys()];
    return [keys, keys.map((key) => found.get(key)[0]), keys.map((key) => found.get(key)[1])];
  }

  const periodOf = (span) => (span > 200 * DAY ? "month" : span > 40 * DAY ? "week" : "day");
  const shown = (_plot, value) => (value == null ? "\u2013" : number.format(Math.abs(value)));

  class Charts {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(document.getElementById(root.dataset.charts).textContent);
      const last = this.data.days.at(-1) + DAY;
      this.whole = [Math.min(this.data.days[0], last - 14 * DAY), last];
      this.range = this.whole;
      for (const part of root.querySelectorAll(".zoom, .plots, .legend")) part.hidden = false;
      for (const button of root.querySelectorAll("[data-days]")) button.addEventListener("click", () => this.choose(button));
      this.draw();
      new ResizeObserver(() => this.fit()).observe(root);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    }

    choose(button) {
      this.zoom([Math.max(this.whole[1] - Number(button.dataset.days) * DAY, this.whole[0]), this.whole[1]]);
      for (const one of this.root.querySelectorAll("[data-days]")) one.setAttribute("aria-pressed", String(one === button));
    }

    place(name) {
      return this.root.querySelector(`[data-plot="${name}"]`);
    }

    width(name) {
      return Math.max(this.place(name).clientWidth, 200);
    }

    // Both charts always show the same period; a double click shows everything.
    zoom(range) {
      this.range = range;
      this.period = periodOf(range[1] - range[0]);
      this.bars.setData(movements(this.data, this.period), false);
      for (const plot of [this.people, this.bars]) plot.setScale("x", { min: range[0], max: range[1] });
    }

    options(name, series, scale) {
      const follow = (plot) => {
        if (plot.select.width > 4) {
          const { left, width } = plot.select;
          this.zoom([plot.posToVal(left, "x"), plot.posToVal(left + width, "x")]);
          for (const one of this.root.querySelectorAll("[data-days]")) one.setAttribute("aria-pressed", "false");
        }
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      };
      return {
        width: this.width(name),
        height: HEIGHT,
        tzDate: (seconds) => uPlot.tzDate(at(seconds), "Etc/UTC"),
        cursor: { drag: { setScale: false }, bind: { dblclick: () => () => this.zoom(this.whole) } },
        scales: { x: { range: () => this.range }, y: scale },
        axes: axes(),
        series: [{ label: this.data.words.day, value: (_plot, day) => (day == null ? "\u2013" : formats.date.format(at(day))) }, ...series],
        hooks: { draw: [drawMarks(name === "people" ? this.data.marks : [])], setSelect: [follow] },
      };
    }

    draw() {
      for (const plot of [this.people, this.bars]) if (plot) plot.destroy();
      const { words, days, civicrm, mailchimp } = this.data;
      this.period = periodOf(this.range[1] - this.range[0]);
      const line = (label, name, more) => ({ label, stroke: colour(name), width: 2, spanGaps: true, value: shown, points: { show: days.length < 3 }, ...more });
      const bar = (label, name) => ({ label, stroke: colour(name), fill: colour(name), width: 0, value: shown, points: { show: false }, paths: uPlot.paths.bars({ align: 1, size: [0.75, 60] }) });
      const people = [line(words.civicrm, "civicrm"), line(words.mailchimp, "mailchimp", { dash: [6, 4] })];
      const aroundZero = { range: (_plot, low, high) => uPlot.rangeNum(Math.min(low || 0, -1), Math.max(high || 0, 1), 0.1, true) };
      this.people = new uPlot(this.options("people", people, {}), [days, civicrm, mailchimp], this.place("people"));
      this.bars = new uPlot(this.options("movements", [bar(words.joined, "joined"), bar(words.left, "left")], aroundZero), movements(this.data, this.period), this.place("movements"));
    }

    fit() {
      for (const [name, plot] of [["people", this.people], ["movements", this.bars]]) {
        if (plot.width !== this.width(name)) plot.setSize({ width: this.width(name), height: HEIGHT });
      }
    }
  }

  for (const root of document.querySelectorAll("[data-charts]")) new Charts(root);
})();

(function () {
  "use strict";
  var source = "assets/plotly.min.js";
  var loading = null;

  function library() {
    if (window.Plotly) { return Promise.resolve(); }
    loading = loading || new Promise(function (done, failed) {
      var script = document.createElement("script");
      script.src = source;
      script.onload = done;
      script.onerror = function () { loading = null; failed(); };
      document.head.appendChild(script);
    });
    return loading;
  }

  function draw(figure, data) {
    var picture = figure.querySelector(".picture");
    var still = picture.querySelector("img, [role=img]");
    var live = document.createElement("div");
    var layout = Object.assign({}, data.layout, { autosize: true });
    delete layout.width;
    layout.font = Object.assign({ family: getComputedStyle(document.body).fontFamily }, layout.font);
    if (!still) {
      delete layout.title;  /* the caption says it already */
      layout.margin = Object.assign({ t: 24, l: 56, r: 24, b: 48 }, layout.margin);
    }
    live.className = still ? "live beside" : "live";
    live.setAttribute("role", "group");
    live.setAttribute("aria-label", still ? still.getAttribute("alt") || still.getAttribute("aria-label") : picture.textContent.trim());
    picture.after(live);
    picture.hidden = true;
    return window.Plotly.newPlot(live, data.data, layout, { responsive: true, displayModeBar: false });
  }

  function toggle(figure, data, button) {
    var live = figure.querySelector(".live");
    var said = figure.querySelector(".said");
    var on = button.getAttribute("aria-pressed") === "true";
    if (live) {
      live.hidden = on;
      figure.querySelector(".picture").hidden = !on;
      button.setAttribute("aria-pressed", String(!on));
      return;
    }
    said.textContent = "Loading\u2026";
    library().then(function () { return draw(figure, data); }).then(function () {
      button.setAttribute("aria-pressed", "true");
      said.textContent = "";
    }, function () {
      said.textContent = "The interactive version needs the file " + source + " beside this page.";
    });
  }

  document.querySelectorAll("figure.chart").forEach(function (figure) {
    var script = figure.querySelector('script[type="application/json"]');
    if (!script) { return; }
    var data = JSON.parse(script.textContent);
    var button = figure.querySelector("button.switch");
    if (figure.querySelector(".still")) {
      button.hidden = false;
      button.addEventListener("click", function () { toggle(figure, data, button); });
    } else {
      library().then(function () { return draw(figure, data); }, function () {});
    }
  });

  /* Paper is narrower than most screens, and a drawing does not follow by itself. */
  function fit(width) {
    document.querySelectorAll(".live:not(.beside)").forEach(function (live) {
      window.Plotly.relayout(live, { width: width, autosize: width === null });
    });
  }
  window.addEventListener("beforeprint", function () { fit(640); });
  window.addEventListener("afterprint", function () { fit(null); });

  function reachable() {
    document.querySelectorAll(".scroll, pre").forEach(function (box) {
      if (box.scrollWidth > box.clientWidth) { box.setAttribute("tabindex", "0"); }
      else { box.removeAttribute("tabindex"); }
    });
  }
  reachable();
  window.addEventListener("resize", reachable);
  document.addEventListener("toggle", reachable, true);
})();

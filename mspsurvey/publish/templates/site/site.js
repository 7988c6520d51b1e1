(function () {
  "use strict";
  var form = document.querySelector(".filter");
  if (form) {
    var report = document.getElementById("by-report");
    var topic = document.getElementById("by-topic");
    var cards = Array.from(document.querySelectorAll(".card"));
    var choose = function () {
      var shown = 0;
      cards.forEach(function (card) {
        var fits = (!report.value || card.dataset.report === report.value) &&
          (!topic || !topic.value || card.dataset.topics.split("|").indexOf(topic.value) >= 0);
        card.hidden = !fits;
        shown += fits ? 1 : 0;
      });
      form.querySelector(".shown").textContent = shown + (shown === 1 ? " chart" : " charts");
    };
    form.hidden = false;
    form.addEventListener("change", choose);
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    choose();
  }
  document.querySelectorAll(".scroll").forEach(function (box) {
    if (box.scrollWidth > box.clientWidth) { box.setAttribute("tabindex", "0"); }
  });
})();

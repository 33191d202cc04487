// Written for browsers that cannot run the pages: says so where nothing was drawn after five seconds.
setTimeout(function () {
  var opening = document.querySelector("#root .opening");
  if (opening) {
    opening.textContent =
      "This browser cannot open these pages. They need Chrome or Edge 111, Firefox 128, Safari 16.4 (iPadOS 16.4), or newer. ";
    var link = document.createElement("a");
    link.href = "/api/readiness";
    link.textContent = "The same numbers as JSON.";
    opening.appendChild(link);
  }
}, 5000);

#!/usr/bin/env bash
# What one would guess: what htmx swaps in is htmx's from the moment at which it stands in the page.
# What htmx.org 2.0.10 does: it puts the new content into the page at once, and looks at its hx- attributes when it has
#   "settled", 20 ms later (defaultSettleDelay). Who presses a key or a button in between sends the new form as a page
#   without htmx: the whole page is loaded, and the focus and the next key are lost. In a page in which one form leads
#   to the next, that happens to people who are quick. With a defaultSettleDelay of 0 there is no such moment.
# Seen on Node 20 with jsdom 26.1.0: "by itself: sent by the browser at once, by htmx after 100 ms", and
#   "defaultSettleDelay=0: sent by htmx at once, by htmx after 100 ms".
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund htmx.org@2.0.10 jsdom@26.1.0
cat > seen.js <<'JS'
const assert = require("node:assert");
const { readFileSync } = require("node:fs");
const { JSDOM } = require("jsdom");

const HTMX = readFileSync("node_modules/htmx.org/dist/htmx.min.js", "utf8");
const FORM = '<form hx-post="/answer"><button>Next</button></form>';

// Who sends the form that was swapped in, so many milliseconds after it stands in the page.
async function sender(config, wait) {
  const { window } = new JSDOM('<div id="stage"></div>', { runScripts: "outside-only", url: "http://localhost/" });
  // jsdom cannot evaluate htmx's query for hx-on attributes, of which there are none here.
  window.XPathEvaluator = class { createExpression() { return { evaluate: () => ({ iterateNext: () => null }) }; } };
  window.eval(HTMX);
  await new Promise((ready) => window.setTimeout(ready, 50));
  Object.assign(window.htmx.config, config);
  window.htmx.swap("#stage", FORM, { swapStyle: "innerHTML", ...settling(window) });
  if (wait) await new Promise((ready) => window.setTimeout(ready, wait));
  let who = "nobody";
  window.addEventListener("submit", (event) => {
    who = event.defaultPrevented ? "htmx" : "the browser";
    event.preventDefault();
  });
  window.document.querySelector("form button").click();
  window.close();
  return who;
}

// As htmx makes it of its settings for an answer from the server.
const settling = (window) => ({ swapDelay: window.htmx.config.defaultSwapDelay, settleDelay: window.htmx.config.defaultSettleDelay });

(async () => {
  const seen = {};
  for (const [name, config] of [["by itself", {}], ["defaultSettleDelay=0", { defaultSettleDelay: 0 }]]) {
    seen[name] = [await sender(config, 0), await sender(config, 100)];
    console.log(`${name}: sent by ${seen[name][0]} at once, by ${seen[name][1]} after 100 ms`);
  }
  assert.deepStrictEqual(seen, { "by itself": ["the browser", "htmx"], "defaultSettleDelay=0": ["htmx", "htmx"] });
})();
JS
node seen.js

#!/usr/bin/env bash
# What one would guess: htmx handles new content as soon as it is in the page.
# What htmx.org 2.0.10 does: it puts the new content into the page at once, but processes its hx- attributes only when
#   it has "settled", 20 ms later (defaultSettleDelay). If a key or a button is pressed in between, the browser sends
#   the new form without htmx: the whole page is loaded, and the focus and the next key press are lost. In a page where
#   one form leads to the next, this happens to people who are quick. With a defaultSettleDelay of 0 it cannot happen.
# Seen on Node 20 with jsdom 26.1.0: "by default: sent by the browser at once, by htmx after 100 ms", and
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

// Which of the two sends the form, if its button is pressed `wait` milliseconds after the form was swapped in.
async function sender(config, wait) {
  const { window } = new JSDOM('<div id="stage"></div>', { runScripts: "outside-only", url: "http://localhost/" });
  // jsdom cannot evaluate htmx's query for hx-on attributes, of which there are none here.
  window.XPathEvaluator = class { createExpression() { return { evaluate: () => ({ iterateNext: () => null }) }; } };
  window.eval(HTMX);
  await new Promise((ready) => window.setTimeout(ready, 50));
  Object.assign(window.htmx.config, config);
  window.htmx.swap("#stage", FORM, { swapStyle: "innerHTML", ...settling(window) });
  if (wait) await new Promise((ready) => window.setTimeout(ready, wait));
  let who = "neither";
  window.addEventListener("submit", (event) => {
    who = event.defaultPrevented ? "htmx" : "the browser";
    event.preventDefault();
  });
  window.document.querySelector("form button").click();
  window.close();
  return who;
}

// The delays that htmx uses for a response from the server.
const settling = (window) => ({ swapDelay: window.htmx.config.defaultSwapDelay, settleDelay: window.htmx.config.defaultSettleDelay });

(async () => {
  const seen = {};
  for (const [name, config] of [["by default", {}], ["defaultSettleDelay=0", { defaultSettleDelay: 0 }]]) {
    seen[name] = [await sender(config, 0), await sender(config, 100)];
    console.log(`${name}: sent by ${seen[name][0]} at once, by ${seen[name][1]} after 100 ms`);
  }
  assert.deepStrictEqual(seen, { "by default": ["the browser", "htmx"], "defaultSettleDelay=0": ["htmx", "htmx"] });
})();
JS
node seen.js

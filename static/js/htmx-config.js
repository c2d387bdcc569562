// How htmx works here. It reads a <meta> element too, but that would be sent with each page.
Object.assign(htmx.config, {
  // Nothing in a response is run as code, as the Content-Security-Policy demands.
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  // Pages show who is logged in: the browser asks for them again.
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  defaultSwapStyle: "outerHTML",
  // New content reacts at once, so that no quick key press or click is lost.
  defaultSettleDelay: 0,
  // In milliseconds.
  timeout: 20000,
});

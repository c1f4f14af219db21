// The page at "/", used as a visitor would.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

const [browserPath, serverPath, screenshot] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const server = spawn(serverPath, ["--listen", "127.0.0.1:0", "--config", "gateway.toml"], {
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, RUST_LOG: "error" },
});
const address = await new Promise((resolve, reject) => {
  let text = "";
  server.stdout.on("data", (chunk) => {
    text += chunk;
    const found = /http:\/\/[^ \n/]+/.exec(text);
    if (found) resolve(found[0]);
  });
  server.on("exit", () => reject(new Error("the server ended")));
});

const browser = await puppeteer.launch({
  executablePath: browserPath,
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

/** Opens the page; collects requests and what the browser refuses. */
async function open(options = {}) {
  const page = await browser.newPage();
  if (options.viewport) await page.setViewport(options.viewport);
  if (options.dark) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  const seen = { requests: [], problems: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("pageerror", (error) => seen.problems.push(String(error)));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) seen.problems.push(message.text());
  });
  await page.goto(address, { waitUntil: "networkidle0" });
  return { page, seen };
}

const text = (page, selector) => page.$eval(selector, (element) => element.textContent);
const waitFor = (page, selector, part) => page.waitForFunction(
  (selector, part) => document.querySelector(selector).textContent.includes(part), {}, selector, part);

async function useKey(page, key) {
  await page.$eval("#key", (field) => { field.value = ""; });
  await page.type("#key", key);
  await page.keyboard.press("Tab");
}

async function ask(page, model, input) {
  await page.$eval("#model", (field, model) => { field.value = model; }, model);
  await page.$eval("#input", (field, input) => { field.value = input; }, input);
  await page.click("#send");
}

/** Violations of the rules of WCAG 2.2 A and AA. */
async function inaccessible(page) {
  // The policy of the page forbids scripts of others, so it is evaluated by the browser's debugger.
  await page.evaluate(axe);
  const report = await page.evaluate(() => window.axe.run({
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  return report.violations.map((one) => one.id + ": " + one.nodes.map((node) => node.html).join(" "));
}

const tests = {
  async "it loads, and needs a key"() {
    const { page } = await open();
    await waitFor(page, "#access", "key");
    assert.equal(await page.$eval("#send", (button) => button.disabled), true);
    await page.close();
  },
  async "a wrong key is named and nothing can be sent"() {
    const { page } = await open();
    await useKey(page, "sk-wrong");
    await waitFor(page, "#access", "The API key is not valid.");
    assert.equal(await page.$eval("#send", (button) => button.disabled), true);
    await page.close();
  },
  async "a key sees its own models only"() {
    const { page } = await open();
    await useKey(page, "sk-globex-example");
    await waitFor(page, "#access", "1 model for this key");
    const models = await page.$$eval("#models option", (all) => all.map((one) => one.value));
    assert.deepEqual(models, ["acme/slow"]);
    await ask(page, "acme/echo", "Hi");
    await waitFor(page, "#status", "403 model_not_allowed");
    await page.close();
  },
  async "a question is answered, as a stream and whole"() {
    const { page } = await open();
    await useKey(page, "sk-acme-example");
    await waitFor(page, "#access", "4 models");
    await ask(page, "acme/echo", "two words");
    await waitFor(page, "#status", "completed");
    assert.match(await text(page, "#items"), /two words/);
    const events = await page.$$eval("#events summary .code", (all) => all.map((one) => one.textContent));
    assert.equal(events[0], "response.created");
    assert.deepEqual(events.slice(-2), ["response.completed", "[DONE]"]);
    assert.match(await text(page, "#events"), /A piece of text\./);
    const curl = await text(page, "#curl");
    assert.match(curl, /^curl http/);
    assert.ok(!curl.includes("sk-acme"), curl);
    await page.click("#stream");
    await ask(page, "acme/echo", "whole");
    await waitFor(page, "#items", "whole");
    await page.close();
  },
  async "a conversation goes on"() {
    const { page } = await open();
    await useKey(page, "sk-acme-example");
    await waitFor(page, "#access", "4 models");
    await ask(page, "acme/echo", "one");
    await waitFor(page, "#status", "completed");
    await page.waitForFunction(() => document.querySelector("#previous").value !== "");
    await ask(page, "acme/echo", "two");
    await waitFor(page, "#items", "earlier: one");
    await page.close();
  },
  async "a stream is stopped"() {
    const { page } = await open();
    await useKey(page, "sk-acme-example");
    await waitFor(page, "#access", "4 models");
    await ask(page, "acme/slow", "x");
    await waitFor(page, "#events", "response.output_text.delta");
    await page.click("#stop");
    await waitFor(page, "#status", "stopped");
    await page.close();
  },
  async "a failure in the middle is shown"() {
    const { page } = await open();
    await useKey(page, "sk-acme-example");
    await waitFor(page, "#access", "4 models");
    await ask(page, "acme/broken", "x");
    await waitFor(page, "#status", "failed");
    await page.close();
  },
  async "the result of a call goes back"() {
    const { page } = await open();
    await useKey(page, "sk-acme-example");
    await waitFor(page, "#access", "4 models");
    await page.$eval("#tools", (field) => {
      field.value = JSON.stringify([{ type: "function", name: "lookup", parameters: {
        type: "object", properties: { word: { type: "string" } } } }]);
    });
    await ask(page, "acme/echo", 'call lookup {"word":"x"}');
    await waitFor(page, "#items", "Result of lookup");
    await page.type("#items textarea", "found");
    await page.click("#items button");
    await waitFor(page, "#items", "message");
    await page.close();
  },
  async "a tool call is approved"() {
    const { page } = await open();
    await useKey(page, "sk-acme-example");
    await waitFor(page, "#access", "4 models");
    await ask(page, "acme/tools", 'call temperature {"city":"Paris"}');
    await waitFor(page, "#items", "Approve");
    await page.click("#items .row button");
    await waitFor(page, "#items", "degrees in Paris");
    await page.close();
  },
  async "a transcript is checked"() {
    const { page } = await open();
    await useKey(page, "sk-acme-example");
    await waitFor(page, "#access", "4 models");
    await ask(page, "acme/echo", "x");
    await waitFor(page, "#status", "completed");
    await waitFor(page, "#events", "[DONE]");
    await page.click("#take");
    await page.click("#check");
    await waitFor(page, "#verdict", "no violation");
    await page.$eval("#transcript", (field) => { field.value = field.value.replace("data: [DONE]", ""); });
    await page.click("#check");
    await waitFor(page, "#verdict", "1 violation");
    assert.match(await text(page, "#violations"), /done-marker-missing/);
    await page.close();
  },
  async "nothing is asked of other hosts, and the policy is kept"() {
    const { page, seen } = await open();
    await useKey(page, "sk-acme-example");
    await waitFor(page, "#access", "4 models");
    await ask(page, "acme/echo", "x");
    await waitFor(page, "#status", "completed");
    const foreign = seen.requests.filter((url) => !url.startsWith(address) && !url.startsWith("data:"));
    assert.deepEqual(foreign, []);
    assert.deepEqual(seen.problems, []);
    const refused = await page.evaluate(() => new Promise((resolve) => {
      document.addEventListener("securitypolicyviolation", () => resolve(true));
      const script = document.createElement("script");
      script.textContent = "window.injected = true";
      document.body.append(script);
      setTimeout(() => resolve(false), 5000);
    }));
    assert.equal(refused, true);
    await page.close();
  },
  async "a narrow screen needs no sideways scrolling"() {
    const { page } = await open({ viewport: { width: 360, height: 740 } });
    await useKey(page, "sk-acme-example");
    await ask(page, "acme/echo", "a".repeat(300));
    await waitFor(page, "#status", "completed");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    assert.equal(wide, false);
    assert.deepEqual(await inaccessible(page), []);
    await page.close();
  },
  async "it is accessible, light and dark"() {
    for (const dark of [false, true]) {
      const { page } = await open({ dark });
      await useKey(page, "sk-acme-example");
      await waitFor(page, "#access", "4 models");
      await ask(page, "acme/echo", "Hello");
      await waitFor(page, "#status", "completed");
      assert.deepEqual(await inaccessible(page), [], dark ? "dark" : "light");
      const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(back, dark ? "rgb(21, 23, 26)" : "rgb(251, 251, 250)");
      await page.close();
    }
  },
};

let failed = 0;
try {
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      console.log("ok    " + name);
    } catch (error) {
      failed += 1;
      console.log("FAILED " + name + "\n" + error.stack);
    }
  }
  if (screenshot) {
    const { page } = await open({ viewport: { width: 1280, height: 860 } });
    await useKey(page, "sk-acme-example");
    await waitFor(page, "#access", "4 models");
    await ask(page, "acme/echo", "How do streams work?");
    await waitFor(page, "#events", "[DONE]");
    await page.screenshot({ path: screenshot });
  }
} finally {
  await browser.close();
  server.kill();
}
console.log(Object.keys(tests).length - failed + " of " + Object.keys(tests).length + " passed");
process.exit(failed ? 1 : 0);

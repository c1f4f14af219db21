// The requests of a gateway's documentation, sent to the server as a gateway: plain fetch, models in
// the form provider/model, fallbacks in providerOptions. Usage: node gateway.mjs SERVER [ARGUMENT...]
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { run } from './checks.mjs';

const [program, ...programArguments] = process.argv.slice(2);
const sample = await readFile(new URL('gateway.toml', import.meta.url), 'utf8');
// The same gateway while the provider of the first model is down.
const outage = sample.replace(
  'providers = ["anthropic"]',
  'providers = [{ provider = "anthropic", model = "fault-error-start" }]',
);
assert.notEqual(outage, sample);

process.env.AI_GATEWAY_API_KEY = 'sk-of-a-test';
const apiKey = process.env.AI_GATEWAY_API_KEY;
const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
const running = [];

// Starts the server with a configuration and gives its address.
async function serve(name, configuration) {
  const path = join(folder, name);
  await writeFile(path, configuration);
  const server = spawn(program, [...programArguments, '--config', path, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(server);
  let said = '';
  for await (const chunk of server.stdout) {
    said += chunk;
    const address = /^Listening on (http:\S+)$/m.exec(said);
    if (address) return address[1];
  }
  assert.fail(`the server ended without an address: ${said}`);
}

const post = (address, body, key = apiKey) =>
  fetch(`${address}/v1/responses`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(key && { Authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(body),
  });

// The first request: a question.
const question = {
  model: 'anthropic/claude-sonnet-4.5',
  input: [{ type: 'message', role: 'user', content: 'What is the capital of France?' }],
};

// The second: all parameters together, and a model to fall back to.
const parameters = {
  model: 'anthropic/claude-sonnet-4.5',
  input: [{ type: 'message', role: 'user', content: 'Explain neural networks.' }],
  stream: true,
  max_output_tokens: 500,
  reasoning: { effort: 'medium' },
  providerOptions: {
    gateway: { models: ['anthropic/claude-sonnet-4.5', 'openai/gpt-5.2'] },
  },
};

// The events of a stream, in which nothing else may be.
async function events(response) {
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const text = await response.text();
  const blocks = text.split('\n\n').filter((block) => block !== '');
  assert.equal(blocks.pop(), 'data: [DONE]');
  return blocks.map((block) => {
    const [event, data] = block.split('\n');
    const parsed = JSON.parse(data.replace(/^data: /, ''));
    assert.equal(event, `event: ${parsed.type}`);
    return parsed;
  });
}

const text = (all) =>
  all.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join('');

// The attempts that a response reports, as `provider: ok` or `provider: error`.
function attempts(response) {
  const { routing } = response.provider_metadata.gateway;
  const all = routing.modelAttempts.flatMap((model) => model.providerAttempts);
  assert.equal(routing.totalProviderAttemptCount, all.length);
  assert.equal(routing.originalModelId, 'anthropic/claude-sonnet-4.5');
  return all.map((one) => `${one.provider}: ${one.success ? 'ok' : one.error}`);
}

const well = await serve('gateway.toml', sample);
const down = await serve('outage.toml', outage);

const checks = {
  async 'a question'() {
    const response = await post(well, question);
    assert.equal(response.status, 200);
    const result = await response.json();
    assert.equal(result.output[0].content[0].text, 'Echo: What is the capital of France?');
    assert.equal(result.model, 'anthropic/claude-sonnet-4.5');
    assert.deepEqual(attempts(result), ['anthropic: ok']);
  },

  async 'all parameters together'() {
    const all = await events(await post(well, parameters));
    assert.equal(text(all), 'Echo: Explain neural networks.');
    const { response, type } = all.at(-1);
    assert.equal(type, 'response.completed');
    assert.equal(response.max_output_tokens, 500);
    assert.equal(response.reasoning.effort, 'medium');
    assert.equal(response.output[0].type, 'reasoning');
    assert.deepEqual(attempts(response), ['anthropic: ok']);
    assert.deepEqual(response.provider_metadata.gateway.warnings, undefined);
  },

  async 'the fallback answers when the first model fails'() {
    const all = await events(await post(down, parameters));
    all.forEach((event, at) => assert.equal(event.sequence_number, at));
    assert.equal(text(all), 'Echo: Explain neural networks.');
    const { response, type } = all.at(-1);
    assert.equal(type, 'response.completed');
    assert.equal(response.model, 'anthropic/claude-sonnet-4.5');
    assert.deepEqual(attempts(response), ['anthropic: upstream_error', 'openai: ok']);
    const { routing } = response.provider_metadata.gateway;
    assert.equal(routing.finalProvider, 'openai');
    assert.deepEqual(
      routing.modelAttempts.map((model) => [model.modelId, model.success]),
      [['anthropic/claude-sonnet-4.5', false], ['openai/gpt-5.2', true]],
    );
    const whole = await (await post(down, { ...parameters, stream: false })).json();
    assert.deepEqual(attempts(whole), ['anthropic: upstream_error', 'openai: ok']);
  },

  async 'without a fallback the failure is told'() {
    const refused = await post(down, question);
    assert.equal(refused.status, 502);
    const { error } = await refused.json();
    assert.equal(error.code, 'upstream_error');
  },

  async 'documented errors'() {
    const { model, ...nameless } = question;
    for (const [body, key, status, type, param, code] of [
      [nameless, apiKey, 400, 'invalid_request_error', 'model', 'missing_parameter'],
      [question, null, 401, 'authentication_error', 'authorization', 'missing_api_key'],
      [question, 'sk-wrong', 401, 'authentication_error', 'authorization', 'invalid_api_key'],
      [{ ...question, model: 'anthropic/none' }, apiKey, 404, 'not_found', 'model', 'model_not_found'],
    ]) {
      const refused = await post(well, body, key);
      assert.equal(refused.status, status);
      const { error, ...rest } = await refused.json();
      assert.deepEqual(rest, {});
      assert.equal(typeof error.message, 'string');
      assert.deepEqual(error, { message: error.message, type, param, code });
    }
  },

  async 'the openai package'() {
    const client = new OpenAI({ baseURL: `${down}/v1`, apiKey, maxRetries: 0 });
    const models = [];
    for await (const model of client.models.list()) models.push(model.id);
    assert.deepEqual(models, ['anthropic/claude-sonnet-4.5', 'openai/gpt-5.2']);
    assert.equal((await client.models.retrieve('openai/gpt-5.2')).owned_by, 'openai');
    const response = await client.responses
      .stream({ ...parameters, input: 'Explain neural networks.' })
      .finalResponse();
    assert.equal(response.output_text, 'Echo: Explain neural networks.');
    assert.deepEqual(attempts(response), ['anthropic: upstream_error', 'openai: ok']);
  },

  async 'metrics tell of the fallback'() {
    const metrics = await (await fetch(`${down}/metrics`)).text();
    const failed = /^openresponses_attempts_total\{model="anthropic\/claude-sonnet-4.5",provider="anthropic",outcome="upstream_error"\} (\d+)$/m;
    const served = /^openresponses_requests_total\{model="openai\/gpt-5.2",provider="openai",outcome="ok"\} (\d+)$/m;
    assert.ok(Number(failed.exec(metrics)?.[1]) >= 3, metrics);
    assert.ok(Number(served.exec(metrics)?.[1]) >= 3, metrics);
    assert.ok(!metrics.includes(apiKey));
  },
};

await run(checks);
running.forEach((server) => server.kill());
await rm(folder, { recursive: true });

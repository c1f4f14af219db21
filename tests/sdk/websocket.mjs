// The WebSocket of the official `openai` package for Node against two running servers, of which the
// second closes connections after a second. Usage: node websocket.mjs ADDRESS SHORT_LIVED
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { refusal, run, weather } from './checks.mjs';

const [, , address, shortLived] = process.argv;
const at = (address, apiKey = 'node') =>
  new OpenAI({ baseURL: `${address}/v1`, apiKey, maxRetries: 0 });
const client = at(address);

// A connection, and the turns that come over it.
class Socket {
  constructor(client, options) {
    this.socket = new ResponsesWS(client, options);
    this.messages = this.socket.stream();
  }

  send(body) {
    this.socket.send({ type: 'response.create', model: 'any', store: false, ...body });
  }

  // The next message, or the next error. What happens to the connection is noted only.
  async next() {
    for (;;) {
      const { value, done } = await this.messages.next();
      assert.ok(!done, 'the connection is closed');
      if (value.type === 'message') return value.message;
      if (value.type === 'error') return { type: 'error', ...value.error.error, cause: value.error.cause };
      if (value.type === 'close') return { type: 'close', code: value.code };
    }
  }

  // Waits until the package has connected anew.
  async reconnected() {
    for (;;) {
      const { value, done } = await this.messages.next();
      assert.ok(!done && value.type !== 'close', 'the connection is closed');
      if (value.type === 'reconnected') return;
    }
  }

  // The events of the next turn, to its one end.
  async turn() {
    const events = [];
    for (;;) {
      const event = await this.next();
      events.push(event);
      if (event.type === 'error') {
        assert.equal(events.length, 1, 'nothing comes before a refusal');
        return events;
      }
      assert.equal(event.sequence_number, events.length - 1);
      if (/^response\.(completed|incomplete|failed)$/.test(event.type)) return events;
    }
  }

  async ask(body) {
    this.send(body);
    return (await this.turn()).at(-1);
  }

  async respond(body) {
    const end = await this.ask(body);
    assert.equal(end.type, 'response.completed', JSON.stringify(end));
    return end.response;
  }
}

const text = (response) => response.output[0].content[0].text;

// Runs `check` with a connection that is closed after it.
const withSocket = (check, client_ = client) => async () => {
  const socket = new Socket(client_);
  try {
    await check(socket);
  } finally {
    socket.socket.close();
  }
};

await run({
  turns: withSocket(async (socket) => {
    const first = await socket.respond({ input: 'one' });
    assert.equal(first.store, false);
    const second = await socket.respond({ input: 'two', previous_response_id: first.id });
    assert.equal(text(second), 'Echo: two (earlier: one)');
    const third = await socket.respond({ input: 'three', previous_response_id: second.id });
    assert.equal(text(third), 'Echo: three (earlier: two)');
  }),

  'the events of a turn': withSocket(async (socket) => {
    socket.send({ input: 'Héllo wörld 🌍' });
    const events = await socket.turn();
    assert.equal(events[0].type, 'response.created');
    const deltas = events.filter((event) => event.type === 'response.output_text.delta');
    assert.ok(deltas.length > 1);
    assert.equal(deltas.map((event) => event.delta).join(''), 'Echo: Héllo wörld 🌍');
  }),

  tools: withSocket(async (socket) => {
    const tools = [weather];
    const asked = await socket.respond({ input: 'Weather?', tools });
    const call = asked.output.find((item) => item.type === 'function_call');
    assert.equal(typeof JSON.parse(call.arguments).city, 'string');
    const answered = await socket.respond({
      previous_response_id: asked.id,
      tools,
      input: [{ type: 'function_call_output', call_id: call.call_id, output: 'sunny' }],
    });
    assert.equal(text(answered), 'Tool result: sunny');
  }),

  'errors, and on': withSocket(async (socket) => {
    const lost = await socket.ask({ input: 'x', previous_response_id: 'resp_nope' });
    assert.deepEqual([lost.status, lost.error.code], [400, 'previous_response_not_found']);
    const missing = await socket.ask({ input: 'x', model: 'missing-model' });
    assert.deepEqual([missing.status, missing.error.code], [404, 'model_not_found']);
    const wrong = await socket.ask({ input: 'x', temperature: 3 });
    assert.deepEqual([wrong.status, wrong.error.param], [400, 'temperature']);
    const failed = await socket.ask({ input: 'x', model: 'fail-midstream' });
    assert.deepEqual([failed.type, failed.response.status], ['response.failed', 'failed']);
    assert.equal(text(await socket.respond({ input: 'still here' })), 'Echo: still here');
  }),

  'a failed turn forgets what it continued': withSocket(async (socket) => {
    const first = await socket.respond({ input: 'one' });
    const previous_response_id = first.id;
    await socket.ask({ input: 'x', model: 'missing-model', previous_response_id });
    const lost = await socket.ask({ input: 'two', previous_response_id });
    assert.equal(lost.error.code, 'previous_response_not_found');
  }),

  'queued turns': withSocket(async (socket) => {
    for (const n of [1, 2, 3]) socket.send({ input: `q-${n} a b c d e f g` });
    socket.send({ input: 7 });
    socket.send({ input: 'q-4' });
    for (const n of [1, 2, 3]) {
      const events = await socket.turn();
      const ids = events.map((event) => event.response?.id).filter(Boolean);
      assert.equal(new Set(ids).size, 1);
      assert.equal(text(events.at(-1).response), `Echo: q-${n} a b c d e f g`);
    }
    assert.equal((await socket.turn())[0].error.param, 'input');
    assert.equal(text((await socket.turn()).at(-1).response), 'Echo: q-4');
  }),

  'a warm-up': withSocket(async (socket) => {
    const input = [{ role: 'user', content: 'Remember me' }];
    const warm = await socket.respond({ input, generate: false, stream: true });
    assert.deepEqual(warm.output, []);
    const first = await socket.respond({ input: 'Go', previous_response_id: warm.id });
    assert.equal(text(first), 'Echo: Go (earlier: Remember me)');
  }),

  'from one connection to another': withSocket(async (socket) => {
    const stored = await socket.respond({ input: 'one', store: true });
    const unstored = await socket.respond({ input: 'secret' });
    const other = new Socket(client);
    try {
      const second = await other.respond({ input: 'two', previous_response_id: stored.id });
      assert.equal(text(second), 'Echo: two (earlier: one)');
      const lost = await other.ask({ input: 'x', previous_response_id: unstored.id });
      assert.equal(lost.error.code, 'previous_response_not_found');
    } finally {
      other.socket.close();
    }
    const third = await client.responses.create({
      model: 'any',
      input: 'three',
      previous_response_id: stored.id,
    });
    assert.equal(third.output_text, 'Echo: three (earlier: one)');
    const lost = await refusal(() =>
      client.responses.create({ model: 'any', input: 'x', previous_response_id: unstored.id }),
    );
    assert.equal(lost.code, 'previous_response_not_found');
  }),

  'compact, and begin anew': withSocket(async (socket) => {
    const window = await client.responses.compact({ model: 'any', input: 'We launch Tuesday.' });
    const response = await socket.respond({
      input: [...window.output, { role: 'user', content: 'When?' }],
    });
    assert.equal(text(response), 'Echo: When? (earlier: We launch Tuesday.)');
  }),

  'no way in': withSocket(async (socket) => {
    const refused = await socket.next();
    assert.equal(refused.type, 'error');
    assert.match(String(refused.cause), /401/);
  }, at(address, 'bad')),

  async 'the limit, and a new connection by itself'() {
    const client = at(shortLived);
    const first = await client.responses.create({ model: 'any', input: 'one' });
    const reconnect = { onReconnecting: () => ({}), initialDelay: 10 };
    const socket = new Socket(client, { reconnect });
    try {
      let end = await socket.next();
      while (end.type === 'error') {
        assert.equal(end.error.code, 'websocket_connection_limit_reached');
        await socket.reconnected();
        end = await socket.ask({ input: 'two', previous_response_id: first.id });
      }
      assert.equal(text(end.response), 'Echo: two (earlier: one)');
    } finally {
      socket.socket.close();
    }
  },
});

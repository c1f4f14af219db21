// Conversations that the server keeps, through the official `openai` package for Node.
// Usage: node conversations.mjs ADDRESS
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { refusal, run, weather } from './checks.mjs';

const client = new OpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: 'node', maxRetries: 0 });
const ask = (body) => client.responses.create({ model: 'any', ...body });

await run({
  async 'a loop over previous_response_id'() {
    let previous;
    for (let turn = 0; turn < 10; turn += 1) {
      const response = await ask({ input: `turn ${turn}`, previous_response_id: previous?.id });
      assert.equal(response.previous_response_id, previous?.id ?? null);
      const earlier = turn ? ` (earlier: turn ${turn - 1})` : '';
      assert.equal(response.output_text, `Echo: turn ${turn}${earlier}`);
      previous = response;
    }
    const items = [];
    const list = client.responses.inputItems.list(previous.id, { order: 'asc', limit: 4 });
    for await (const item of list) items.push(item);
    assert.equal(items.length, 19);
    assert.equal(new Set(items.map((item) => item.id)).size, 19);
    assert.equal(items[18].content[0].text, 'turn 9');
  },

  async 'a streamed loop'() {
    let previous;
    for (const word of ['one', 'two', 'three']) {
      const stream = client.responses.stream({
        model: 'any',
        input: word,
        previous_response_id: previous?.id,
      });
      previous = await stream.finalResponse();
    }
    assert.equal(previous.output_text, 'Echo: three (earlier: two)');
  },

  async 'a loop of calls'() {
    const asked = await ask({ input: 'What is the weather in Paris?', tools: [weather] });
    const call = asked.output.find((item) => item.type === 'function_call');
    const output = { type: 'function_call_output', call_id: call.call_id, output: 'sunny' };
    const answered = await ask({
      input: [output],
      previous_response_id: asked.id,
      tools: [weather],
    });
    assert.equal(answered.output_text, 'Tool result: sunny');
  },

  async 'what is not stored'() {
    const unstored = await ask({ input: 'One', store: false });
    assert.equal(unstored.store, false);
    for (const id of [unstored.id, 'resp_nothing']) {
      const error = await refusal(() => ask({ input: 'Two', previous_response_id: id }));
      assert.ok(error instanceof OpenAI.BadRequestError, String(error));
      assert.equal(error.code, 'previous_response_not_found');
      assert.equal(error.param, 'previous_response_id');
    }
  },

  async 'retrieve, with what clients add'() {
    const made = await ask({ input: 'Keep this' });
    const include = ['message.output_text.logprobs'];
    const kept = await client.responses.retrieve(made.id, { include, stream: false });
    assert.equal(kept.output_text, made.output_text);
    const items = await client.responses.inputItems.list(made.id, { include, limit: 1 });
    assert.equal(items.data.length, 1);
    const refused = await refusal(() => client.responses.retrieve(made.id, { stream: true }));
    assert.ok(refused instanceof OpenAI.BadRequestError, String(refused));
    assert.equal(refused.param, 'stream');
  },

  async 'compact, and go on'() {
    const window = await client.responses.compact({
      model: 'any',
      input: [
        { role: 'user', content: 'We launch Tuesday.' },
        { role: 'assistant', content: 'Noted.' },
      ],
      instructions: 'Keep dates.',
    });
    assert.equal(window.object, 'response.compaction');
    assert.ok(window.output.some((item) => item.type === 'compaction'));
    const input = [...window.output, { role: 'user', content: 'When?' }];
    const answered = await ask({ input });
    assert.equal(answered.output_text, 'Echo: When? (earlier: We launch Tuesday.)');
  },

  async 'compact a stored response'() {
    const one = await ask({ input: 'One' });
    const two = await ask({ input: 'Two', previous_response_id: one.id });
    const window = await client.responses.compact({ model: 'any', previous_response_id: two.id });
    const input = [...window.output, { role: 'user', content: 'Three' }];
    assert.equal((await ask({ input })).output_text, 'Echo: Three (earlier: Two)');
    const error = await refusal(() =>
      client.responses.compact({ model: 'any', previous_response_id: 'resp_nothing' }),
    );
    assert.equal(error.code, 'previous_response_not_found');
  },

  async 'in the background'() {
    const poll = async (id, status) => {
      for (;;) {
        const response = await client.responses.retrieve(id);
        if (response.status === status) return response;
        assert.ok(['queued', 'in_progress'].includes(response.status), response.status);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const queued = await ask({ input: 'Later', background: true });
    assert.equal(queued.status, 'queued');
    assert.equal((await poll(queued.id, 'completed')).output_text, 'Echo: Later');
    const slow = await client.responses.create({ model: 'slow', input: 'x', background: true });
    assert.equal((await client.responses.cancel(slow.id)).status, 'cancelled');
    assert.equal((await client.responses.retrieve(slow.id)).status, 'cancelled');
  },

  async 'a stream that is resumed'() {
    const seen = [];
    const first = await ask({ model: 'slow', input: 'x', background: true, stream: true });
    for await (const event of first) {
      seen.push(event);
      if (seen.length === 8) break;
    }
    const { id } = seen[0].response;
    const starting_after = seen.at(-1).sequence_number;
    const rest = await client.responses.retrieve(id, { stream: true, starting_after });
    for await (const event of rest) seen.push(event);
    const numbers = seen.map((event) => event.sequence_number);
    assert.deepEqual(numbers, [...seen.keys()]);
    assert.equal(seen.at(-1).type, 'response.completed');
    const whole = [];
    for await (const event of await client.responses.retrieve(id, { stream: true })) {
      whole.push(event);
    }
    assert.deepEqual(whole, seen);
    // The package's own stream of events that resumes.
    const helper = client.responses.stream({ response_id: id, starting_after });
    const final = await helper.finalResponse();
    assert.equal(final.output_text, (await client.responses.retrieve(id)).output_text);
    const plain = await ask({ input: 'x' });
    const error = await refusal(() => client.responses.retrieve(plain.id, { stream: true }));
    assert.equal(error.code, 'events_not_found');
  },
});

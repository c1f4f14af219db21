// The official `openai` package for Node against a running server. Usage: node smoke.mjs ADDRESS
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { refusal, run, weather } from './checks.mjs';

const baseURL = `${process.argv[2]}/v1`;
const client = new OpenAI({ baseURL, apiKey: 'node', maxRetries: 0 });

const checks = {
  async create() {
    const response = await client.responses.create({ model: 'any', input: 'Hello there' });
    assert.equal(response.object, 'response');
    assert.equal(response.status, 'completed');
    assert.equal(response.output_text, 'Echo: Hello there');
    assert.equal(
      response.usage.total_tokens,
      response.usage.input_tokens + response.usage.output_tokens,
    );
    assert.ok(response._request_id);
  },

  async continue() {
    const first = await client.responses.create({ model: 'any', input: 'One' });
    const second = await client.responses.create({
      model: 'any',
      input: 'Two',
      previous_response_id: first.id,
    });
    assert.equal(second.previous_response_id, first.id);
    assert.match(second.output_text, /^Echo: Two \(earlier: One\)$/);
  },

  async 'stored responses'() {
    const made = await client.responses.create({ model: 'any', input: 'Keep this' });
    const kept = await client.responses.retrieve(made.id);
    assert.equal(kept.output_text, made.output_text);
    const items = await client.responses.inputItems.list(made.id);
    assert.equal(items.data.length, 1);
    await client.responses.delete(made.id);
    const gone = await refusal(() => client.responses.retrieve(made.id));
    assert.ok(gone instanceof OpenAI.NotFoundError, String(gone));
  },

  async stream() {
    const stream = await client.responses.create({ model: 'any', input: 'Héllo wörld 🌍', stream: true });
    const events = [];
    for await (const event of stream) events.push(event);
    events.forEach((event, at) => assert.equal(event.sequence_number, at));
    const types = events.map((event) => event.type);
    assert.deepEqual(types.slice(0, 4), [
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
    ]);
    assert.deepEqual(types.slice(-4), [
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const deltas = events.filter((event) => event.type === 'response.output_text.delta');
    assert.ok(deltas.length > 1);
    assert.equal(deltas.map((event) => event.delta).join(''), 'Echo: Héllo wörld 🌍');
  },

  async 'stream helper'() {
    const texts = [];
    const stream = client.responses
      .stream({ model: 'any', input: 'Hello there' })
      .on('response.output_text.delta', (event) => texts.push(event.snapshot));
    const response = await stream.finalResponse();
    assert.equal(response.output_text, 'Echo: Hello there');
    assert.equal(texts.at(-1), 'Echo: Hello there');
  },

  async 'structured output'() {
    const Answer = z.object({ city: z.string(), degrees: z.number(), tags: z.array(z.string()) });
    const format = zodTextFormat(Answer, 'answer');
    const response = await client.responses.parse({ model: 'any', input: 'Paris', text: { format } });
    Answer.parse(response.output_parsed);
    const streamed = await client.responses
      .stream({ model: 'any', input: 'Paris', text: { format } })
      .finalResponse();
    assert.deepEqual(streamed.output_parsed, response.output_parsed);
  },

  async 'function tools'() {
    for (const tool_choice of ['auto', 'required', { type: 'function', name: 'get_weather' }]) {
      const input = [{ role: 'user', content: 'What is the weather in Paris?' }];
      const asked = await client.responses.create({ model: 'any', input, tools: [weather], tool_choice });
      const call = asked.output.find((item) => item.type === 'function_call');
      assert.equal(call.name, 'get_weather');
      assert.equal(typeof JSON.parse(call.arguments).city, 'string');

      input.push(...asked.output);
      input.push({ type: 'function_call_output', call_id: call.call_id, output: 'sunny' });
      const answered = await client.responses.create({ model: 'any', input, tools: [weather] });
      assert.equal(answered.output_text, 'Tool result: sunny');
    }
    const silent = await client.responses.create({
      model: 'any',
      input: 'What is the weather?',
      tools: [weather],
      tool_choice: 'none',
    });
    assert.ok(silent.output.every((item) => item.type === 'message'));
  },

  async 'streamed function tools'() {
    const stream = await client.responses.create({
      model: 'any',
      input: 'What is the weather in Paris?',
      tools: [weather],
      stream: true,
    });
    let text = '';
    let done;
    for await (const event of stream) {
      if (event.type === 'response.function_call_arguments.delta') text += event.delta;
      if (event.type === 'response.function_call_arguments.done') done = event;
    }
    assert.equal(text, done.arguments);
    assert.equal(typeof JSON.parse(text).city, 'string');
  },

  async 'errors'() {
    const ask = (body, from = client) => () => from.responses.create({ input: 'Hello', ...body });

    const stranger = new OpenAI({ baseURL, apiKey: 'bad', maxRetries: 0 });
    const unknown = await refusal(ask({ model: 'any' }, stranger));
    assert.ok(unknown instanceof OpenAI.AuthenticationError, String(unknown));
    assert.equal(unknown.code, 'invalid_api_key');

    const missing = await refusal(ask({ model: 'missing-model' }));
    assert.ok(missing instanceof OpenAI.NotFoundError, String(missing));
    assert.equal(missing.code, 'model_not_found');
    assert.equal(missing.param, 'model');

    const limited = await refusal(ask({ model: 'rate-limited' }));
    assert.ok(limited instanceof OpenAI.RateLimitError, String(limited));
    assert.equal(limited.code, 'rate_limit_exceeded');
    assert.equal(limited.headers.get('retry-after'), '1');

    const wrong = await refusal(ask({ model: 'any', temperature: 3 }));
    assert.ok(wrong instanceof OpenAI.BadRequestError, String(wrong));
    assert.equal(wrong.type, 'invalid_request_error');
    assert.equal(wrong.param, 'temperature');
    assert.equal(wrong.code, 'decimal_above_max_value');

    const input = [{ role: 'user', content: [{ type: 'input_text', text: 7 }] }];
    const inside = await refusal(ask({ model: 'any', input }));
    assert.ok(inside instanceof OpenAI.BadRequestError, String(inside));
    assert.equal(inside.param, 'input[0].content[0].text');
    assert.equal(inside.code, 'invalid_type');
  },

  async 'failure in the middle'() {
    const events = [];
    const failed = await refusal(async () => {
      const stream = await client.responses.create({ model: 'fail-midstream', input: 'Hello', stream: true });
      for await (const event of stream) events.push(event.type);
    });
    assert.ok(events.includes('response.output_text.delta'), events.join());
    assert.ok(!events.includes('response.completed'), events.join());
    assert.ok(failed instanceof OpenAI.APIError, String(failed));

    const whole = await refusal(() => client.responses.create({ model: 'fail-midstream', input: 'Hello' }));
    assert.ok(whole instanceof OpenAI.InternalServerError, String(whole));
  },
};

await run(checks);

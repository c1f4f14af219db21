// The official `openai` package for Node against a server with any model. Usage: node model.mjs ADDRESS
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { run } from './checks.mjs';

const client = new OpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: 'node', maxRetries: 0 });
const request = {
  model: 'any',
  input: 'Name three colors.',
  temperature: 0,
  max_output_tokens: 24,
};

const checks = {
  async 'create and stream'() {
    const whole = await client.responses.create(request);
    assert.ok(whole.output_text);
    assert.ok(whole.usage.output_tokens > 0);
    const stream = client.responses.stream(request);
    let text = '';
    stream.on('response.output_text.delta', (event) => (text += event.delta));
    const last = await stream.finalResponse();
    assert.equal(text, whole.output_text);
    assert.equal(last.output_text, whole.output_text);
  },

  async 'a call, and its output'() {
    const tool = {
      type: 'function',
      name: 'get_weather',
      strict: true,
      parameters: {
        type: 'object',
        properties: { city: { type: 'string', enum: ['Paris'] } },
        required: ['city'],
        additionalProperties: false,
      },
    };
    const asked = { ...request, tools: [tool], max_output_tokens: 64 };
    const first = await client.responses.create({ ...asked, tool_choice: 'required' });
    const call = first.output.find((item) => item.type === 'function_call');
    // The model is small: what counts is that a call has the right shape if it comes.
    if (!call) return console.log('  not shown by this model: a call');
    assert.equal(call.name, 'get_weather');
    assert.ok(JSON.parse(call.arguments));
    const output = { type: 'function_call_output', call_id: call.call_id, output: 'Sunny.' };
    const second = await client.responses.create({
      ...asked,
      tool_choice: 'none',
      previous_response_id: first.id,
      input: [output],
    });
    assert.ok(['completed', 'incomplete'].includes(second.status));
    assert.ok(second.output_text);
  },
};

await run(checks);

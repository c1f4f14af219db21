// Tools that run on the server, through the official `openai` package and the Vercel AI SDK for Node.
// Usage: node tools.mjs ADDRESS MCP_URL, of a server that has the MCP server `everything` and the sample
// tool, and lets clients name MCP_URL.
import assert from 'node:assert/strict';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, stepCountIs, streamText } from 'ai';
import OpenAI from 'openai';
import { run } from './checks.mjs';

const [address, mcp] = process.argv.slice(2);
const baseURL = `${address}/v1`;
const client = new OpenAI({ baseURL, apiKey: 'node', maxRetries: 0 });
const model = 'embedded/any';
const everything = {
  type: 'mcp',
  server_label: 'everything',
  require_approval: 'never',
  allowed_tools: ['echo', 'get-sum'],
};
const types = (response) => response.output.map((item) => item.type);

await run({
  async 'MCP items in a stream and in JSON'() {
    const input = 'call echo {"message":"Grüße"} and then call get-sum {"a":2,"b":40}';
    const body = { model, input, tools: [everything] };
    const seen = [];
    const stream = client.responses.stream(body);
    stream.on('event', (event) => seen.push(event.type));
    const streamed = await stream.finalResponse();
    assert.deepEqual(types(streamed), ['mcp_list_tools', 'mcp_call', 'mcp_call', 'message']);
    const [listing, echo, sum] = streamed.output;
    assert.deepEqual(
      listing.tools.map((tool) => tool.name),
      ['echo', 'get-sum'],
    );
    assert.equal(echo.output, 'Echo: Grüße');
    assert.equal(echo.server_label, 'everything');
    assert.equal(echo.error, null);
    assert.match(sum.output, /42/);
    assert.match(streamed.output_text, /^Tool result: Echo: Grüße \| /);
    for (const name of [
      'response.mcp_list_tools.in_progress',
      'response.mcp_list_tools.completed',
      'response.mcp_call.in_progress',
      'response.mcp_call_arguments.delta',
      'response.mcp_call_arguments.done',
      'response.mcp_call.completed',
    ]) {
      assert.ok(seen.includes(name), name);
    }
    const whole = await client.responses.create(body);
    assert.deepEqual(types(whole), types(streamed));
    assert.equal(whole.output_text, streamed.output_text);
  },

  async 'an approval, given and refused'() {
    for (const approve of [true, false]) {
      const tools = [{ ...everything, require_approval: 'always' }];
      const asked = await client.responses.create({
        model,
        input: 'call echo {"message":"Hi"}',
        tools,
      });
      const request = asked.output.at(-1);
      assert.equal(request.type, 'mcp_approval_request');
      assert.deepEqual(JSON.parse(request.arguments), { message: 'Hi' });
      const answer = {
        type: 'mcp_approval_response',
        approval_request_id: request.id,
        approve,
      };
      const answered = await client.responses.create({
        model,
        input: [answer],
        previous_response_id: asked.id,
        tools,
      });
      assert.deepEqual(types(answered), approve ? ['mcp_call', 'message'] : ['message']);
      assert.match(answered.output_text, approve ? /Echo: Hi/ : /did not approve/);
    }
  },

  async 'nothing is seen where nothing was asked for'() {
    const stream = client.responses.stream({ model, input: 'call echo {"message":"Hi"}' });
    const names = new Set();
    stream.on('event', (event) => names.add(event.type));
    const response = await stream.finalResponse();
    assert.deepEqual(types(response), ['message']);
    assert.equal(response.output_text, 'Tool result: Echo: Hi');
    assert.ok(![...names].some((name) => name.includes('mcp') || name.includes('function')));
  },

  async 'an item of a type of the server'() {
    const input = 'call temperature {"city":"Paris"}';
    const stream = client.responses.stream({ model, input });
    const response = await stream.finalResponse();
    assert.deepEqual(types(response), ['sample:temperature', 'message']);
    assert.equal(response.output_text, 'Tool result: 31 degrees in Paris');
  },

  async 'Vercel AI SDK: text and a stream'() {
    const openai = createOpenAI({ baseURL, apiKey: 'vercel' });
    const tools = {
      mcp: openai.tools.mcp({
        serverLabel: 'theirs',
        serverUrl: mcp,
        requireApproval: 'never',
        allowedTools: ['echo'],
      }),
    };
    const settings = {
      model: openai.responses(model),
      prompt: 'call echo {"message":"Hi"}',
      tools,
      stopWhen: stepCountIs(3),
    };
    const whole = await generateText(settings);
    assert.equal(whole.text, 'Tool result: Echo: Hi');
    const kinds = whole.content.map((part) => part.type);
    assert.ok(kinds.includes('tool-call') && kinds.includes('tool-result'), kinds.join());
    const result = whole.content.find((part) => part.type === 'tool-result');
    assert.equal(result.output.output, 'Echo: Hi');

    const stream = streamText(settings);
    const parts = [];
    for await (const part of stream.fullStream) parts.push(part);
    assert.ok(!parts.some((part) => part.type === 'error'), JSON.stringify(parts));
    assert.ok(parts.some((part) => part.type === 'tool-result'));
    assert.equal(await stream.text, 'Tool result: Echo: Hi');
  },
});

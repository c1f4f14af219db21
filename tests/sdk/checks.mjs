// What the checks have in common.
import assert from 'node:assert/strict';

export const weather = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather in a city.',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
};

// Runs `request` and gives the error that it must end in.
export async function refusal(request) {
  try {
    await request();
  } catch (error) {
    return error;
  }
  assert.fail('the request was not refused');
}

// Runs all checks, and sets the status that the program ends with.
export async function run(checks) {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok      ${name}`);
    } catch (error) {
      console.log(`FAILED  ${name}`);
      console.error(error);
      process.exitCode = 1;
    }
  }
}

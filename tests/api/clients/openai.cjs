// OpenAI's SDK for JavaScript. Prints what it heard as one JSON object; test_openai_node.py judges it.
const OpenAI = require("openai");
const { model, hello, think, weather, breaks, slow, tool } = JSON.parse(process.argv[2]);
const client = new OpenAI({ apiKey: process.env.YUN_KEY, baseURL: process.env.YUN_URL + "/v1", maxRetries: 0 });
const ask = (text, more = {}) => ({ model, messages: [{ role: "user", content: text }], ...more });
const usageToo = { stream: true, stream_options: { include_usage: true } };

async function hear(body, options) {
  const heard = { content: "", reasoning: "", calls: [], finish: null, usage: null, error: null };
  try {
    for await (const chunk of await client.chat.completions.create(body, options)) {
      if (chunk.usage) heard.usage = chunk.usage;
      for (const { delta, finish_reason } of chunk.choices) {
        heard.content += delta.content ?? "";
        heard.reasoning += delta.reasoning_content ?? "";
        for (const call of delta.tool_calls ?? []) {
          heard.calls[call.index] ??= { id: call.id, name: call.function.name, arguments: "" };
          heard.calls[call.index].arguments += call.function.arguments ?? "";
        }
        heard.finish = finish_reason ?? heard.finish;
      }
    }
  } catch (error) {
    heard.error = told(error);
  }
  return heard;
}

const told = ({ constructor, status, code, type, message }) => ({ name: constructor.name, status, code, type, message });

async function hearResponse(input) {
  const heard = { content: "", last: null, error: null };
  try {
    for await (const event of await client.responses.create({ model, input, stream: true })) {
      if (event.type === "response.output_text.delta") heard.content += event.delta;
      heard.last = event.type;
    }
  } catch (error) {
    heard.error = told(error);
  }
  return heard;
}

async function failure(call) {
  try {
    await call();
  } catch (error) {
    return { name: error.constructor.name, status: error.status, code: error.code, id: error.requestID };
  }
  return null;
}

(async () => {
  const other = new OpenAI({ apiKey: "sk-wrong", baseURL: process.env.YUN_URL + "/v1", maxRetries: 0 });
  const whole = await client.chat.completions.create(ask(hello, { logprobs: true }));
  const ran = client.chat.completions.runTools({
    ...ask(weather),
    tools: [{ ...tool, function: { ...tool.function, parse: JSON.parse, function: () => "sunny and 21 degrees" } }],
  });
  console.log(JSON.stringify({
    models: (await client.models.list()).data.map((m) => m.id),
    whole,
    stream: await hear(ask(hello, usageToo)),
    think: await hear(ask(think, usageToo)),
    tools: await hear(ask(weather, { ...usageToo, tools: [tool] })),
    loop: await ran.finalContent(),
    breaks: await hear(ask(breaks, { stream: true })),
    late: await hear(ask(slow, { stream: true }), { headers: { "x-yun-timeout-ms": "300" } }),
    response_breaks: await hearResponse(breaks),
    whole_breaks: await failure(() => client.chat.completions.create(ask(breaks))),
    many: await Promise.all(Array.from({ length: 64 }, async () => (await hear(ask(hello, { stream: true }))).content)),
    wrong_key: await failure(() => other.models.list()),
    no_model: await failure(() => client.chat.completions.create({ ...ask(hello), model: "no-such-model" })),
    bad: await failure(() => client.chat.completions.create(ask(hello, { temperature: 9 }))),
  }));
})();

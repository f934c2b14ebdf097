"""What the scripted models say: `yun serve NAME=scripted:replies=FILE` (src/server/scripted_model.h). A test asks for a
reply by its first words; of the models, HERMES thinks and calls tools in JSON, as Qwen3 does, and CODER calls them in
XML, as Qwen3-Coder does."""
import json

HERMES, CODER, PLAIN = "qwen3-scripted", "qwen3-coder-scripted", "plain-scripted"

HELLO, HELLO_SAID = "Say hello.", "Hello there! 你好，世界 🌍."
TWO, TWO_SAID = "Say two things.", ["The first thing.", "And the second, which is longer."]
THINK, THOUGHT, THINK_SAID = "Think about it.", "Two and two?\nThat is four.", "It is four."
WEATHER, CITY = "What is the weather in Rome?", {"city": "Rome", "days": 3, "units": ["C", "F"]}
BOTH, CITIES = "Compare Rome and Paris.", ["Rome", "Paris"]
THINK_CALL, THINK_CALL_THOUGHT = "Think, then look up Oslo.", "I have a tool for that."
AFTER_TOOL, AFTER_TOOL_SAID = "sunny and 21 degrees", "It is sunny in Rome, at 21 degrees."
WITHIN, WITHIN_THOUGHT, WITHIN_SAID = "Call within your thought.", "I call at once.", "I have called."
FACTS, FACTS_SAID = "Give me facts as JSON.", '{"name": "Rome", "hills": 7}'
BREAKS, BREAKS_SAID = "Break in the middle.", "This never"
SLOW, SLOW_SAID = "Take your time.", "one two three four five six seven eight nine ten " * 20

# A coding agent's run: it reads a file, mends it, and says so.
CODE_TASK, CODE_DONE = "Mend the greeting in greet.py.", "The greeting is mended."
CODE_BEFORE, CODE_AFTER = 'print("Helo, world!")\n', 'print("Hello, world!")\n'

TOOL = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather of a city.",
    "parameters": {"type": "object", "required": ["city"], "properties": {
        "city": {"type": "string"}, "days": {"type": "integer"},
        "units": {"type": "array", "items": {"type": "string"}}}}}}


def json_call(name, arguments):
    return "<tool_call>\n" + json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False) + "\n</tool_call>"


def xml_call(name, arguments):
    parameters = "".join(
        f"<parameter={key}>\n{value if isinstance(value, str) else json.dumps(value)}\n</parameter>\n"
        for key, value in arguments.items())
    return f"<tool_call>\n<function={name}>\n{parameters}</function>\n</tool_call>"


def replies(call, workspace):
    """The script. call: how the model writes a call; workspace: the folder that a coding agent works in"""
    def weather(arguments):
        return call("get_weather", arguments)

    file = str(workspace / "greet.py")
    return [
        {"when": HELLO, "reply": HELLO_SAID},
        {"when": TWO, "reply": TWO_SAID},
        {"when": THINK, "reply": f"<think>\n{THOUGHT}\n</think>\n\n{THINK_SAID}"},
        {"when": WEATHER, "reply": "Let me look.\n" + weather(CITY)},
        {"when": BOTH, "reply": "\n".join(weather({"city": city}) for city in CITIES)},
        {"when": THINK_CALL, "reply": f"<think>\n{THINK_CALL_THOUGHT}\n</think>\n\n{weather({'city': 'Oslo'})}"},
        {"when": WITHIN, "reply": f"<think>\n{WITHIN_THOUGHT}\n{weather({'city': 'Oslo'})}\n</think>\n\n{WITHIN_SAID}"},
        {"when": AFTER_TOOL, "reply": AFTER_TOOL_SAID},
        {"when": FACTS, "reply": FACTS_SAID},
        {"when": BREAKS, "reply": BREAKS_SAID + " ends", "fail_after": 2},
        {"when": SLOW, "reply": SLOW_SAID, "step_us": 20_000},
        {"when": CODE_TASK, "reply": call("read_file", {"file_path": file})},
        {"when": "Helo, world!", "reply": "I see a letter missing.\n" + call("edit", {
            "file_path": file, "old_string": "Helo", "new_string": "Hello"})},
        {"when": "Hello, world!", "reply": CODE_DONE},
    ]


# A template as short as can be whose calls are in XML; tokens and turns are Qwen3's.
CODER_TEMPLATE = """\
{%- macro call(c) %}<tool_call>
<function={{ c.name }}>
{% for name, value in c.arguments.items() %}<parameter={{ name }}>
{{ value if value is string else value | tojson }}
</parameter>
{% endfor %}</function>
</tool_call>{% endmacro %}
{%- if tools %}{{ '<|im_start|>system\\n# Tools\\n<tools>\\n' }}
{%- for tool in tools %}{{ tool | tojson + '\\n' }}{% endfor %}{{ '</tools><|im_end|>\\n' }}{% endif %}
{%- for m in messages %}
{%- if m.role == 'tool' %}
{{- '<|im_start|>user\\n<tool_response>\\n' + m.content + '\\n</tool_response><|im_end|>\\n' }}
{%- else %}{{ '<|im_start|>' + m.role + '\\n' + (m.content or '') }}
{%- for c in m.tool_calls or [] %}{{ '\\n' + call(c.function) }}{% endfor %}{{ '<|im_end|>\\n' }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
"""

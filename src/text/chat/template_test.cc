#include "text/chat/template.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <thread>

namespace yun {
namespace {

boost::json::value ReadJson(const std::string& path) {
  std::ifstream in(std::string(YUN_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << in.rdbuf();
  return boost::json::parse(text.str());
}

Result<std::string> TextOf(Result<PromptText> prompt) {
  if (!prompt) return tl::unexpected<Error>(prompt.error());
  return std::move(prompt->text);
}

Result<std::string> Render(std::string_view source, boost::json::object variables = {},
                           boost::json::array messages = {}) {
  auto t = ChatTemplate::Create(source);
  if (!t) return tl::unexpected<Error>(t.error());
  RenderOptions options;
  options.variables = std::move(variables);
  return TextOf((*t)->Render(messages, {}, options));
}

std::string Show(const Result<std::string>& r) {
  return r ? *r : std::string(CodeName(r.error().code)) + ": " + r.error().message;
}

// What transformers renders; tools/golden/make_chat_goldens.py makes the file.
TEST(ChatTemplate, RendersEveryFeatureAsTransformersDoes) {
  auto file = ReadJson("tests/chat/features.json").as_object();
  auto context = file.at("context").as_object();
  RenderOptions options;
  options.variables = context.at("variables").as_object();
  options.add_generation_prompt = context.at("add_generation_prompt").as_bool();
  auto cases = file.at("cases").as_array();
  ASSERT_GT(cases.size(), 140u);
  for (const auto& item : cases) {
    const auto& c = item.as_object();
    SCOPED_TRACE(std::string(c.at("name").as_string()) + ": " + std::string(c.at("template").as_string()));
    auto t = ChatTemplate::Create(std::string(c.at("template").as_string()));
    auto text = t ? TextOf((*t)->Render(context.at("messages").as_array(), context.at("tools").as_array(), options))
                  : Result<std::string>(tl::unexpected<Error>(t.error()));
    if (const auto* output = c.if_contains("output")) {
      EXPECT_TRUE(text.has_value()) << Show(text);
      if (text) {
        EXPECT_EQ(*text, std::string(output->as_string()));
      }
    } else {
      EXPECT_FALSE(text.has_value()) << "should fail with " << c.at("error") << " but renders " << *text;
    }
  }
}

TEST(ChatTemplate, SaysWhatIsWrongAndWhere) {
  struct Case {
    const char* source;
    Code code;
    const char* says;
  };
  const Case cases[] = {
      {"a\nb\n{% nope %}", Code::kCorrupt, "line 3: unknown statement nope"},
      {"{% if x %}\n", Code::kCorrupt, "unexpected end of input"},
      {"{{ (1 }}", Code::kCorrupt, "unexpected `}`, expected `)`"},
      {"{{ 'abc }}", Code::kCorrupt, "unexpected end of string"},
      {"{# x", Code::kCorrupt, "unexpected end of comment"},
      {"{% raw %}x", Code::kCorrupt, "unclosed raw block"},
      {"{{ '\\ud800' }}", Code::kCorrupt, "bad string escape"},
      {"{% break %}", Code::kCorrupt, "must be placed inside a loop"},
      {"{% include 'x' %}", Code::kCorrupt, "no place in a chat template"},
      {"{% set 1 = 2 %}", Code::kCorrupt, "expected identifier"},
      {"\n{{ raise_exception('roles must alternate') }}", Code::kInvalidArgument, "roles must alternate"},
      {"\n\n{{ a.b }}", Code::kInvalidArgument, "line 3: undefined value: `a` is undefined"},
      {"{{ 'a' + 1 }}", Code::kInvalidArgument, "+ operator on unsupported types string and number"},
      {"{{ [1]|sort(attribute=none) + {} }}", Code::kInvalidArgument, "unsupported types"},
      {"{{ 9 ** 9 ** 9 }}", Code::kInvalidArgument, "unable to calculate"},
      {"{{ range(10 ** 30) }}", Code::kInvalidArgument, "cannot convert"},
      {"\xff", Code::kCorrupt, "not UTF-8"},
      {"\n{{ __yun_tick }}", Code::kCorrupt, "line 2: names that begin with __yun_"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.source);
    auto r = Render(c.source);
    ASSERT_FALSE(r.has_value()) << *r;
    EXPECT_EQ(r.error().code, c.code) << r.error().message;
    EXPECT_NE(r.error().message.find(c.says), std::string::npos) << r.error().message;
  }
  EXPECT_EQ(Render("{{ raise_exception('just this') }}").error().message, "just this");
}

// Each of these would take all memory, all stack or all day without its limit.
TEST(ChatTemplate, StopsHostileTemplates) {
  auto repeat = [](std::string_view part, int n) {
    std::string out;
    while (n--) out += part;
    return out;
  };
  const std::string cases[] = {
      "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(80) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
      "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(80) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
      "{% set ns = namespace(s=[1]) %}{% for i in range(80) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
      "{% set ns = namespace(a=[]) %}{% for i in range(100000) %}{% set ns.a = [ns.a] %}{% endfor %}",
      "{% set ns = namespace(a={}) %}{% for i in range(100000) %}{% set ns.a = {'k': ns.a} %}{% endfor %}",
      "{% set ns = namespace(a=[1, 2]) %}{% for i in range(100) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a }}",
      "{% set ns = namespace(a=[1, 2]) %}{% for i in range(100) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a | "
      "tojson }}",
      "{{ 'x' * 100000000000 }}",
      "{{ [1] * 100000000000 }}",
      "{{ ('x' * 1000000).replace('', 'y' * 10000) }}",
      "{{ ('y' * 1000000).join(('x' * 100000) | list) }}",
      "{{ ('x' * 100000) | list | join('y' * 1000000) }}",
      "{{ '%1000000000d' | format(1) }}",
      "{{ '{:1000000000}'.format(1) }}",
      "{{ 'x'.ljust(1000000000) }}",
      "{{ 'x'.center(1000000000) }}",
      "{{ 'x' | indent(1000000000, true) }}",
      "{{ ('\\n' * 1000000) | indent(10000, false, true) }}",
      "{{ range(100001) | list }}",
      "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
      "{% for a in range(100000) %}{{ 'x' * 1000 }}{% endfor %}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% macro m(x) %}{% for i in [1] %}{% if true %}{{ m([x]) }}{% endif %}{% endfor %}{% endmacro %}{{ m(1) }}",
      "{% for x in [[1]] recursive %}{{ loop([x]) }}{% endfor %}",
      "{% for i in range(100000) %}{% for j in range(1000) %}{% macro m() %}{% endmacro %}{% endfor %}{% endfor %}",
      "{% for i in range(100000) %}{% set n = namespace() %}{% endfor %}",
      "{% set ns = namespace(n=namespace()) %}{% for i in range(100000) %}{% set m = namespace(x=ns.n) %}{% set ns.n = "
      "m %}{% endfor %}",
      "{{ " + repeat("(", 5000) + "1" + repeat(")", 5000) + " }}",
      "{{ " + repeat("[", 5000) + repeat("]", 5000) + " }}",
      "{{ " + repeat("not ", 100000) + "1 }}",
      "{{ " + repeat("-", 100000) + "1 }}",
      "{{ 1" + repeat(" + 1", 100000) + " }}",
      "{{ x" + repeat(".a", 100000) + " }}",
      "{{ 'x'" + repeat("|trim", 100000) + " }}",
      "{{ x" + repeat(" if x", 100000) + " }}",
      repeat("{% if 1 %}", 10000),
      "{{ 1" + repeat(" + 1", 30000) + " }}",
      "{{ " + repeat("-", 100000) + "1 }}",
      "{% if x %}" + repeat("{% elif x %}", 10000) + "{% endif %}",
      "{% for i in range(100000) %}{% for j in range(100000) %}{% set a = [a] %}{% endfor %}{% endfor %}",
      "{% set ns = namespace(a=[1]) %}{% for i in range(100000) %}{% set ns.a = [ns.a[0:]] %}{% endfor %}",
      "{% set b = 'x' * 50000000 %}{% for i in range(100000) %}{% if b in b ~ 'x' %}{% endif %}{% endfor %}",
      "{% set b = 'x' * 50000000 %}{% for i in range(100000) %}{% if b != b and b in b %}{% endif %}{% endfor %}",
      "{% macro m(x, n) %}{% if n %}{{ m(x, n - 1) }}{{ m(x, n - 1) }}{% endif %}{% endmacro %}{{ m('x', 80) }}",
      repeat("{% for x in y %}", 10000),
      std::string(2 << 20, 'x'),
  };
  for (const std::string& source : cases) {
    SCOPED_TRACE(source.substr(0, 120));
    auto r = Render(source);
    ASSERT_FALSE(r.has_value()) << r->size() << " bytes";
    EXPECT_EQ(r.error().code, Code::kTooLarge) << r.error().message;
  }
}

TEST(ChatTemplate, LetsGoOfWhatRefersToItself) {
  // The address sanitizer's leak check is the assertion.
  EXPECT_EQ(
      Show(Render(
          "{% set ns = namespace() %}{% set ns.self = ns %}{% set ns.l = [ns] %}{% macro m() %}{{ m }}{% endmacro %}"
          "{% set ns.m = m %}{% for x in [1] %}{% set ns.loop = loop %}{% endfor %}ok")),
      "ok");
}

TEST(ChatTemplate, HandsMessagesOverAsTransformersDoes) {
  auto messages = boost::json::parse(R"([
    {"role": "assistant", "content": null, "reasoning": "r",
     "tool_calls": [{"function": {"name": "f", "arguments": "{\"z\":1, \"a\":2}"}}]}
  ])")
                      .as_array();
  EXPECT_EQ(Show(Render("{{ messages[0].keys() | list | tojson }}{{ messages[0].content is defined }}"
                        "{{ messages[0].tool_calls[0].function.arguments }}{{ tools is none }}{{ documents is none }}",
                        {}, messages)),
            R"(["thinking", "role", "reasoning", "tool_calls", "reasoning_content"]False{"z":1, "a":2}TrueTrue)");
  EXPECT_EQ(
      Show(Render("{% set x = nope %}{% set y = 1 if false %}{{ x is defined }}{{ y is defined }}{{ x }}|{{ y }}")),
      "FalseFalse|");
  EXPECT_EQ(
      Show(Render("{% set a = '%}' %}{% set b = {'c': '\\'='} %}{{ a ~ b.c }}{{ '{% set x = 1 %}' }}{# {% set #}")),
      "%}'={% set x = 1 %}");
  EXPECT_EQ(Render("x", {}, boost::json::array{1}).error().code, Code::kInvalidArgument);

  auto t = ChatTemplate::Create("{{ bos_token }}{{ eos_token is defined }}{{ add_generation_prompt }}{{ x }}");
  ASSERT_TRUE(t.has_value());
  RenderOptions options;
  options.bos_token = "<s>";
  options.add_generation_prompt = false;
  options.variables = {{"x", "y"}};
  EXPECT_EQ((*t)->Render({}, {}, options)->text, "<s>FalseFalsey");
  options.variables["bos_token"] = "mine";
  options.answer_begin = ", well";
  EXPECT_EQ((*t)->Render({}, {}, options)->text, "mineFalseFalsey, well");
}

TEST(ChatTemplate, RefusesMessagesNestedTooDeep) {
  boost::json::value v = 1;
  for (int i = 0; i < 300; ++i) v = boost::json::array{std::move(v)};
  auto r = Render("{{ messages }}", {}, boost::json::array{boost::json::object{{"content", std::move(v)}}});
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error().code, Code::kTooLarge);
}

TEST(ChatTemplate, ServesSeveralThreads) {
  auto t = ChatTemplate::Create("{% for i in range(50) %}{{ 'a' ~ i }}{{ ['x'] }}{% endfor %}");
  ASSERT_TRUE(t.has_value());
  const std::string want = (*t)->Render({}, {}, {})->text;
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) wrong += (*t)->Render({}, {}, {})->text != want;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(ChatTemplate, PrintsTextOutsideTagsAsItIs) {
  static constexpr std::string_view kParts[] = {"a", "b", " ",  "\n", "\t",       "}",      "%",
                                                "#", "-", "\"", "'",  "\xC3\xA9", {"\0", 1}};
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (size_t n = random() % 40; n--;) text += kParts[random() % std::size(kParts)];
    std::string want = text.ends_with('\n') ? text.substr(0, text.size() - 1) : text;
    EXPECT_EQ(Show(Render(text)), want);
  }
}

TEST(ChatTemplate, NeverCrashesOnTokensInAnyOrder) {
  static constexpr std::string_view kParts[] = {
      "{{ ",   " }}",  "{% ",     " %}",       "{%- ",     " -%}", "{#",  "#}", "if ",        "else",
      "endif", "for ", "x in xs", "endfor",    "set ",     "x",    " = ", "1",  "'s'",        " + ",
      " ~ ",   ".a",   "[0]",     "[::-1]",    "(",        ")",    "{",   "}",  ", ",         "|tojson",
      " is ",  "not ", "defined", "macro m()", "endmacro", "m()",  "\n",  " ",  "namespace(", "-",
      "**",    "%",    "none",    "\xC3\xA9",  "raw %}",   "break"};
  std::mt19937 random(2);
  int rendered = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string source;
    for (size_t n = random() % 12; n--;) source += kParts[random() % std::size(kParts)];
    auto r = Render(source, {{"xs", boost::json::array{1, "a", nullptr}}});
    rendered += r.has_value();
    EXPECT_TRUE(r.has_value() || !r.error().message.empty()) << source;
  }
  EXPECT_GT(rendered, 1000);
}

}  // namespace
}  // namespace yun

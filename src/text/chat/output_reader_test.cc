#include "text/chat/output_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace yun {
namespace {

const char kTools[] = R"([
  {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {
    "s": {"type": "string"}, "n": {"type": "integer"}, "x": {"type": "number"}, "b": {"type": "boolean"},
    "o": {"type": "object"}, "l": {"type": "array"}, "any": {"description": "what you like"},
    "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "either": {"type": ["string", "integer"]},
    "colour": {"enum": ["red", "1"]}, "size": {"$ref": "#/$defs/size"}},
    "$defs": {"size": {"enum": [1, 2, "big"]}}}}},
  {"type": "function", "function": {"name": "bare"}}])";

enum Thinks { kNot, kMay, kBegun, kBegunCallsEnd };

OutputFormat Format(ToolStyle tools, Thinks thinks = kNot) {
  return {tools, boost::json::parse(kTools).as_array(), thinks >= kBegun, thinks == kMay, thinks == kBegunCallsEnd};
}

/// One line a reading: T(thinking) text, and for a call its index, name, arguments and end.
std::string Show(const std::vector<OutputPiece>& pieces) {
  std::string text;
  const OutputPiece* last = nullptr;
  for (const OutputPiece& piece : pieces) {
    const bool joins = last && last->kind == piece.kind && piece.kind != PieceKind::kCallBegin;
    if (!joins) {
      switch (piece.kind) {
        case PieceKind::kThinking: text += "|think:"; break;
        case PieceKind::kText: text += "|text:"; break;
        case PieceKind::kCallBegin: text += "|" + std::to_string(piece.call) + ":"; break;
        case PieceKind::kCallArguments: text += "("; break;
        case PieceKind::kCallEnd: text += ")"; break;
      }
    }
    text += piece.text;
    last = &piece;
  }
  return text;
}

/// cuts: where the output is cut, in order
std::vector<OutputPiece> Read(const OutputFormat& format, std::string_view output,
                              const std::vector<std::size_t>& cuts) {
  OutputReader reader(format);
  std::vector<OutputPiece> all;
  std::size_t from = 0;
  const auto take = [&](std::vector<OutputPiece> pieces) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const bool cut = pieces[i].kind == PieceKind::kCallBegin || pieces[i].kind == PieceKind::kCallEnd;
      EXPECT_EQ(pieces[i].text.empty(), pieces[i].kind == PieceKind::kCallEnd);
      if (i > 0 && !cut) {
        EXPECT_NE(pieces[i].kind, pieces[i - 1].kind);
      }
      all.push_back(std::move(pieces[i]));
    }
  };
  for (const std::size_t cut : cuts) {
    take(reader.Push(output.substr(from, cut - from)));
    from = cut;
  }
  take(reader.Push(output.substr(from)));
  take(reader.Finish());
  return all;
}

std::vector<std::size_t> EveryByte(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < size; ++i) cuts.push_back(i);
  return cuts;
}

struct Case {
  ToolStyle tools;
  Thinks thinks;
  std::string_view output, reading;
};

constexpr auto kNone = ToolStyle::kNone, kHermes = ToolStyle::kHermes, kXml = ToolStyle::kXml;

const Case kCases[] = {
    // Thinking.
    {kNone, kNot, "", ""},
    {kNone, kNot, "a <think>b</think>", "|text:a <think>b</think>"},
    {kNone, kMay, "<think>\nhm\nhm\n</think>\n\nyes", "|think:hm\nhm|text:yes"},
    {kNone, kMay, " \n<think>\n\n</think>\n\nyes", "|text:yes"},
    {kNone, kMay, "<think>\n\n</think>\n\n", ""},
    {kNone, kMay, "\n yes <think>", "|text:\n yes <think>"},
    {kNone, kMay, "<thin", "|text:<thin"},
    {kNone, kMay, "<think>a</thi", "|think:a</thi"},
    {kNone, kMay, "<think>a\n\n", "|think:a\n\n"},
    {kNone, kMay, "<think>a < b <</think></think> c", "|think:a < b <|text:</think> c"},
    {kNone, kBegun, "hm</think>yes\n", "|think:hm|text:yes\n"},
    {kNone, kBegun, "<think>\nhm\n</think>\n\nyes", "|think:hm|text:yes"},
    {kNone, kBegun, "\n\n</think>\n\nyes", "|text:yes"},
    {kNone, kBegun, "hm\n\n \n</think>\n \nyes", "|think:hm\n\n |text: \nyes"},
    {kNone, kBegun, "never ends\n", "|think:never ends\n"},
    {kNone, kNot, "<tool_call>\n{\"name\": \"f\"}\n</tool_call>", "|text:<tool_call>\n{\"name\": \"f\"}\n</tool_call>"},
    // Calls in JSON.
    {kHermes, kNot, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"s\": \"a\"}}\n</tool_call>",
     "|0:f({\"s\": \"a\"})"},
    {kHermes, kNot, R"(<tool_call>{"name":"f","arguments":{ "s" : "}]\"\\", "l":[{}, [ 1.0e5 ]] }}</tool_call>)",
     R"(|0:f({ "s" : "}]\"\\", "l":[{}, [ 1.0e5 ]] }))"},
    {kHermes, kMay,
     "<think>\nhm\n</think>\n\nI look.\n\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>\n"
     "<tool_call>\n"
     "{\"name\": \"unknown\", \"arguments\": {\"a\": 1}}\n</tool_call>\n",
     "|think:hm|text:I look.|0:f({})|1:unknown({\"a\": 1})"},
    {kHermes, kNot, "\n<tool_call>{\"name\":\"f\"}</tool_call>\n\nDone. ", "|0:f({})|text:Done. "},
    {kHermes, kNot, "A:\n<tool_call>{\"name\":\"f\"}</tool_call>\nB:\n<tool_call>{\"name\":\"g\"}</tool_call> ",
     "|text:A:|0:f({})|text:\nB:|1:g({})"},
    {kHermes, kNot, R"(<tool_call>{"arguments": {"a": "<b>"}, "name": "f"}</tool_call>)", R"(|0:f({"a": "<b>"}))"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "parameters": {"a": 1}}</tool_call>)", R"(|0:f({"a": 1}))"},
    {kHermes, kNot, R"(<tool_call>{"id": [{"x":"}"}, 1], "name": "f\u00e9", "arguments": null, "z": 1}</tool_call>)",
     "|0:fé({})"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": "{\"a\": 1}"}</tool_call>)", R"(|0:f({"a": 1}))"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": {"a": 1}, "arguments": {"b": 2}, "name": "g"})",
     R"(|0:f({"a": 1}))"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": {"s": "</tool_call><think>"}}</tool_call>)",
     R"(|0:f({"s": "</tool_call><think>"}))"},
    {kHermes, kNot, "<tool_call>\n<function=f>\n<parameter=n>\n1\n</parameter>\n</function>\n</tool_call>",
     R"(|0:f({"n": 1}))"},
    // Calls that are not quite right.
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": {"a": 1}</tool_call>x)", R"(|0:f({"a": 1})|text:x)"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": {"a": [1</tool_call>x)", R"(|0:f({"a": [1)|text:x)"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": {"a": 1}}}</tool_call>x)", R"(|0:f({"a": 1})|text:x)"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": {"a": 1}}<tool_call>{"name": "g"})",
     R"(|0:f({"a": 1})|1:g({}))"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": {"a": 1}} and <tool)", R"(|0:f({"a": 1})|text:and <tool)"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": {"a": "b)", R"(|0:f({"a": "b))"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": {"a": 1}, "z": )", R"(|0:f({"a": 1}))"},
    // What is no call.
    {kHermes, kNot, "use <tool_call> or\n<tools>\n", "|text:use <tool_call> or\n<tools>\n"},
    {kHermes, kNot, "a \n<tool_call>\n{\"name\": f}\n</tool_call>",
     "|text:a \n<tool_call>\n{\"name\": f}\n</tool_call>"},
    {kHermes, kNot, R"(<tool_call>{"name": 1}</tool_call>)", R"(|text:<tool_call>{"name": 1}</tool_call>)"},
    {kHermes, kNot, R"(<tool_call>{"name": ""}</tool_call>)", R"(|text:<tool_call>{"name": ""}</tool_call>)"},
    {kHermes, kNot, R"(<tool_call>{"arguments": {}}</tool_call>)", R"(|text:<tool_call>{"arguments": {}}</tool_call>)"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": [1]}</tool_call>)",
     R"(|text:<tool_call>{"name": "f", "arguments": [1]}</tool_call>)"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": 7}</tool_call>)",
     R"(|text:<tool_call>{"name": "f", "arguments": 7}</tool_call>)"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "arguments": "seven"}</tool_call>)",
     R"(|text:<tool_call>{"name": "f", "arguments": "seven"}</tool_call>)"},
    {kHermes, kNot, R"(<tool_call>{}</tool_call>)", R"(|text:<tool_call>{}</tool_call>)"},
    {kHermes, kNot, R"(<tool_call>{"name": "f", "argum)", R"(|text:<tool_call>{"name": "f", "argum)"},
    {kHermes, kNot, "<tool_call>\n<tool_call>\n{\"name\": \"f\"}\n</tool_call>", "|text:<tool_call>|0:f({})"},
    {kHermes, kNot, "<tool_call>{\"na\n<tool_call>{\"name\": \"f\"}", "|text:<tool_call>{\"na|0:f({})"},
    {kHermes, kNot, "<function=f>\n</function>", "|text:<function=f>\n</function>"},
    {kHermes, kNot, "a </tool_call> b", "|text:a </tool_call> b"},
    {kHermes, kBegun, "a <tool_call>{\"name\": \"f\"}</tool_call>",
     "|think:a <tool_call>{\"name\": \"f\"}</tool_call>"},
    // Calls in XML.
    {kXml, kNot,
     "I look.\n<tool_call>\n<function=f>\n<parameter=s>\na \"b\"\n<c>\t\n</parameter>\n<parameter=n>\n-5\n"
     "</parameter>\n"
     "</function>\n</tool_call>",
     R"(|text:I look.|0:f({"s": "a \"b\"\n<c>\t", "n": -5}))"},
    {kXml, kNot, "<tool_call>\n<function=f>\n</function>\n</tool_call>\n<tool_call>\n<function=bare></function>",
     "|0:f({})|1:bare({})"},
    {kXml, kNot, "<function=f><parameter=s>1</parameter></function></tool_call> ok", R"(|0:f({"s": "1"})|text:ok)"},
    {kXml, kNot, "<tool_call><function=f></function><function=bare></function></tool_call>", "|0:f({})|1:bare({})"},
    {kXml, kNot, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"n\": 1}}\n</tool_call>", R"(|0:f({"n": 1}))"},
    {kXml, kNot, "<function=f><parameter=s>\n\n\na\n\n</parameter><parameter=s>\n</parameter></function>",
     R"(|0:f({"s": "\n\na\n", "s": ""}))"},
    {kXml, kNot, "<function=f><parameter=s></param</parameter></function>", R"(|0:f({"s": "</param"}))"},
    // Types.
    {kXml, kNot, "<function=f><parameter=x>1.50</parameter><parameter=b>True</parameter></function>",
     R"(|0:f({"x": 1.50, "b": true}))"},
    {kXml, kNot, "<function=f><parameter=n>1.5</parameter><parameter=b>maybe</parameter></function>",
     R"(|0:f({"n": "1.5", "b": "maybe"}))"},
    {kXml, kNot, "<function=f><parameter=o>\n{\"a\": [1,\n2]}\n</parameter><parameter=l>[</parameter></function>",
     "|0:f({\"o\": {\"a\": [1,\n2]}, \"l\": \"[\"})"},
    {kXml, kNot, "<function=f><parameter=o>[1]</parameter><parameter=l>[1]</parameter></function>",
     R"(|0:f({"o": "[1]", "l": [1]}))"},
    {kXml, kNot, "<function=f><parameter=maybe>null</parameter><parameter=maybe>nullable</parameter></function>",
     R"(|0:f({"maybe": null, "maybe": "nullable"}))"},
    {kXml, kNot, "<function=f><parameter=maybe>nul</parameter><parameter=maybe></parameter></function>",
     R"(|0:f({"maybe": "nul", "maybe": ""}))"},
    {kXml, kNot, "<function=f><parameter=s>null</parameter><parameter=n>null</parameter></function>",
     R"(|0:f({"s": "null", "n": null}))"},
    {kXml, kNot, "<function=f><parameter=either>12</parameter><parameter=either>x12</parameter></function>",
     R"(|0:f({"either": 12, "either": "x12"}))"},
    {kXml, kNot, "<function=f><parameter=colour>1</parameter><parameter=size>1</parameter></function>",
     R"(|0:f({"colour": "1", "size": 1}))"},
    {kXml, kNot, "<function=f><parameter=size>big</parameter>", R"(|0:f({"size": "big"))"},
    {kXml, kNot, "<function=f><parameter=any>{}</parameter><parameter=any>a b</parameter></function>",
     R"(|0:f({"any": {}, "any": "a b"}))"},
    {kXml, kNot, "<function=f><parameter=other>1</parameter></function>", R"(|0:f({"other": "1"}))"},
    {kXml, kNot, "<function=bare><parameter=other>1</parameter><parameter=\"q\">x</parameter></function>",
     R"(|0:bare({"other": 1, "\"q\"": "x"}))"},
    // Marks that are missing, and ends.
    {kXml, kNot, "<function=f><parameter=s>a<parameter=n>1</function>", R"(|0:f({"s": "a", "n": 1}))"},
    {kXml, kNot, "<tool_call><function=f><parameter=s>a</tool_call>b", R"(|0:f({"s": "a"})|text:b)"},
    {kXml, kNot, "<function=f> junk <parameter=\n>x</parameter><tool_call><function=bare></function>",
     "|0:f({})|1:bare({})"},
    {kXml, kNot, "<tool_call><function=f><parameter=s>\na\n</para", R"(|0:f({"s": "a))"},
    {kXml, kNot, "<tool_call><function=f><parameter=n>\n1", R"(|0:f({"n": 1))"},
    {kXml, kNot, "<tool_call><function=f><parameter=", "|0:f({)"},
    {kXml, kNot, "<tool_call>\n<function=f", "|text:<tool_call>\n<function=f"},
    {kXml, kNot, "a <function=> <function=a b> <function", "|text:a <function=> <function=a b> <function"},
    {kXml, kBegunCallsEnd, "hm\n<tool_call>\n<function=f>\n</function>\n</tool_call>", "|think:hm|0:f({})"},
    {kXml, kBegunCallsEnd, "say <tool_call> or\n<tool_call>\nand {</think>no",
     "|think:say <tool_call> or\n<tool_call>\nand {|text:no"},
    {kXml, kBegun, "<tool_call>\n<function=f>\n</function></think><function=bare></function>",
     "|think:<tool_call>\n<function=f>\n</function>|0:bare({})"},
    {kXml, kBegun, "hm\n<tool_call>\n<function=f>\n", "|think:hm\n<tool_call>\n<function=f>\n"},
};

TEST(OutputReader, Reads) {
  for (const Case& c : kCases) {
    EXPECT_EQ(Show(Read(Format(c.tools, c.thinks), c.output, {})), c.reading) << c.output;
  }
}

TEST(OutputReader, CutsChangeNothing) {
  std::mt19937 random(7);
  for (const Case& c : kCases) {
    const OutputFormat format = Format(c.tools, c.thinks);
    const std::string whole = Show(Read(format, c.output, {}));
    for (std::size_t cut = 0; cut <= c.output.size(); ++cut)
      ASSERT_EQ(Show(Read(format, c.output, {cut})), whole) << c.output << " at " << cut;
    ASSERT_EQ(Show(Read(format, c.output, EveryByte(c.output.size()))), whole) << c.output;
    for (int i = 0; i < 20; ++i) {
      std::vector<std::size_t> cuts;
      for (std::size_t at = 0; (at += random() % 7) < c.output.size();) cuts.push_back(at);
      ASSERT_EQ(Show(Read(format, c.output, cuts)), whole) << c.output;
    }
  }
}

/// Outputs put together by chance of what matters to the reader.
TEST(OutputReader, CutsChangeNothingOfWhatMayCome) {
  constexpr std::string_view kParts[] = {
      "<think>", "</think>", "<tool_call>", "</tool_call>", "<function=", "f>", "</function>", "<parameter=", "n>",
      "s>", "</parameter>", "{", "}", "[", "]", "\"name\"", "\"arguments\"", ":", ",", "\"f\"", "\"", "\\", "null",
      "12", "\n", "\n\n", " ", "<", "</", "<tool", ">", "é", "text", "{\"name\": \"f\", \"arguments\": {",
      "<function=f><parameter=s>"};
  std::mt19937 random(8);
  for (int round = 0; round < 20000; ++round) {
    std::string output;
    for (int i = random() % 24; i >= 0; --i) output += kParts[random() % std::size(kParts)];
    const OutputFormat format = Format(static_cast<ToolStyle>(random() % 3), static_cast<Thinks>(random() % 3));
    const std::string whole = Show(Read(format, output, {}));
    ASSERT_EQ(Show(Read(format, output, EveryByte(output.size()))), whole) << output;
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; (at += random() % 9) < output.size();) cuts.push_back(at);
    ASSERT_EQ(Show(Read(format, output, cuts)), whole) << output;
  }
}

TEST(OutputReader, ArgumentsOfWholeXmlCallsAreJson) {
  constexpr std::string_view kValues[] = {"a",  "\n", "\"", "\\",   "\x01", "null", "1",  "{",
                                          "é", "]",  "<",  "</p", " ",    "true", "1e", "{\"a\":[]}"};
  constexpr std::string_view kNames[] = {"s",   "n",     "x",      "b",    "o",     "l",
                                         "any", "maybe", "either", "size", "other", "\"\\"};
  std::mt19937 random(9);
  for (int round = 0; round < 5000; ++round) {
    std::string output = "<tool_call>\n<function=f>\n";
    for (int i = random() % 4; i > 0; --i) {
      output += "<parameter=" + std::string(kNames[random() % std::size(kNames)]) + ">\n";
      for (int j = random() % 4; j > 0; --j) output += kValues[random() % std::size(kValues)];
      output += "\n</parameter>\n";
    }
    output += "</function>\n</tool_call>";
    const auto pieces = Read(Format(kXml), output, {});
    ASSERT_EQ(pieces.size(), 3u) << output;
    boost::json::error_code ec;
    EXPECT_TRUE(boost::json::parse(pieces[1].text, ec).is_object() && !ec) << output << "\n" << pieces[1].text;
  }
}

TEST(OutputReader, GivesWhatIsCertainAtOnce) {
  OutputReader reader(Format(kXml, kBegun));
  EXPECT_TRUE(reader.thinking());
  EXPECT_EQ(Show(reader.Push("hm <")), "|think:hm ");
  EXPECT_EQ(Show(reader.Push("b>\n")), "|think:<b>");
  EXPECT_EQ(Show(reader.Push("</think>")), "");
  EXPECT_FALSE(reader.thinking());
  EXPECT_EQ(Show(reader.Push("\n\nI ")), "|text:I");
  EXPECT_EQ(Show(reader.Push("look\n<tool_call>\n<function=f")), "|text: look");
  EXPECT_EQ(reader.calls(), 0u);
  EXPECT_EQ(Show(reader.Push(">\n<parameter=s>\n")), "|0:f({\"s\": \"");
  EXPECT_EQ(reader.calls(), 1u);
  EXPECT_EQ(Show(reader.Push("a\"\n")), "(a\\\"");
  EXPECT_EQ(Show(reader.Push("b</")), "(\\nb");
  EXPECT_EQ(Show(reader.Push("parameter>\n</function>")), "(\"})");

  OutputReader hermes(Format(kHermes));
  EXPECT_EQ(Show(hermes.Push("<tool_call>\n{\"name\": \"f\", \"arguments\": ")), "");
  EXPECT_EQ(Show(hermes.Push("{\"a\"")), "|0:f({\"a\"");
  EXPECT_EQ(Show(hermes.Push(": 1}")), "(: 1}");
  EXPECT_EQ(Show(hermes.Push("}")), ")");
}

/// What never ends is not held for ever, and each byte is looked at once.
TEST(OutputReader, HoldsNoMoreThanItsLimits) {
  constexpr auto kMax = OutputReader::kHeldBytesMax;
  const struct {
    ToolStyle tools;
    std::string begin, repeated;
    bool given = true;
  } kEndless[] = {
      {kHermes, "<tool_call>{\"name\": \"f\", \"id\": \"", "x"},
      {kHermes, "<tool_call>{\"name\": \"", "x"},
      {kHermes, "<tool_call>{\"arguments\": {", "\"a\": [], "},
      {kHermes, "<tool_call>", "\n"},
      {kHermes, "", "<"},
      {kHermes, "", "<tool_call>"},
      {kHermes, "a", " \n"},
      {kXml, "<function=f><parameter=n>", "1"},
      {kXml, "<function=f><parameter=n>", "<"},
      {kXml, "<function=", "a"},
      {kXml, "<function=f><parameter=", "a", false},  // names that are too long are left out
      {kXml, "<function=f>", "<parameter=n>1", false},
  };
  for (const auto& endless : kEndless) {
    SCOPED_TRACE(endless.begin + endless.repeated);
    OutputReader reader(Format(endless.tools));
    std::string output = endless.begin;
    while (output.size() < kMax + 1000) output += endless.repeated;
    std::size_t given = 0;
    for (const char c : output)
      for (const auto& piece : reader.Push({&c, 1})) given += piece.text.size();
    if (endless.given) {
      EXPECT_GE(given + 2000, kMax);
    }
  }
  // The blanks after a call are dropped, however many.
  const std::string blanks(1000, '\n');
  EXPECT_EQ(Show(Read(Format(kHermes), "<tool_call>{\"name\":\"f\"}</tool_call>" + blanks, {})), "|0:f({})");
  EXPECT_EQ(Show(Read(Format(kHermes), "a" + blanks + "b", {})), "|text:a" + blanks + "b");
}

TEST(OutputReader, StyleIsWhatTheTemplateSays) {
  EXPECT_EQ(ToolStyleOf("{{ messages }}"), kNone);
  EXPECT_EQ(ToolStyleOf("{{- '\\n<tool_call>\\n{\"name\": \"' }}"), kHermes);
  EXPECT_EQ(ToolStyleOf("<tool_call>\\n<function=example_function_name>"), kXml);
}

TEST(ToolParameters, Types) {
  const auto types = [](const char* schema) {
    const auto tools = boost::json::parse(
        std::string(R"([{"function": {"name": "f", "parameters": {"properties": {"p": )") + schema +
        R"(}, "$defs": {"a": {"type": "array"}, "r": {"$ref": "#/$defs/r"}}}}}])");
    return ParameterTypes(tools.as_array(), "f", "p");
  };
  EXPECT_EQ(types(R"({"type": "number"})"), kJsonNumber | kJsonInteger);
  EXPECT_EQ(types(R"({"type": ["boolean", "null"]})"), kJsonBoolean | kJsonNull);
  EXPECT_EQ(types(R"({"oneOf": [{"$ref": "#/$defs/a"}, {"const": null}]})"), kJsonArray | kJsonNull);
  EXPECT_EQ(types(R"({"allOf": [{"type": ["string", "object"]}, {"type": ["object", "array"]}]})"), kJsonObject);
  for (const char* any : {"{}", "true", R"({"type": "text"})", R"({"$ref": "#/$defs/r"})", R"({"$ref": "#/none"})",
                          R"({"enum": []})", R"({"anyOf": 1})"})
    EXPECT_EQ(types(any), kJsonAny) << any;
}

}  // namespace
}  // namespace yun

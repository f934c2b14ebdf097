// yun debug grammar: answers that a grammar permits, drawn by chance, and what its masks cost.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/report.h"
#include "grammar/compiler.h"
#include "grammar/random_walk.h"
#include "grammar/tool_grammar.h"
#include "hub/store.h"

namespace yun::cli {

void RegisterDebugGrammar(CLI::App& debug, int& exit_code);

namespace {

namespace json = boost::json;

struct Options {
  std::string model;
  std::uint32_t answers = 8, seed = 1;
  std::int32_t vocab = 0;
  WalkOptions walk;
};

std::int64_t MicrosecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count();
}

Result<GrammarKind> KindOf(std::string_view name) {
  if (name == "json_schema") return GrammarKind::kJsonSchema;
  if (name == "json_object") return GrammarKind::kJsonObject;
  if (name == "regex") return GrammarKind::kRegex;
  if (name == "lark") return GrammarKind::kLark;
  if (name == "choice") return GrammarKind::kChoice;
  return Fail(Code::kInvalidArgument, "\"kind\" is json_schema, json_object, regex, lark, choice or tools, not \"{}\"",
              name);
}

/// text: {"tools": [...]} and, where they are not as usual, "xml", "required" and "parallel".
Result<ToolConstraint> ToolsOf(std::string_view text) {
  json::error_code ec;
  const json::value input = json::parse(text, ec);
  const json::object* object = input.if_object();
  const json::value* tools = object ? object->if_contains("tools") : nullptr;
  if (!tools || !tools->is_array()) return Fail(Code::kInvalidArgument, "\"text\" must have \"tools\"");
  const auto is = [&](const char* key, bool usual) {
    const json::value* value = object->if_contains(key);
    return value && value->is_bool() ? value->get_bool() : usual;
  };
  return ToolConstraint{is("xml", false) ? ToolStyle::kXml : ToolStyle::kHermes, tools->get_array(),
                        is("required", false), is("parallel", true), nullptr};
}

/// What the calls of an answer are read as.
json::array CallsOf(const ToolConstraint& tools, std::string_view answer) {
  OutputReader reader({tools.style, tools.tools});
  json::array calls;
  for (const bool ends : {false, true}) {
    for (const OutputPiece& piece : ends ? reader.Finish() : reader.Push(answer)) {
      if (piece.kind == PieceKind::kCallBegin) calls.push_back({{"name", piece.text}, {"arguments", ""}});
      if (piece.kind == PieceKind::kCallArguments) calls.back().at("arguments").get_string().append(piece.text);
    }
  }
  return calls;
}

/// One line of input -> one of output.
Result<json::object> Answers(const GrammarCompiler& compiler, const std::shared_ptr<const Tokenizer>& tokenizer,
                             const Options& options, const std::string& line) {
  json::error_code ec;
  const json::value input = json::parse(line, ec);
  const json::value* kind = input.is_object() ? input.get_object().if_contains("kind") : nullptr;
  const json::value* text = kind ? input.get_object().if_contains("text") : nullptr;
  if (!kind || !kind->is_string() || (text && !text->is_string()))
    return Fail(Code::kInvalidArgument, "a line must be {{\"kind\": \"...\", \"text\": \"...\"}}: {}",
                line.substr(0, 80));
  const std::string words = text ? std::string(text->get_string()) : "";
  const bool are_tools = kind->get_string() == "tools";
  GrammarKind grammar_kind{};
  ToolConstraint tools;
  if (are_tools) {
    ASSIGN_OR_RETURN(tools, ToolsOf(words));
  } else {
    ASSIGN_OR_RETURN(grammar_kind, KindOf(std::string_view(kind->get_string())));
  }
  json::object out;
  const auto begin = std::chrono::steady_clock::now();
  const auto grammar = are_tools ? CompileTools(compiler, tokenizer, {tools.style, tools.tools, tools.required,
                                                                       tools.parallel, nullptr})
                                 : compiler.Compile({grammar_kind, words});
  out["compile_us"] = MicrosecondsSince(begin);
  if (!grammar) {
    out["error"] = grammar.error().message;
    return out;
  }
  json::array& answers = out["answers"].emplace_array();
  std::uint64_t sum = 0, max = 0, masks = 0;
  for (std::uint32_t i = 0; i < options.answers; ++i) {
    WalkOptions walk_options = options.walk;
    walk_options.seed = options.seed + i;
    const auto copy = (*grammar)->Clone();
    const Result<Walk> walk = RandomWalk(*copy, *tokenizer, walk_options);
    if (!walk) {
      if (walk.error().code == Code::kInternal) return tl::unexpected<Error>(walk.error());
      answers.push_back({{"error", walk.error().message}, {"finished", false}});
      continue;
    }
    const std::string answer = tokenizer->Decode(walk->tokens, false);
    json::object said{{"text", answer}, {"finished", walk->finished}};
    if (are_tools) said["calls"] = CallsOf(tools, answer);
    answers.push_back(std::move(said));
    sum += walk->mask_us_sum;
    max = std::max(max, walk->mask_us_max);
    masks += walk->masks;
  }
  out["masks"] = masks;
  out["mask_us_mean"] = masks ? static_cast<double>(sum) / static_cast<double>(masks) : 0;
  out["mask_us_max"] = max;
  return out;
}

Status Run(Options options) {
  ASSIGN_OR_RETURN(const auto store, hub::Store::Open(hub::HomeFolder()));
  ASSIGN_OR_RETURN(const auto path, hub::ResolveModel(store, options.model));
  ASSIGN_OR_RETURN(const auto model, hub::OpenModel(path));
  if (model.tokenizer == nullptr) return Fail(Code::kNotFound, "{}: the model has no tokenizer", path.string());
  options.walk.end_ids = {model.tokenizer->eos_id()};
  options.walk.vocab = options.vocab > 0 ? options.vocab : model.tokenizer->size();
  const auto begin = std::chrono::steady_clock::now();
  ASSIGN_OR_RETURN(const auto compiler,
                   GrammarCompiler::Create(model.tokenizer, options.walk.end_ids, options.walk.vocab));
  const json::object head{{"vocabulary", options.walk.vocab}, {"create_us", MicrosecondsSince(begin)}};
  std::puts(json::serialize(head).c_str());
  for (std::string line; std::getline(std::cin, line);) {
    ASSIGN_OR_RETURN(const json::object out, Answers(*compiler, model.tokenizer, options, line));
    std::puts(json::serialize(out).c_str());
  }
  return {};
}

}  // namespace

void RegisterDebugGrammar(CLI::App& debug, int& exit_code) {
  CLI::App* command = debug.add_subcommand("grammar", "Answers that a grammar permits, drawn by chance");
  auto options = std::make_shared<Options>();
  command->add_option("--model", options->model, "a model's name, a GGUF file, or a folder with tokenizer.json")
      ->required();
  command->add_option("--answers", options->answers, "of each grammar")->capture_default_str();
  command->add_option("--seed", options->seed, "of the first answer")->capture_default_str();
  command->add_option("--vocab", options->vocab, "the model's vocabulary; 0: the tokenizer's");
  command->add_option("--tokens-soft", options->walk.tokens_soft, "from here on the answer is brought to an end")
      ->capture_default_str();
  command->add_option("--tokens-max", options->walk.tokens_max, "of one answer")->capture_default_str();
  command->footer(
      "Standard input has one grammar a line: {\"kind\": \"json_schema\", \"text\": \"{...}\"}. The kinds are\n"
      "json_schema, json_object, regex, lark, choice (its text is a JSON array of strings) and tools (its text\n"
      "is {\"tools\": [...]} with \"xml\", \"required\" and \"parallel\" as you like; calls are read, too).\n"
      "Example:\n  echo '{\"kind\": \"regex\", \"text\": \"[a-z]+\"}' | yun debug grammar --model smollm2:135m");
  command->callback([options, &exit_code] {
    if (auto status = Run(*options); !status) exit_code = Report(status.error());
  });
}

}  // namespace yun::cli

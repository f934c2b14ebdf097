// yun debug render: the prompt that a model's chat template makes of messages, to the byte.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/report.h"
#include "hub/store.h"

namespace yun::cli {

void RegisterDebugRender(CLI::App& debug, int& exit_code);

namespace {

namespace json = boost::json;

constexpr std::size_t kFileBytesMax = 64 << 20;
constexpr std::size_t kJsonDepthMax = 160;

struct Options {
  std::string model, messages;
};

Result<json::object> ReadObject(const std::string& path) {
  std::string text;
  const auto read = [&](std::istream& in) { text.assign(std::istreambuf_iterator<char>(in), {}); };
  if (path == "-") {
    read(std::cin);
  } else {
    std::ifstream in(path, std::ios::binary);
    if (!in) return Fail(Code::kDisk, "{}: cannot be read", path);
    read(in);
  }
  if (text.size() > kFileBytesMax) return Fail(Code::kTooLarge, "{}: more than {} bytes", path, kFileBytesMax);
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  json::error_code ec;
  json::value value = json::parse(text, ec, {}, options);
  if (ec) return Fail(Code::kInvalidArgument, "{}: not JSON: {}", path, ec.message());
  if (value.is_array()) return json::object{{"messages", std::move(value)}};
  if (!value.is_object()) return Fail(Code::kInvalidArgument, "{}: must be an object with \"messages\"", path);
  return std::move(value.get_object());
}

Status Run(const Options& options) {
  ASSIGN_OR_RETURN(json::object input, ReadObject(options.messages));
  ASSIGN_OR_RETURN(const hub::Store store, hub::Store::Open(hub::HomeFolder()));
  ASSIGN_OR_RETURN(const auto path, hub::ResolveModel(store, options.model));
  ASSIGN_OR_RETURN(const auto model, hub::OpenModel(path));
  if (!model.chat_template) return Fail(Code::kUnsupported, "{}: the model has no chat template", path.string());

  RenderOptions render;
  render.add_generation_prompt = false;  // as transformers' apply_chat_template, unless the file says otherwise
  if (model.tokenizer) {
    render.bos_token = model.tokenizer->Bytes(model.tokenizer->bos_id());
    render.eos_token = model.tokenizer->Bytes(model.tokenizer->eos_id());
  }
  json::array messages, tools;
  bool has_messages = false;
  for (auto& [key, value] : input) {
    if (key == "messages") {
      if (!value.is_array() || value.get_array().empty()) {
        return Fail(Code::kInvalidArgument, "{}: \"messages\" must be a list of at least one message",
                    options.messages);
      }
      messages = std::move(value.get_array());
      has_messages = true;
    } else if (key == "tools") {
      if (!value.is_array() && !value.is_null())
        return Fail(Code::kInvalidArgument, "{}: \"tools\" must be a list", options.messages);
      if (value.is_array()) tools = std::move(value.get_array());
    } else if (key == "add_generation_prompt") {
      if (!value.is_bool())
        return Fail(Code::kInvalidArgument, "{}: \"add_generation_prompt\" must be true or false", options.messages);
      render.add_generation_prompt = value.get_bool();
    } else if (key == "chat_template_kwargs" && value.is_object()) {
      for (auto& [name, v] : value.get_object()) render.variables[name] = std::move(v);
    } else {
      render.variables[key] = std::move(value);
    }
  }
  if (!has_messages) return Fail(Code::kInvalidArgument, "{}: no \"messages\"", options.messages);
  ASSIGN_OR_RETURN(const PromptText prompt, model.chat_template->Render(messages, tools, render));
  const std::string& text = prompt.text;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return Fail(Code::kDisk, "standard output cannot be written");
  }
  return {};
}

}  // namespace

void RegisterDebugRender(CLI::App& debug, int& exit_code) {
  CLI::App* command = debug.add_subcommand("render", "The prompt that the model's chat template makes of messages");
  auto options = std::make_shared<Options>();
  command->add_option("--model", options->model, "a model's name, a GGUF file, or a folder with tokenizer_config.json")
      ->required();
  command
      ->add_option(
          "--messages", options->messages,
          "a JSON file, or - for standard input: {\"messages\": [...], \"tools\": [...], \"enable_thinking\": false, "
          "\"add_generation_prompt\": true}; other keys are variables of the template")
      ->required();
  command->footer(R"(The prompt is printed exactly, with no line break added.

Examples:
  echo '{"messages": [{"role": "user", "content": "Hi"}], "add_generation_prompt": true}' |
    yun debug render --model smollm2:135m --messages -
  yun debug render --model ./Qwen3-0.6B --messages conversation.json)");
  command->callback([options, &exit_code] {
    if (auto status = Run(*options); !status) exit_code = Report(status.error());
  });
}

}  // namespace yun::cli

#include "server/chat.h"

#include <algorithm>
#include <utility>

#include "server/answer.h"
#include "server/handlers/handlers.h"

namespace yun::server {
namespace {

constexpr std::ptrdiff_t kKeptTokensMin = 1024;  // as at the hosted service: what is shorter is computed soon enough

tl::unexpected<api::ApiError> Refuse(std::string message, std::string param, std::string code = "invalid_value") {
  return tl::unexpected(api::ApiError{400, std::move(message), std::move(param), std::move(code)});
}

struct Reading {
  bool asks = true;        // it is the model's turn then
  std::string begun = {};  // the begin of its answer
};

/// What a model with a template reads of `messages`, in tokens.
Result<std::vector<engine::TokenId>> Read(const Model& model, const boost::json::array& messages,
                                          const api::ChatRequest& wish, boost::json::object variables,
                                          Reading how = {}) {
  RenderOptions options = TemplateOptions(model);
  options.add_generation_prompt = how.asks;
  options.variables = std::move(variables);
  options.answer_begin = std::move(how.begun);
  ASSIGN_OR_RETURN(const PromptText prompt, model.chat_template->Render(messages, wish.tools, options));
  return model.tokenizer->Encode(prompt.text, true, prompt.seams);
}

/// A model thinks when it likes if its template can forbid it.
bool MayThink(const Model& model, const api::ChatRequest& wish, const std::vector<engine::TokenId>& prompt) {
  if (!model.grammars->thinks() || model.grammars->EndsThought(prompt)) return false;
  boost::json::object variables = wish.template_variables;
  variables["enable_thinking"] = false;
  const auto silent = Read(model, wish.messages, wish, std::move(variables));
  return silent && model.grammars->EndsThought(*silent);
}

/// What the marks of a request keep of its prompt: as far as the conversation up to there is rendered alike.
std::vector<engine::KeepMark> KeptOf(const Model& model, const api::ChatRequest& wish,
                                     const std::vector<engine::TokenId>& prompt) {
  std::vector<engine::KeepMark> out;
  for (const api::CacheMark& mark : wish.cache_marks) {
    const auto end = wish.messages.begin() + static_cast<std::ptrdiff_t>(mark.message) + 1;
    boost::json::array messages(wish.messages.begin(), end);
    boost::json::string& content = messages.back().at("content").as_string();
    content.resize(std::min(content.size(), mark.bytes));
    const auto tokens = Read(model, messages, wish, wish.template_variables, {.asks = false});
    if (!tokens) continue;
    const auto same = std::ranges::mismatch(prompt, *tokens).in1 - prompt.begin();
    if (same >= kKeptTokensMin) out.push_back({static_cast<std::uint32_t>(same), mark.seconds});
  }
  return out;
}

/// The tools that may be called: all, or the one that is asked for.
boost::json::array Callable(const api::ChatRequest& wish) {
  if (wish.tool_choice != api::ToolChoice::kNamed) return wish.tools;
  boost::json::array out;
  for (const boost::json::value& tool : wish.tools)
    if (tool.at("function").at("name").as_string() == wish.tool_name) out.push_back(tool);
  return out;
}

/// What holds the answer, if anything does. errors: 400 that names the field
api::Parsed<std::unique_ptr<engine::Grammar>> GrammarOf(const Model& model, const api::ChatRequest& wish) {
  std::unique_ptr<engine::Grammar> answer;
  if (wish.constraint.kind != api::ConstraintKind::kNone) {
    auto made = model.grammars->Make(wish.constraint);
    if (!made) return tl::unexpected(ConstraintError(made.error(), wish.constraint));
    answer = std::move(*made);
  }
  const bool required = wish.tool_choice != api::ToolChoice::kAuto;
  if (wish.tools.empty() || (!required && !answer && !AnyStrict(wish.tools))) return answer;
  if (model.tool_style == ToolStyle::kNone) {
    if (!required) return answer;
    return Refuse(fmt::format("The chat template of '{}' knows no tools, so none can be called.", model.id),
                  "tool_choice", "unsupported_value");
  }
  auto calls = model.grammars->MakeTools(
      {model.tool_style, Callable(wish), required, wish.parallel_tool_calls, required ? nullptr : std::move(answer)});
  if (calls) return std::move(*calls);
  return Refuse("Invalid 'tools': " + calls.error().message, "tools");
}

}  // namespace

api::ApiError ConstraintError(const Error& error, const api::Constraint& constraint) {
  api::ApiError out = ToApiError(error, constraint.param);
  out.message = "Invalid '" + constraint.param + "': " + out.message;
  return out;
}

std::shared_ptr<const Model> ModelFor(const Service& service, const Call& call, std::string_view id) {
  auto model = service.FindModel(id);
  if (!model) call.Fail(handlers::NoSuchModel(service, *call.principal, id));
  return model;
}

RenderOptions TemplateOptions(const Model& model) {
  RenderOptions options;
  options.bos_token = model.tokenizer->Bytes(model.tokenizer->bos_id());
  options.eos_token = model.tokenizer->Bytes(model.tokenizer->eos_id());
  return options;
}

api::Parsed<std::vector<engine::TokenId>> PromptOf(const Model& model, const api::ChatRequest& wish) {
  if (!model.chat_template)
    return Refuse(fmt::format("The model '{}' has no chat template; use /v1/completions.", model.id), "model",
                  "unsupported_value");
  boost::json::array messages = wish.messages;
  Reading how;
  if (wish.continues) {
    how.begun = messages.back().at("content").get_string();
    messages.pop_back();
  }
  auto prompt = Read(model, messages, wish, wish.template_variables, std::move(how));
  if (!prompt) return tl::unexpected(ToApiError(prompt.error(), "messages"));
  if (prompt->empty())
    return Refuse("The messages give an empty prompt with this model's chat template.", "messages");
  return std::move(*prompt);
}

void BeginChat(Service& service, Call call, ChatPlan chat) {
  api::ChatRequest& wish = chat.wish;
  AnswerPlan plan;
  plan.model = ModelFor(service, call, wish.model);
  if (!plan.model) return;
  const Model& model = *plan.model;
  auto prompt = PromptOf(model, wish);
  if (!prompt) return call.Fail(prompt.error());
  plan.may_think = MayThink(model, wish, *prompt);
  auto grammar = GrammarOf(model, wish);
  if (!grammar) return call.Fail(grammar.error());
  plan.grammar = std::move(*grammar);

  OutputFormat& format = plan.format.emplace();
  if (!wish.tools.empty()) format.tools = model.tool_style, format.tool_schemas = wish.tools;
  format.thinks_at_start = model.grammars->BeginsThought(*prompt);
  format.may_think = plan.may_think;
  // Qwen3.5 sometimes calls without an end to its thinking. A grammar holds what comes after that end, and nothing else
  // may count as a call of a tool that is strict.
  format.calls_end_thought = !plan.grammar;
  plan.parallel_calls = wish.parallel_tool_calls;
  plan.keep = KeptOf(model, wish, *prompt);
  plan.thinking_budget = wish.thinking_budget;
  plan.prompts.push_back(std::move(*prompt));
  plan.prompt_param = "messages";
  plan.writer = std::move(chat.writer);
  plan.on_end = std::move(chat.on_end);
  Answer::Begin(service, std::move(call), wish, std::move(plan));
}

}  // namespace yun::server

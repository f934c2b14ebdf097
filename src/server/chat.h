// A chat of any dialect on its way to the engine: the model's own template, tokens, what the answer is held to.
#pragma once
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "api/answer.h"
#include "api/chat.h"
#include "server/call.h"

namespace yun::server {

struct ChatPlan {
  api::ChatRequest wish;
  std::unique_ptr<api::AnswerWriter> writer;
  std::function<void(api::AnswerWriter&)> on_end = {};  // see AnswerPlan
};

/// Answers `call`, in the dialect of the plan's writer; errors in the call's.
void BeginChat(Service& service, Call call, ChatPlan plan);

/// The model of a request, which has answered `call` with an error when it is null.
std::shared_ptr<const Model> ModelFor(const Service& service, const Call& call, std::string_view id);

/// Why a constraint could not be made, naming its field.
api::ApiError ConstraintError(const Error& error, const api::Constraint& constraint);

/// The variables that every rendering of a model's template has.
RenderOptions TemplateOptions(const Model& model);

/// The tokens of a chat's prompt. errors: 400 with the field at fault
api::Parsed<std::vector<engine::TokenId>> PromptOf(const Model& model, const api::ChatRequest& wish);

}  // namespace yun::server

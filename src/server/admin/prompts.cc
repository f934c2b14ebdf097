// Stored prompts and answers of a workspace that keeps them. Who reads one is written to the audit log.
#include "cloud/prompts.h"

#include "server/admin/parts.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::Right;
using cloud::StoredPrompt;

namespace {

constexpr std::size_t kCursorTimeDigitsMax = 15;

std::vector<Field> Heads() {
  return {Text("receipt_id", "").Required(), Text("workspace_id", "").Required(), Text("key_id", "").Required(),
          Text("model", "").Required(),      Time("created_ms", "").Required(),
          Integer("bytes", "of request and answer").Required()};
}
const Schema& HeadSchema() {
  static const Schema schema{"StoredPromptHead", Heads()};
  return schema;
}
const Schema& PromptSchema() {
  static const Schema schema = [] {
    Schema s{"StoredPrompt", Heads()};
    s.fields.push_back(Text("request", "the body, as it was sent").Required());
    s.fields.push_back(Any("answer", "how it ended, and the text of each choice").Required());
    return s;
  }();
  return schema;
}
const Schema kCleared{"PromptsCleared", {Integer("removed", "how many").Required()}};

json::object Head(const StoredPrompt& p) {
  return {{"receipt_id", p.receipt_id}, {"workspace_id", p.workspace_id}, {"key_id", p.key_id},
          {"model", p.model},           {"created_ms", p.created_ms},     {"bytes", p.bytes}};
}

Result<Reply> List(const Parts& parts, const Ask& ask) {
  std::int64_t before_ms = INT64_MAX;
  std::string before_id;
  if (const std::string cursor = ask.query.Text("cursor"); !cursor.empty()) {
    const std::size_t dot = cursor.find('.');
    if (dot == 0 || dot > kCursorTimeDigitsMax || cursor.find_first_not_of("0123456789") != dot)
      return Fail(Code::kInvalidArgument, "Invalid 'cursor': give the next_cursor of the page before.");
    before_ms = std::stoll(cursor.substr(0, dot));
    before_id = cursor.substr(dot + 1);
  }
  const auto limit =
      std::min(static_cast<std::size_t>(ask.query.Integer("limit", kPageItems)), cloud::kPromptsListedMax - 1);
  ASSIGN_OR_RETURN(std::vector<StoredPrompt> prompts,
                   parts.prompts->List(ask.workspace->id, before_ms, before_id, limit + 1));
  const bool more = prompts.size() > limit;
  if (more) prompts.resize(limit);
  json::array items;
  for (const StoredPrompt& prompt : prompts) items.push_back(Head(prompt));
  return PageReply(std::move(items),
                   more ? fmt::format("{}.{}", prompts.back().created_ms, prompts.back().receipt_id) : "");
}

Result<Reply> Show(const Parts& parts, const Ask& ask) {
  Result<StoredPrompt> prompt = parts.prompts->Find(ask.workspace->id, ask.Path("receipt_id"));
  if (!prompt && prompt.error().code == Code::kNotFound) return NoSuch("stored prompt");
  if (!prompt) return tl::unexpected<Error>(std::move(prompt.error()));
  RETURN_IF_ERROR(parts.directory->audit().Append(
      {ask.caller.actor, "prompt.show", prompt->receipt_id, ask.workspace->id, ask.account->id}));
  json::object out = Head(*prompt);
  out["request"] = prompt->request;
  json::error_code ec;
  out["answer"] = json::parse(prompt->answer, ec);
  if (ec) return Fail(Code::kCorrupt, "the answer of {} is not what yun stored", prompt->receipt_id);
  return Json(out);
}

Result<Reply> Delete(const Parts& parts, const Ask& ask) {
  const Status gone = parts.prompts->Delete(ask.workspace->id, ask.Path("receipt_id"));
  if (!gone && gone.error().code == Code::kNotFound) return NoSuch("stored prompt");
  RETURN_IF_ERROR(gone);
  Reply reply = Nothing();
  reply.target = ask.Path("receipt_id");
  return reply;
}

Result<Reply> Clear(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const std::int64_t removed, parts.prompts->Clear(ask.workspace->id));
  return Json({{"removed", removed}});
}

}  // namespace

std::vector<Route> PromptRoutes() {
  return {
      {"GET", "/workspaces/{workspace_id}/prompts", "prompt.list", "Stored prompts, without their texts; latest first",
       Whose::kWorkspace, Right::kSeePrompts, List, &PageQuery(), nullptr, &HeadSchema(), true},
      {"DELETE", "/workspaces/{workspace_id}/prompts", "prompt.clear", "Removes all stored prompts", Whose::kWorkspace,
       Right::kManageWorkspace, Clear, nullptr, nullptr, &kCleared},
      {"GET", "/workspaces/{workspace_id}/prompts/{receipt_id}", "prompt.show",
       "A stored request and its answer; the audit log says who read it", Whose::kWorkspace, Right::kSeePrompts, Show,
       nullptr, nullptr, &PromptSchema()},
      {"DELETE", "/workspaces/{workspace_id}/prompts/{receipt_id}", "prompt.delete", "Removes a stored prompt",
       Whose::kWorkspace, Right::kManageWorkspace, Delete, nullptr, nullptr, nullptr, false, 204},
  };
}

}  // namespace yun::server::admin

// OpenAI's /v1/responses and /v1/conversations.
#include <algorithm>
#include <chrono>
#include <utility>

#include "api/fields.h"
#include "api/openai/responses.h"
#include "base/ascii.h"
#include "base/log.h"
#include "cloud/random.h"
#include "server/chat.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace json = boost::json;
namespace openai = api::openai;

namespace {

constexpr std::int64_t kPageDefault = 20;

std::int64_t UnixNow() { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); }

/// Only what yun itself has written comes here.
json::array Items(const std::string& text) { return json::parse(text).as_array(); }

/// Ids for the items that came without.
void NameItems(json::array& items, std::string_view stem) {
  std::size_t index = 0;
  for (json::value& item : items) {
    const std::string_view type = item.at("type").as_string();
    const std::string_view prefix = type == "message" ? "msg" : type == "reasoning" ? "rs" : "fc";
    if (!item.as_object().contains("id")) item.as_object()["id"] = fmt::format("{}_{}i{}", prefix, stem, index);
    ++index;
  }
}

void Append(json::array& out, json::array more) {
  std::move(more.begin(), more.end(), std::back_inserter(out));
}

/// What was said before, of a response or a conversation.
api::Parsed<json::array> Before(cloud::Dialogs& dialogs, const std::string& workspace,
                                const openai::ResponsesRequest& request) {
  json::array out;
  if (!request.previous_response_id.empty()) {
    const auto chain = dialogs.Chain(workspace, request.previous_response_id);
    if (!chain) {
      api::ApiError error = ToApiError(chain.error(), "previous_response_id");
      if (chain.error().code == Code::kNotFound) error.status = 400, error.code = "previous_response_not_found";
      return tl::unexpected(std::move(error));
    }
    for (const cloud::StoredResponse& one : *chain) {
      Append(out, Items(one.input));
      Append(out, json::parse(one.response).at("output").as_array());
    }
  }
  if (!request.conversation.empty()) {
    const auto items = dialogs.Items(workspace, request.conversation);
    if (!items) return tl::unexpected(ToApiError(items.error(), "conversation"));
    for (const cloud::ConversationItem& item : *items) out.push_back(json::parse(item.body));
  }
  return out;
}

std::vector<cloud::ConversationItem> ToStore(const json::array& items) {
  std::vector<cloud::ConversationItem> out;
  for (const json::value& item : items)
    out.push_back({std::string(item.at("id").as_string()), json::serialize(item)});
  return out;
}

/// Keeps what a response said where the request wants it.
void Store(cloud::Dialogs& dialogs, const std::string& workspace, const openai::ResponsesRequest& request,
           const json::object& response) {
  const std::string id(response.at("id").as_string());
  if (request.store) {
    const Status kept = dialogs.Keep(workspace, {id, request.previous_response_id, request.chat.model,
                                                 json::serialize(request.input), json::serialize(response)});
    if (!kept) log::warn("{}: {}", id, kept.error().message);
  }
  if (request.conversation.empty()) return;
  json::array items = request.input;
  Append(items, response.at("output").as_array());
  if (const Status added = dialogs.AddItems(workspace, request.conversation, ToStore(items)); !added)
    log::warn("{}: {}", request.conversation, added.error().message);
}

struct Page {
  std::size_t limit = kPageDefault;
  bool ascending = false;
  std::string after;
};

api::Parsed<Page> PageOf(const Call& call) {
  Page page;
  for (const auto& [name, value] : http::ParseQuery(call.request.query)) {
    if (name == "after") page.after = value;
    if (name == "order") {
      if (value != "asc" && value != "desc")
        return tl::unexpected(api::ApiError{400, "Invalid 'order': it is 'asc' or 'desc'.", "order", "invalid_value"});
      page.ascending = value == "asc";
    }
    if (name != "limit") continue;
    const auto limit = WholeNumber(value);
    if (!limit || *limit < 1 || *limit > kItemPageMax)
      return tl::unexpected(
          api::ApiError{400, fmt::format("Invalid 'limit': the range is [1, {}].", kItemPageMax), "limit",
                        "invalid_value"});
    page.limit = static_cast<std::size_t>(*limit);
  }
  return page;
}

void RespondPage(const Call& call, const json::array& data, bool more) {
  const auto id = [](const json::value& item) { return item.at("id"); };
  call.Respond(200, json::serialize(json::object{{"object", "list"},
                                                 {"data", data},
                                                 {"first_id", data.empty() ? json::value() : id(data.front())},
                                                 {"last_id", data.empty() ? json::value() : id(data.back())},
                                                 {"has_more", more}}));
}

/// A page of `items`, which are in the order in which they came.
void RespondList(const Call& call, json::array items) {
  const auto page = PageOf(call);
  if (!page) return call.Fail(page.error());
  if (!page->ascending) std::ranges::reverse(items);
  auto begin = items.begin();
  if (!page->after.empty()) {
    const auto at = std::ranges::find_if(
        items, [&](const json::value& item) { return item.at("id").as_string() == page->after; });
    if (at != items.end()) begin = at + 1;
  }
  const std::size_t left = static_cast<std::size_t>(items.end() - begin);
  const json::array data(begin, begin + static_cast<std::ptrdiff_t>(std::min(left, page->limit)));
  RespondPage(call, data, left > page->limit);
}

/// "id" and what follows it in a path.
std::pair<std::string, std::string_view> SplitTail(const std::string& tail) {
  const std::size_t slash = tail.find('/');
  if (slash == std::string::npos) return {tail, {}};
  return {tail.substr(0, slash), std::string_view(tail).substr(slash + 1)};
}

void FailUnknown(const Call& call) {
  call.Fail({404, fmt::format("Unknown path: {} {}", call.request.method, call.request.path.substr(0, 256)), "",
             "unknown_url"});
}

std::string Text(const cloud::Conversation& conversation) {
  return json::serialize(json::object{{"id", conversation.id},
                                      {"object", "conversation"},
                                      {"created_at", conversation.created_ms / 1000},
                                      {"metadata", json::parse(conversation.metadata)}});
}

std::string Deleted(std::string_view id, std::string_view object) {
  return json::serialize(json::object{{"id", id}, {"object", object}, {"deleted", true}});
}

/// The members of a body that may be empty.
api::Parsed<json::object> BodyOf(const Call& call) {
  if (call.request.body.empty()) return json::object();
  return api::ParseObject(call.request.body);
}

/// The checked "items" of a body, with ids.
api::Parsed<json::array> ItemsOf(const json::object& body) {
  const json::value* items = body.if_contains("items");
  if (!items || items->is_null()) return json::array();
  auto parsed = openai::ParseItems(*items, "items");
  if (!parsed) return parsed;
  if (parsed->size() > openai::kItemsAtOnceMax)
    return tl::unexpected(api::ApiError{
        400, fmt::format("Invalid 'items': at most {} items at once are allowed; got {}.",
                         openai::kItemsAtOnceMax, parsed->size()),
        "items", "invalid_value"});
  NameItems(*parsed, cloud::RandomHex(12));
  return parsed;
}

void ConversationItems(cloud::Dialogs& dialogs, const Call& call, const std::string& id, std::string_view item_id) {
  const std::string& workspace = call.principal->workspace.id;
  if (call.request.method == "POST" && item_id.empty()) {
    const auto body = BodyOf(call);
    if (!body) return call.Fail(body.error());
    const auto items = ItemsOf(*body);
    if (!items) return call.Fail(items.error());
    if (const Status added = dialogs.AddItems(workspace, id, ToStore(*items)); !added)
      return call.Fail(ToApiError(added.error()));
    return RespondPage(call, *items, false);
  }
  if (call.request.method == "DELETE" && !item_id.empty()) {
    if (const Status gone = dialogs.RemoveItem(workspace, id, item_id); !gone)
      return call.Fail(ToApiError(gone.error()));
    const auto found = dialogs.FindConversation(workspace, id);
    if (!found) return call.Fail(ToApiError(found.error()));
    return call.Respond(200, Text(*found));
  }
  if (call.request.method != "GET") return FailUnknown(call);
  const auto stored = dialogs.Items(workspace, id);
  if (!stored) return call.Fail(ToApiError(stored.error()));
  json::array all;
  for (const cloud::ConversationItem& item : *stored) {
    if (item.id == item_id) return call.Respond(200, item.body);
    all.push_back(json::parse(item.body));
  }
  if (item_id.empty()) return RespondList(call, std::move(all));
  call.Fail({404, fmt::format("The item '{}' was not found.", item_id.substr(0, 64)), "", "not_found"});
}

}  // namespace

void MakeResponse(Service& service, Call call) {
  auto parsed = openai::ParseResponses(call.request.body);
  if (!parsed) return call.Fail(parsed.error());
  call.request.body = {};
  auto request = std::make_shared<openai::ResponsesRequest>(std::move(*parsed));
  cloud::Dialogs& dialogs = *service.cloud->dialogs;
  const std::string workspace = call.principal->workspace.id;
  const auto before = Before(dialogs, workspace, *request);
  if (!before) return call.Fail(before.error());
  auto messages = openai::MessagesOf(*request, *before);
  if (!messages) return call.Fail(messages.error());
  const std::string stem = cloud::RandomHex(16);
  NameItems(request->input, stem);
  ChatPlan plan{std::exchange(request->chat, {}), openai::MakeResponseWriter("resp_" + stem, UnixNow(), *request)};
  request->chat.model = plan.wish.model;
  plan.wish.messages = std::move(*messages);
  if (request->store || !request->conversation.empty())
    plan.on_end = [&dialogs, workspace, request](api::AnswerWriter& writer) {
      Store(dialogs, workspace, *request, dynamic_cast<openai::ResponseWriter&>(writer).response());
    };
  BeginChat(service, std::move(call), std::move(plan));
}

void StoredResponse(Service& service, Call call) {
  cloud::Dialogs& dialogs = *service.cloud->dialogs;
  const std::string& workspace = call.principal->workspace.id;
  const auto [id, rest] = SplitTail(call.tail);
  if (call.request.method == "DELETE" && rest.empty()) {
    if (const Status gone = dialogs.Remove(workspace, id); !gone) return call.Fail(ToApiError(gone.error()));
    return call.Respond(200, Deleted(id, "response"));
  }
  if (call.request.method == "POST" && rest == "cancel")
    return call.Fail({400, "Only responses in the background can be cancelled.", "", "invalid_value"});
  if (call.request.method != "GET" || (!rest.empty() && rest != "input_items")) return FailUnknown(call);
  const auto found = dialogs.Find(workspace, id);
  if (!found) return call.Fail(ToApiError(found.error()));
  if (rest.empty()) return call.Respond(200, found->response);
  RespondList(call, Items(found->input));
}

void MakeConversation(Service& service, Call call) {
  cloud::Dialogs& dialogs = *service.cloud->dialogs;
  const std::string& workspace = call.principal->workspace.id;
  const auto body = BodyOf(call);
  if (!body) return call.Fail(body.error());
  json::object metadata;
  if (const json::value* given = body->if_contains("metadata"); given && !given->is_null()) {
    auto checked = openai::ParseMetadata(*given);
    if (!checked) return call.Fail(checked.error());
    metadata = std::move(*checked);
  }
  const auto items = ItemsOf(*body);
  if (!items) return call.Fail(items.error());
  const auto made = dialogs.MakeConversation(workspace, json::serialize(metadata));
  if (!made) return call.Fail(ToApiError(made.error()));
  if (!items->empty())
    if (const Status added = dialogs.AddItems(workspace, made->id, ToStore(*items)); !added)
      return call.Fail(ToApiError(added.error()));
  call.Respond(200, Text(*made));
}

void OneConversation(Service& service, Call call) {
  cloud::Dialogs& dialogs = *service.cloud->dialogs;
  const std::string& workspace = call.principal->workspace.id;
  const auto [id, rest] = SplitTail(call.tail);
  if (rest == "items") return ConversationItems(dialogs, call, id, {});
  if (rest.starts_with("items/")) return ConversationItems(dialogs, call, id, rest.substr(6));
  if (!rest.empty()) return FailUnknown(call);
  if (call.request.method == "DELETE") {
    if (const Status gone = dialogs.RemoveConversation(workspace, id); !gone)
      return call.Fail(ToApiError(gone.error()));
    return call.Respond(200, Deleted(id, "conversation.deleted"));
  }
  const auto known = dialogs.FindConversation(workspace, id);
  if (!known) return call.Fail(ToApiError(known.error()));
  if (call.request.method == "POST") {
    const auto body = BodyOf(call);
    if (!body) return call.Fail(body.error());
    const json::value* given = body->if_contains("metadata");
    const auto metadata = openai::ParseMetadata(given ? *given : json::value());
    if (!metadata) return call.Fail(metadata.error());
    if (const Status set = dialogs.SetMetadata(workspace, id, json::serialize(*metadata)); !set)
      return call.Fail(ToApiError(set.error()));
    return call.Respond(200, Text({id, json::serialize(*metadata), known->created_ms}));
  }
  call.Respond(200, Text(*known));
}

}  // namespace yun::server::handlers

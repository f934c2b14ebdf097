// Adapters of served models: what is loaded, loading and unloading while the server runs.
#include "server/adapters.h"

#include "engine/model/adapter.h"
#include "server/admin/parts.h"
#include "hub/kept_models.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::Right;

namespace {

constexpr std::int64_t kPathCharactersMax = 4096;

const Schema kAdapter{"Adapter",
                      {Text("id", "the model's name in requests, prices and receipts").Required(),
                       Text("base", "the model it belongs to").Required(), Text("name", "").Required(),
                       Integer("rank", "the largest of its matrices").Required(),
                       Integer("bytes", "of memory").Required(), Time("created_ms", "").Required(),
                       Text("error", "why it could not be loaded after a restart; empty: it is served").Required()}};
const Schema kLoad{"AdapterLoad",
                   {Text("name", "it is served as <base>+<name>").Like(kId).Required(),
                    Text("base", "the model it belongs to; may be left out where one is served"),
                    Text("path", "on the server: a folder of PEFT, or a GGUF file").Between(1, kPathCharactersMax)
                        .Required()}};
const Schema kUnload{"AdapterUnloadQuery", {Text("base", "where several models have one of that name")}};

json::object Write(const Model& model) {
  return {{"id", model.id},
          {"base", model.base},
          {"name", model.id.substr(model.base.size() + 1)},
          {"rank", model.adapter->rank_max()},
          {"bytes", model.adapter->bytes()},
          {"created_ms", model.created_unix * 1000},
          {"error", ""}};
}

/// Of one that could not be loaded again.
json::object Write(const hub::KeptModel& kept) {
  return {{"id", kept.base + "+" + kept.name}, {"base", kept.base}, {"name", kept.name}, {"rank", 0}, {"bytes", 0},
          {"created_ms", 0},                   {"error", kept.error}};
}

Result<Reply> List(const Parts& parts, const Ask& ask) {
  json::array all;
  for (const auto& model : parts.adapters->service().Models())
    if (model->adapter) all.push_back(Write(*model));
  for (const hub::KeptModel& kept : parts.adapters->service().kept->All())
    if (!kept.base.empty() && !kept.error.empty()) all.push_back(Write(kept));
  return CountedPage(ask, std::move(all));
}

Result<Reply> Load(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const auto model,
                   parts.adapters->Add(ask.body.Text("name"), ask.body.Text("base"), ask.body.Text("path")));
  Reply reply = Json(Write(*model), 201);
  reply.target = model->id;
  return reply;
}

Result<Reply> Unload(const Parts& parts, const Ask& ask) {
  Reply reply = Nothing();
  ASSIGN_OR_RETURN(reply.target, parts.adapters->Unload(ask.Path("name"), ask.query.Text("base")));
  return reply;
}

}  // namespace

std::vector<Route> AdapterRoutes() {
  return {
      {"GET", "/adapters", "adapter.list", "The adapters that are loaded", Whose::kCloud, Right::kOperate, List,
       &PageQuery(), nullptr, &kAdapter, true},
      {"POST", "/adapters", "adapter.load", "Serves an adapter of a model as a model of its own", Whose::kCloud,
       Right::kOperate, Load, nullptr, &kLoad, &kAdapter, false, 201},
      {"DELETE", "/adapters/{name}", "adapter.unload", "Serves it no longer; requests that run with it finish",
       Whose::kCloud, Right::kOperate, Unload, &kUnload, nullptr, nullptr, false, 204},
  };
}

}  // namespace yun::server::admin

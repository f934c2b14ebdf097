// The models that are served: what is in memory, who waits; adding and removing them while the server runs; having
// weights come, go and stay.
#include "server/served_models.h"

#include "server/admin/parts.h"
#include "hub/kept_models.h"

namespace yun::server::admin {

namespace json = boost::json;
using cloud::Right;

namespace {

constexpr std::int64_t kSourceCharactersMax = 4096;
constexpr std::int64_t kCacheBytesMax = std::int64_t{1} << 46;

const Schema kModel{
    "ServedModel",
    {Text("id", "").Required(),
     Text("state",
          "in_memory; away: the next request brings the weights; waiting: for room; leaving: as soon as it has no "
          "work; failed: it, or its weights, cannot be had")
         .OneOf({"in_memory", "away", "waiting", "leaving", "failed"})
         .Required(),
     Boolean("pinned", "its weights never give way").Required(),
     Integer("weight_bytes", "when they are in memory").Required(), Integer("cache_bytes", "").Required(),
     Integer("running", "requests").Required(), Integer("waiting", "requests").Required(),
     Integer("loads", "times that its weights came").Required(),
     Integer("load_ms", "that they took the last time").Required(),
     Integer("line", "of one that waits: models before it").Required(),
     Integer("wait_ms", "until there is room for it, as far as can be known").Required(),
     Text("error", "why it, or its weights, could not be had the last time; empty: they could").Required()}};
const Schema kAdd{
    "ModelAdd",
    {Text("name", "it is served under; may be left out: the store's, or the file's").Like(kId),
     Text("source", "a model's name in the store, or on the server a GGUF file or a folder")
         .Between(1, kSourceCharactersMax)
         .Required(),
     Integer("cache_bytes", "for its keys and values; 0 or left out: as much as others have")
         .Between(0, kCacheBytesMax)}};

std::int64_t Milliseconds(double seconds) { return static_cast<std::int64_t>(1000 * seconds); }

json::object Write(const Model& model, const std::vector<engine::FleetRow>& rows) {
  const engine::EngineStats stats = model.engine->Stats();
  engine::FleetRow row;
  for (const engine::FleetRow& other : rows)
    if (other.name == model.id) row = other;
  const char* state = "away";
  if (stats.weights_leave) state = "leaving";
  else if (row.line) state = "waiting";
  else if (stats.weight_bytes == 0 || stats.weight_bytes_resident > 0) state = "in_memory";
  else if (!stats.weight_error.empty()) state = "failed";
  return {{"id", model.id},
          {"state", state},
          {"pinned", row.pinned},
          {"weight_bytes", stats.weight_bytes},
          {"cache_bytes", stats.cache_bytes},
          {"running", stats.running},
          {"waiting", stats.waiting},
          {"loads", stats.weight_loads},
          {"load_ms", Milliseconds(row.load_seconds)},
          {"line", row.line.value_or(0)},
          {"wait_ms", Milliseconds(row.wait_seconds)},
          {"error", stats.weight_error}};
}

std::vector<engine::FleetRow> Rows(const Parts& parts) {
  const auto& fleet = parts.models->service().fleet;
  return fleet ? fleet->Rows() : std::vector<engine::FleetRow>();
}

Result<Reply> Answer(const Parts& parts, std::string_view id) {
  const auto model = parts.models->service().FindModel(id);
  if (!model) return NoSuch("model");
  Reply reply = Json(Write(*model, Rows(parts)));
  reply.target = model->id;
  return reply;
}

Result<Reply> List(const Parts& parts, const Ask& ask) {
  json::array all;
  const auto rows = Rows(parts);
  for (const auto& model : parts.models->service().Models())
    if (!model->adapter) all.push_back(Write(*model, rows));
  for (const hub::KeptModel& kept : parts.models->service().kept->All())
    if (kept.base.empty() && !kept.error.empty())
      all.push_back(json::object{{"id", kept.name}, {"state", "failed"}, {"pinned", false}, {"weight_bytes", 0},
                                 {"cache_bytes", 0}, {"running", 0}, {"waiting", 0}, {"loads", 0}, {"load_ms", 0},
                                 {"line", 0}, {"wait_ms", 0}, {"error", kept.error}});
  return CountedPage(ask, std::move(all));
}

Result<Reply> Add(const Parts& parts, const Ask& ask) {
  ASSIGN_OR_RETURN(const auto model,
                   parts.models->Add(ask.body.Text("name"), ask.body.Text("source"),
                                     static_cast<std::uint64_t>(ask.body.Integer("cache_bytes"))));
  ASSIGN_OR_RETURN(Reply reply, Answer(parts, model->id));
  reply.status = 201;
  return reply;
}

Result<Reply> Remove(const Parts& parts, const Ask& ask) {
  RETURN_IF_ERROR(parts.models->Remove(ask.Path("model")));
  return Nothing();
}

Result<Reply> Load(const Parts& parts, const Ask& ask) {
  RETURN_IF_ERROR(parts.models->Load(ask.Path("model")));
  return Answer(parts, ask.Path("model"));
}

Result<Reply> Unload(const Parts& parts, const Ask& ask) {
  RETURN_IF_ERROR(parts.models->Unload(ask.Path("model")));
  return Answer(parts, ask.Path("model"));
}

Result<Reply> Pin(const Parts& parts, const Ask& ask) {
  RETURN_IF_ERROR(parts.models->Pin(ask.Path("model"), true));
  return Answer(parts, ask.Path("model"));
}

Result<Reply> Unpin(const Parts& parts, const Ask& ask) {
  RETURN_IF_ERROR(parts.models->Pin(ask.Path("model"), false));
  return Answer(parts, ask.Path("model"));
}

}  // namespace

std::vector<Route> ModelRoutes() {
  constexpr Whose kCloud = Whose::kCloud;
  constexpr Right kOperate = Right::kOperate;
  return {
      {"GET", "/models", "model.list", "The models that are served: what is in memory, and who waits", kCloud, kOperate,
       List, &PageQuery(), nullptr, &kModel, true},
      {"POST", "/models", "model.add", "Serves a model more; a restart serves it again", kCloud, kOperate, Add, nullptr,
       &kAdd, &kModel, false, 201},
      {"DELETE", "/models/{model}", "model.remove",
       "Serves it, and its adapters, no longer; requests that run finish. One that the server was started with is "
       "there again after a restart",
       kCloud, kOperate, Remove, nullptr, nullptr, nullptr, false, 204},
      {"POST", "/models/{model}/load", "model.load", "Has its weights come, as a request would", kCloud, kOperate, Load,
       nullptr, nullptr, &kModel},
      {"POST", "/models/{model}/unload", "model.unload",
       "Has its weights go as soon as it has no work; the next request brings them back", kCloud, kOperate, Unload,
       nullptr, nullptr, &kModel},
      {"POST", "/models/{model}/pin", "model.pin", "Has its weights come and never give way, until the server stops",
       kCloud, kOperate, Pin, nullptr, nullptr, &kModel},
      {"POST", "/models/{model}/unpin", "model.unpin", "Its weights may give way again", kCloud, kOperate, Unpin,
       nullptr, nullptr, &kModel},
  };
}

}  // namespace yun::server::admin

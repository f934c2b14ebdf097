#include "server/served_models.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/log.h"
#include "hub/store.h"
#include "server/adapters.h"
#include "server/app.h"
#include "hub/kept_models.h"
#include "server/scripted_model.h"
#include "server/values.h"

namespace yun::server {
namespace {

// Measured, with some room above: what a model takes outside the engine (tokenizer, grammars, template, the names in
// its file) for each token of its vocabulary.
constexpr std::uint64_t kBesideBytesPerToken = 256;
constexpr std::uint64_t kCachesShare = 4;  // of a bounded memory a quarter is for caches of those named at the start

/// What is wrong with what the caller points to is wrong with the call.
tl::unexpected<Error> Refused(Error error) {
  const bool ours = error.code == Code::kNoMemory || error.code == Code::kInternal ||
                    error.code == Code::kAlreadyExists || error.code == Code::kTooMany;
  if (!ours) error.code = Code::kInvalidArgument;
  return tl::unexpected<Error>(std::move(error));
}

bool IsName(std::string_view name) {
  return name.size() <= kModelNameBytesMax && name[0] != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:") == name.npos;
}

bool IsScripted(std::string_view source) { return source.starts_with(kScriptedPrefix); }

}  // namespace

Status ServedModels::Serve(const std::string& wanted) {
  std::string id, source = wanted;
  std::error_code ec;
  if (const std::size_t at = wanted.find('=');
      at != std::string::npos && at > 0 && !IsScripted(wanted) && !std::filesystem::exists(wanted, ec)) {
    id = wanted.substr(0, at);
    source = wanted.substr(at + 1);
  }
  const std::lock_guard lock(opening_);
  ASSIGN_OR_RETURN(auto model, Open(std::move(id), source, 0));
  service_.AddModel(std::move(model));
  return {};
}

void ServedModels::ServeKept() {
  const std::lock_guard lock(opening_);
  for (const hub::KeptModel& kept : service_.kept->All()) {
    if (!kept.base.empty() || service_.FindModel(kept.name)) continue;
    auto model = Open(kept.name, kept.source, kept.cache_bytes);
    if (model) {
      service_.AddModel(std::move(*model));
      continue;
    }
    log::error("{} is not served: {}", kept.name, model.error().message);
    service_.kept->Failed(kept.name, {}, model.error().message);
  }
}

Result<std::shared_ptr<const Model>> ServedModels::Add(std::string name, std::string source,
                                                       std::uint64_t cache_bytes) {
  if (!name.empty() && !IsName(name))
    return Fail(Code::kInvalidArgument,
                "a model's name has letters, digits, '-', '_', '.' and ':', at most {} of them: '{}' has not",
                kModelNameBytesMax, name.substr(0, 2 * kModelNameBytesMax));
  const std::lock_guard lock(opening_);
  if (service_.Models().size() >= kModelsMax) return Fail(Code::kTooMany, "{} models are served already", kModelsMax);
  if (!service_.fleet && !IsScripted(source))
    return Fail(Code::kUnsupported, "this server was started for one model alone; start it with --memory");
  std::error_code ec;
  if (std::filesystem::exists(source, ec)) source = std::filesystem::absolute(source, ec).string();
  auto opened = Open(std::move(name), source, cache_bytes);
  if (!opened) return Refused(std::move(opened.error()));
  if (!IsName((*opened)->id))
    return Fail(Code::kInvalidArgument, "'{}' is no name to serve a model under; give one", (*opened)->id);
  RETURN_IF_ERROR(service_.kept->Put({(*opened)->id, {}, source, cache_bytes, {}}));
  service_.AddModel(*opened);
  return opened;
}

Status ServedModels::Remove(std::string_view id) {
  const std::lock_guard lock(opening_);
  const auto model = service_.FindModel(id);
  if (model && model->adapter)
    return Fail(Code::kInvalidArgument, "'{}' is an adapter: unload it as such", model->id);
  bool kept = false;
  for (const hub::KeptModel& other : service_.kept->All()) {
    if (other.base != id && !(other.base.empty() && other.name == id)) continue;
    kept |= other.base.empty();
    RETURN_IF_ERROR(service_.kept->Remove(other.name, other.base));
  }
  if (!model) return kept ? Status() : Fail(Code::kNotFound, "No such model.");
  service_.RemoveModel(id);
  for (const auto& other : service_.Models())
    if (other->adapter && other->base == id) service_.RemoveModel(other->id);
  return {};
}

Result<std::shared_ptr<const Model>> ServedModels::Find(std::string_view id) const {
  auto model = service_.FindModel(id);
  if (!model) return Fail(Code::kNotFound, "No such model.");
  if (model->adapter)
    return Fail(Code::kInvalidArgument, "'{}' is an adapter: it is there whenever '{}' is", model->id, model->base);
  return model;
}

Status ServedModels::Load(std::string_view id) {
  ASSIGN_OR_RETURN(const auto model, Find(id));
  return model->engine->WantWeights();
}

Result<bool> ServedModels::Unload(std::string_view id) {
  ASSIGN_OR_RETURN(const auto model, Find(id));
  if (service_.fleet)
    for (const engine::FleetRow& row : service_.fleet->Rows())
      if (row.name == id && row.pinned)
        return Fail(Code::kInvalidArgument, "'{}' is pinned: its weights stay until it is unpinned", id);
  return model->engine->ReleaseWeights();
}

Status ServedModels::Pin(std::string_view id, bool pinned) {
  ASSIGN_OR_RETURN(const auto model, Find(id));
  if (!service_.fleet)
    return Fail(Code::kUnsupported, "there is nothing to pin: this server was started for one model alone");
  const Status done = service_.fleet->Pin(id, pinned);
  if (!done && done.error().code == Code::kNotFound)
    return Fail(Code::kUnsupported, "'{}' has no weights that could be pinned", id);
  RETURN_IF_ERROR(done);
  return pinned ? model->engine->WantWeights() : Status();
}

Result<std::shared_ptr<const Model>> ServedModels::Open(std::string id, const std::string& source,
                                                  std::uint64_t cache_bytes) {
  if (IsScripted(source)) {
    ASSIGN_OR_RETURN(auto scripted, MakeScriptedModel(id, std::string_view(source).substr(kScriptedPrefix.size())));
    if (service_.FindModel(scripted->id))
      return Fail(Code::kAlreadyExists, "two models are to be served as '{}'", scripted->id);
    return scripted;
  }
  ASSIGN_OR_RETURN(const hub::Store store, hub::Store::Open(options_.home));
  ASSIGN_OR_RETURN(const std::filesystem::path path, hub::ResolveModel(store, source));
  if (id.empty()) {
    std::error_code ec;
    const auto stored = store.Find(source);  // the full name of "smollm2" is "smollm2:135m"
    if (stored && stored->path == path)
      id = stored->name;
    else
      id = std::filesystem::is_directory(path, ec) ? path.filename().string() : path.stem().string();
    if (id.empty()) id = path.parent_path().filename().string();  // "folder/"
  }
  if (service_.FindModel(id))
    return Fail(Code::kAlreadyExists, "two models are to be served as '{}'; use NAME=PATH", id);

  auto model = std::make_shared<Model>();
  model->id = id;
  model->created_unix = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  ASSIGN_OR_RETURN(hub::OpenedModel opened, hub::OpenModel(path));
  if (!opened.tokenizer)
    return Fail(Code::kUnsupported, "{}: the model has no tokenizer; it cannot be served", path.string());
  model->tokenizer = std::move(opened.tokenizer);
  model->chat_template = std::move(opened.chat_template);
  model->tool_style = opened.tool_style;
  model->pooling = PoolingOf(opened.checkpoint->Pooling(), *model->tokenizer);

  engine::EngineOptions engine;
  engine.threads = options_.threads;
  engine.context_tokens = options_.context_tokens;
  engine.cache_bytes = cache_bytes > 0 ? cache_bytes : options_.cache_bytes;
  engine.precision = options_.precision;
  engine.cache_type = options_.cache_type;
  engine.running_max = options_.running_max;
  engine.waiting_max = options_.waiting_max;
  engine.step_tokens_max = options_.step_tokens_max;
  engine.deterministic = options_.deterministic;
  engine.policy = options_.policy;
  engine.speculation = options_.speculation;
  if (engine.speculation == engine::Speculation::kDraft) {
    ASSIGN_OR_RETURN(const std::filesystem::path draft, hub::ResolveModel(store, options_.draft));
    ASSIGN_OR_RETURN(hub::OpenedModel small, hub::OpenModel(draft));
    engine.draft = std::move(small.checkpoint);
  }
  engine.packed = {options_.home / engine::kPackedFolder, id, options_.packed_bytes, !options_.passing};
  engine.kv_disk = service_.kv_disk;
  engine.fleet = service_.fleet;
  ASSIGN_OR_RETURN(const ModelConfig shape, opened.checkpoint->Config());
  engine.beside_bytes = shape.vocab * kBesideBytesPerToken;
  engine.name = id;
  if (options_.memory_bytes > 0 && engine.cache_bytes == 0)
    engine.cache_bytes = options_.memory_bytes / kCachesShare / std::max<std::size_t>(1, options_.models.size());
  if (options_.on_load) engine.on_load = [this, id](double done) { options_.on_load(id, done); };
  auto created = engine::Engine::Create(std::move(opened.checkpoint), std::move(engine));
  if (!created) return Wrap(std::move(created.error()), id);
  model->engine = std::move(*created);
  const ModelConfig& config = model->engine->config();
  model->grammars = std::make_unique<const Grammars>(model->tokenizer, config.eos_ids,
                                                     static_cast<std::int32_t>(config.vocab));
  return model;
}

}  // namespace yun::server

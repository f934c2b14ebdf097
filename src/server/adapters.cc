#include "server/adapters.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/log.h"
#include "engine/model/adapter.h"
#include "formats/checkpoint/adapter_file.h"
#include "hub/kept_models.h"

namespace yun::server {
namespace {

constexpr std::string_view kBaseOption = ",base=";

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kAdapterNameBytesMax && name[0] != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == name.npos;
}

/// What is wrong with what the caller points to is wrong with the call.
tl::unexpected<Error> Refused(Error error) {
  const bool ours = error.code == Code::kNoMemory || error.code == Code::kInternal;
  if (!ours) error.code = Code::kInvalidArgument;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace

Result<std::shared_ptr<const Model>> Adapters::Load(std::string_view name, std::string_view base,
                                                    const std::string& path) {
  if (!IsName(name))
    return Fail(Code::kInvalidArgument,
                "an adapter's name has letters, digits, '-', '_' and '.', at most {} of them: '{}' has not",
                kAdapterNameBytesMax, name.substr(0, 2 * kAdapterNameBytesMax));
  const std::lock_guard lock(loading_);
  std::shared_ptr<const Model> on;
  std::size_t bases = 0, adapters = 0;
  for (const auto& model : service_.Models()) {
    ++(model->adapter ? adapters : bases);
    if (!model->adapter && (base.empty() || model->id == base)) on = model;
  }
  if (base.empty() && bases != 1)
    return Fail(Code::kInvalidArgument, "{} models are served; say with 'base' which one the adapter is for", bases);
  if (!on)
    return Fail(Code::kInvalidArgument, "no model '{}' is served that an adapter could be for",
                base.substr(0, 256));
  if (adapters >= kAdaptersMax) return Fail(Code::kTooMany, "{} adapters are loaded already", kAdaptersMax);
  auto model = std::make_shared<Model>(*on);
  model->id = fmt::format("{}+{}", on->id, name);
  model->base = on->id;
  model->created_unix = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (service_.FindModel(model->id)) return Fail(Code::kAlreadyExists, "'{}' is served already", model->id);
  auto file = AdapterFile::Open(path);
  if (!file) return Refused(std::move(file.error()));
  auto loaded = model->engine->LoadAdapter(*file);
  if (!loaded) return Refused(std::move(loaded.error()));
  model->adapter = std::move(*loaded);
  service_.AddModel(model);
  return model;
}

Result<std::shared_ptr<const Model>> Adapters::Load(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == text.npos)
    return Fail(Code::kInvalidArgument, "an adapter is given as NAME=PATH or NAME=PATH,base=MODEL, not as '{}'", text);
  const std::string_view name = text.substr(0, equals);
  std::string_view path = text.substr(equals + 1), base;
  if (const std::size_t at = path.rfind(kBaseOption); at != path.npos) {
    base = path.substr(at + kBaseOption.size());
    path = path.substr(0, at);
  }
  return Load(name, base, std::string(path));
}

Result<std::shared_ptr<const Model>> Adapters::Add(std::string_view name, std::string_view base,
                                                   const std::string& path) {
  ASSIGN_OR_RETURN(auto model, Load(name, base, path));
  std::error_code ec;
  const std::filesystem::path absolute = std::filesystem::absolute(path, ec);
  if (Status kept = service_.kept->Put({std::string(name), model->base, ec ? path : absolute.string(), 0, {}}); !kept) {
    service_.RemoveModel(model->id);
    return tl::unexpected<Error>(std::move(kept.error()));
  }
  return model;
}

void Adapters::ServeKept() {
  for (const hub::KeptModel& kept : service_.kept->All()) {
    if (kept.base.empty() || service_.FindModel(fmt::format("{}+{}", kept.base, kept.name))) continue;
    const auto model = Load(kept.name, kept.base, kept.source);
    if (model) continue;
    log::error("{}+{} is not served: {}", kept.base, kept.name, model.error().message);
    service_.kept->Failed(kept.name, kept.base, model.error().message);
  }
}

Result<std::string> Adapters::Unload(std::string_view name, std::string_view base) {
  const std::lock_guard lock(loading_);
  std::vector<std::string> bases;  // also of those that could not be loaded again
  for (const auto& model : service_.Models())
    if (model->adapter && model->id.substr(model->base.size() + 1) == name) bases.push_back(model->base);
  for (const hub::KeptModel& kept : service_.kept->All())
    if (!kept.base.empty() && kept.name == name) bases.push_back(kept.base);
  std::ranges::sort(bases);
  bases.erase(std::ranges::unique(bases).begin(), bases.end());
  if (!base.empty()) std::erase_if(bases, [&](const std::string& of) { return of != base; });
  if (bases.empty()) return Fail(Code::kNotFound, "No such adapter.");
  if (bases.size() > 1)
    return Fail(Code::kInvalidArgument, "several models have an adapter '{}'; say with 'base' whose", name);
  const Status kept = service_.kept->Remove(name, bases.front());
  if (!kept && kept.error().code != Code::kNotFound) return tl::unexpected<Error>(kept.error());
  const std::string id = fmt::format("{}+{}", bases.front(), name);
  service_.RemoveModel(id);
  return id;
}

}  // namespace yun::server

#include "hub/kept_models.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/file.h"
#include "base/log.h"

namespace yun::hub {

namespace json = boost::json;

namespace {

bool Is(const KeptModel& model, std::string_view name, std::string_view base) {
  return model.name == name && model.base == base;
}

}  // namespace

Result<std::vector<KeptModel>> ParseKeptModels(std::string_view text) {
  json::error_code ec;
  const json::value value = json::parse(text, ec);
  const json::value* list = ec || !value.is_object() ? nullptr : value.get_object().if_contains("models");
  if (!list || !list->is_array()) return Fail(Code::kCorrupt, "not a list of models");
  if (list->get_array().size() > kKeptModelsMax) return Fail(Code::kTooLarge, "more than {} models", kKeptModelsMax);
  std::vector<KeptModel> models;
  for (const json::value& item : list->get_array()) {
    KeptModel model;
    const auto read = [&](const char* name, std::string& out) {
      const json::value* field = item.is_object() ? item.get_object().if_contains(name) : nullptr;
      if (field && field->is_string()) out = field->get_string();
      return field && field->is_string();
    };
    if (!read("name", model.name) || !read("base", model.base) || !read("source", model.source))
      return Fail(Code::kCorrupt, "model {} lacks its name, base or source", models.size() + 1);
    if (const json::value* bytes = item.get_object().if_contains("cache_bytes"); bytes && bytes->is_int64())
      model.cache_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, bytes->get_int64()));
    models.push_back(std::move(model));
  }
  return models;
}

std::string WriteKeptModels(const std::vector<KeptModel>& models) {
  json::array list;
  for (const KeptModel& model : models)
    list.push_back(json::object{{"name", model.name},
                                {"base", model.base},
                                {"source", model.source},
                                {"cache_bytes", model.cache_bytes}});
  return json::serialize(json::object{{"models", std::move(list)}}) + "\n";
}

KeptModels::KeptModels(std::filesystem::path file) : file_(std::move(file)) {
  if (file_.empty()) return;
  auto text = ReadFile(file_, kKeptModelsBytesMax);
  if (!text && text.error().code == Code::kNotFound) return;
  Result<std::vector<KeptModel>> models = tl::unexpected(text ? Error() : text.error());
  if (text) models = ParseKeptModels(*text);
  if (models) {
    models_.With([&](auto& all) { all = std::move(*models); });
    return;
  }
  std::filesystem::path aside = file_;
  aside += ".bad";
  std::error_code ec;
  std::filesystem::rename(file_, aside, ec);
  log::error("{}: {}; models and adapters that were loaded while the server ran are not served, the file is now {}",
             file_.string(), models.error().message, aside.string());
}

std::vector<KeptModel> KeptModels::All() const {
  return models_.With([](const auto& models) { return models; });
}

Status KeptModels::Put(KeptModel model) {
  return models_.With([&](std::vector<KeptModel>& models) -> Status {
    std::vector<KeptModel> next = models;
    std::erase_if(next, [&](const KeptModel& other) { return Is(other, model.name, model.base); });
    if (next.size() >= kKeptModelsMax) return Fail(Code::kTooMany, "{} models are kept already", next.size());
    next.push_back(std::move(model));
    RETURN_IF_ERROR(Write(next));
    models = std::move(next);
    return {};
  });
}

Status KeptModels::Remove(std::string_view name, std::string_view base) {
  return models_.With([&](std::vector<KeptModel>& models) -> Status {
    std::vector<KeptModel> next = models;
    if (std::erase_if(next, [&](const KeptModel& model) { return Is(model, name, base); }) == 0)
      return Fail(Code::kNotFound, "No such model.");
    RETURN_IF_ERROR(Write(next));
    models = std::move(next);
    return {};
  });
}

void KeptModels::Failed(std::string_view name, std::string_view base, std::string why) {
  models_.With([&](std::vector<KeptModel>& models) {
    for (KeptModel& model : models)
      if (Is(model, name, base)) model.error = std::move(why);
  });
}

Status KeptModels::Write(const std::vector<KeptModel>& models) const {
  return file_.empty() ? Status() : WriteFileAtomic(file_, WriteKeptModels(models));
}

}  // namespace yun::hub

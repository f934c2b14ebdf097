#include "api/openai/write.h"
#include "server/handlers/handlers.h"

namespace yun::server::handlers {

namespace openai = api::openai;

bool MaySee(const Service& service, const cloud::Principal& who, std::string_view id) {
  return who.AllowsModel(id) &&
         service.cloud->partners->MayUse(cloud::OfferingKind::kModel, id, who.workspace.id);
}

api::ApiError NoSuchModel(const Service& service, const cloud::Principal& who, std::string_view id) {
  if (service.phase == Phase::kLoading)
    return ToApiError({Code::kUnavailable, "The models are still being loaded."}, "model");
  std::string names;
  for (const auto& model : service.Models())
    if (MaySee(service, who, model->id)) names += (names.empty() ? "" : ", ") + model->id;
  return {404,
          fmt::format("The model '{}' does not exist or is not served here. Served: {}.", id.substr(0, 256), names),
          "model", "model_not_found"};
}

std::shared_ptr<const Model> SeenModel(const Service& service, const Call& call) {
  auto model = service.FindModel(call.tail);
  if (model && MaySee(service, *call.principal, model->id)) return model;
  call.Fail(NoSuchModel(service, *call.principal, call.tail));
  return nullptr;
}

void ListModels(Service& service, Call call) {
  std::vector<openai::ModelEntry> entries;
  for (const auto& model : service.Models())
    if (MaySee(service, *call.principal, model->id)) entries.push_back({model->id, model->created_unix});
  call.Respond(200, openai::WriteModelList(entries));
}

void GetModel(Service& service, Call call) {
  if (const auto model = SeenModel(service, call))
    call.Respond(200, openai::WriteModel({model->id, model->created_unix}));
}

}  // namespace yun::server::handlers
